"""All tables of a public release from all tables of a data folder. What is not named here is not published."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property

import pandas as pd

from allrise.data.disclosure.names import Pseudonyms
from allrise.data.disclosure.outcomes import banded, protect_outcomes
from allrise.data.disclosure.rules import Rules
from allrise.data.disclosure.suppression import GROUPS
from allrise.data.disclosure.survey import protect_survey
from allrise.data.disclosure.texts import CLUSTER_UNNAMED, NAMES_A_SCHOOL, SchoolNames, plain
from allrise.data.disclosure.times import month_of, spells_by_year
from allrise.data.profiles import Profile, profile
from allrise.data.tables import TABLES
from allrise.framework.ids import SCALE_IDS

Tables = Mapping[str, pd.DataFrame]

#: Tables that hold nothing about a school or a person.
_AS_THEY_ARE = ("measures", "items", "contexts")


class Protection:
    """One release's protection of a data folder's tables.

    Parameters
    ----------
    source
        Every table of the data folder, typed; those that it does not have may be missing.
    names
        The release's pseudonyms.
    rules
        What is hidden.
    """

    def __init__(self, source: Tables, names: Pseudonyms, rules: Rules) -> None:
        self.source = source
        self.names = names
        self.rules = rules
        spells, schools, clusters = (source[t] for t in ("memberships", "schools", "clusters"))
        pairs = spells[["school_id", "cluster_id"]].drop_duplicates()
        self._members = {str(c): [str(s) for s in part["school_id"]] for c, part in pairs.groupby("cluster_id")}
        self._country = dict(zip(clusters["cluster_id"], clusters["country"], strict=True))
        ids = dict(zip(schools["school_id"].astype("str"), schools["name"].astype("str"), strict=True))
        self._texts = SchoolNames(ids, clusters["name"].astype("str"))

    def names_a_school(self, text: str) -> bool:
        """Say whether a text has the name or id of any school."""
        return self._texts.named_in(text)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that may be published, typed, with pseudonymous ids."""
        made: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
            "clusters": self._clusters,
            "schools": self._schools,
            "memberships": self._memberships,
            "outcomes": self._outcomes,
            "survey": self._survey,
            "reviews": self._reviews,
            "ties": self._ties,
            "commitments": self._commitments,
            "stages": lambda t: t.assign(cluster_id=self._clusters_of(_of(t, "cluster_id"))),
            **dict.fromkeys(_AS_THEY_ARE, _unchanged),
        }
        found: dict[str, pd.DataFrame] = {}
        for name, make in made.items():
            if name in self.source:
                table = TABLES[name]
                given = pd.DataFrame(self.source[name].loc[:, list(table.column_names)]).reset_index(drop=True)
                found[name] = table.typed(make(given))
        return found

    def named(self, cluster_id: str) -> bool:
        """Say whether a cluster has enough schools to carry its name."""
        return len(self._members.get(cluster_id, ())) >= self.rules.named_from

    # Ids

    def _schools_of(self, ids: pd.Series) -> pd.Series:
        return _coded(ids, self.names.school_id)

    def _clusters_of(self, ids: pd.Series) -> pd.Series:
        return _coded(ids, self.names.cluster_id)

    # Who there is

    def _clusters(self, table: pd.DataFrame) -> pd.DataFrame:
        shown = table["cluster_id"].map(self.named).astype(bool)
        regions = self._regions()
        given = zip(table["cluster_id"], table["name"], table["country"], table["kind"], strict=True)
        names = [name if self.named(i) else self._unnamed(i, country, kind) for i, name, country, kind in given]
        formed = table["formed_on"].dt.year.map(lambda y: pd.NaT if pd.isna(y) else pd.Timestamp(int(y), 1, 1))
        out = table.assign(
            cluster_id=self._clusters_of(_of(table, "cluster_id")),
            name=names,
            region=table["region"].where(shown & table["region"].isin(sorted(regions))),
            formed_on=formed.astype("datetime64[us]").where(shown),
        )
        for column in ("purpose", "enquiry_question"):
            out[column] = self._told(table, column)
        return out

    def _unnamed(self, cluster_id: str, country: str, kind: object) -> str:
        word = profile(country).cluster(None if pd.isna(kind) else str(kind)).one  # type: ignore[call-overload]
        return f"{word[:1].upper()}{word[1:]} {self.names.cluster_code(cluster_id)}"

    def _schools(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(
            school_id=self._schools_of(_of(table, "school_id")),
            name=_coded(_of(table, "school_id"), self.names.school_name),
            region=table["region"].where(table["region"].isin(sorted(self._regions()))),
            pupils=banded(_of(table, "pupils"), self.rules.roll_to),
            latitude=float("nan"),
            longitude=float("nan"),
        )

    def _regions(self) -> frozenset[str]:
        counts = self.source["schools"]["region"].value_counts()
        return frozenset(str(r) for r, n in counts.items() if n >= self.rules.region_from)

    def _memberships(self, table: pd.DataFrame) -> pd.DataFrame:
        about: list[Profile] = [profile(self._country[c]) for c in table["cluster_id"]]
        table = spells_by_year(table, about)
        return table.assign(
            school_id=self._schools_of(_of(table, "school_id")), cluster_id=self._clusters_of(_of(table, "cluster_id"))
        )

    # What is measured

    def _outcomes(self, table: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG002 - the same as `_protected` is made from
        return self._protected.assign(school_id=self._schools_of(_of(self._protected, "school_id")))

    @cached_property
    def _protected(self) -> pd.DataFrame:
        """The outcomes that may be published, with the source's own ids."""
        table = self.source.get("outcomes")
        if table is None:
            return TABLES["outcomes"].empty()
        schools = self.source["schools"]
        thresholds = {
            str(s): profile(c).for_region(r if isinstance(r, str) else None).threshold
            for s, c, r in zip(schools["school_id"], schools["country"], schools["region"], strict=True)
        }
        return protect_outcomes(table, thresholds, self._units, self.rules)

    @cached_property
    def _units(self) -> dict[str, str]:
        measures = self.source.get("measures")
        if measures is None:
            return {}
        return dict(zip(measures["measure_id"].astype("str"), measures["unit"].astype("str"), strict=True))

    def _survey(self, table: pd.DataFrame) -> pd.DataFrame:
        if "items" not in self.source:
            return TABLES["survey"].empty()
        out = protect_survey(table, self.source["items"], self.names, self.rules)
        return out.assign(cluster_id=self._clusters_of(_of(out, "cluster_id")))

    # What is done together

    def _reviews(self, table: pd.DataFrame) -> pd.DataFrame:
        school = (table["level"] == "school").fillna(False)
        out = table.assign(
            review_id=_coded(_of(table, "review_id"), lambda t: self.names.code("review", t, 10)),
            focus=table["focus"].where(table["focus"].isin(SCALE_IDS)),
        )
        for end in ("reviewer_id", "reviewed_id"):
            out[end] = self._schools_of(_of(table, end)).where(school, self._clusters_of(_of(table, end)))
        for day in ("started_on", "ended_on", "followed_up_on"):
            out[day] = month_of(_of(table, day))
        return out

    def _ties(self, table: pd.DataFrame) -> pd.DataFrame:
        pairs = pd.DataFrame(table[["kind", "from_id"]]).drop_duplicates()
        users = Counter(str(kind) for kind in pairs["kind"])
        common = [k for k, n in users.items() if n >= self.rules.common and not self._texts.named_in(k)]
        out = table.assign(kind=table["kind"].where(table["kind"].isin(common), "other"))
        for end in ("from_id", "to_id", "reported_by"):
            out[end] = self._schools_of(_of(table, end))
        return out.drop_duplicates(["from_id", "to_id", "time_period", "kind", "reported_by"])

    def _commitments(self, table: pd.DataFrame) -> pd.DataFrame:
        out = table.assign(
            commitment_id=_coded(_of(table, "commitment_id"), lambda t: self.names.code("commitment", t, 10)),
            cluster_id=self._clusters_of(_of(table, "cluster_id")),
        )
        for column in ("what", "who", "where"):
            out[column] = self._told(table, column, said=True)
        # A baseline is a total over all of the cluster's pupils. Where some of them are hidden, the total less the
        # shown would give them; where none is, it says nothing new.
        gone = self._with_something_hidden()
        about = zip(table["cluster_id"], table["measure_id"], table["pupil_group"], strict=True)
        safe = pd.Series([str(g) in GROUPS and (c, m, g) not in gone for c, m, g in about], table.index, dtype=bool)
        out["baseline"] = table["baseline"].where(safe)
        # A target is chosen, often as the baseline and so much more: coarse, it does not give the baseline back.
        out["target"] = table["target"].where(
            safe, _coarse(_of(table, "target"), _of(table, "measure_id"), self._units)
        )
        return out

    def _with_something_hidden(self) -> set[tuple[str, str, str]]:
        """Return each cluster, measure and group with a hidden value in any year of any of its schools."""
        outcomes = self._protected
        hidden = outcomes.loc[outcomes["value"].isna(), ["school_id", "measure_id", "pupil_group"]].drop_duplicates()
        both = hidden.merge(self.source["memberships"][["school_id", "cluster_id"]].drop_duplicates(), on="school_id")
        return set(zip(both["cluster_id"], both["measure_id"], both["pupil_group"], strict=True))

    def _told(self, table: pd.DataFrame, column: str, *, said: bool = False) -> pd.Series:
        """Return the texts that name no school, of clusters that are named; ``said``: for others, why they are not shown."""
        shown: list[object] = []
        for cluster, text in zip(table["cluster_id"], table[column], strict=True):
            if not isinstance(text, str) or not plain(text):
                shown.append(None)
            elif not self.named(str(cluster)):
                shown.append(CLUSTER_UNNAMED if said else None)
            elif self._texts.named_in(text, self._members.get(str(cluster), ())):
                shown.append(NAMES_A_SCHOOL if said else None)
            else:
                shown.append(text)
        return pd.Series(shown, index=table.index, dtype="object").astype("str")


def _coarse(targets: pd.Series, measures: pd.Series, units: Mapping[str, str]) -> pd.Series:
    """Return percentages to the nearest 5, and other targets with one digit."""
    found: list[float] = []
    for target, measure in zip(targets, measures, strict=True):
        known = not pd.isna(target) and target != 0
        step = (
            5.0
            if units.get(str(measure)) == "percent"
            else 10.0 ** math.floor(math.log10(abs(target)))
            if known
            else 1.0
        )
        found.append(round(target / step) * step if known else target)
    return pd.Series(found, index=targets.index, dtype="float64")


def _unchanged(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _of(table: pd.DataFrame, column: str) -> pd.Series:
    return pd.Series(table[column])


def _coded(ids: pd.Series, code: Callable[[str], str]) -> pd.Series:
    codes = {i: code(str(i)) for i in ids.dropna().unique()}
    return ids.map(codes)
