"""From a prepared store to its public store: the same tables, protected, and nothing else.

Whatever a chapter computes from a public store is a function of protected tables, so it can say no more than they
do: totals are made from shown values only, and a total less the schools shown beside it is nothing. That is why
protection is done here, once, and not in each figure.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

from allrise.data.disclosure.names import Pseudonyms
from allrise.data.disclosure.release import pseudonyms_of
from allrise.data.disclosure.rules import Rules
from allrise.data.disclosure.tables import Protection
from allrise.data.package import Caveat
from allrise.data.profiles import profile
from allrise.data.store import Store
from allrise.data.store.cache import building_folder, cache_folder, clean, mark_used, remove_leftovers, stores_folder
from allrise.data.store.lock import locked
from allrise.data.store.store import CONTENTS, WARNINGS
from allrise.data.store.values import Contents
from allrise.data.tables import TABLES
from allrise.errors import UnreadableInput

#: The file that makes a prepared store a public one.
PUBLIC = "public.json"
_ALWAYS = ("clusters", "schools", "memberships")


def is_public(store: Store) -> bool:
    """Say whether a store was made by :func:`public_store`."""
    return store.marked(PUBLIC)


def public_store(
    store: Store,
    *,
    release: str = "",
    rules: Rules | None = None,
    cache: Path | None = None,
    names: Pseudonyms | None = None,
) -> Store:
    """Return the public store of a prepared data folder, making it when it is not in the cache.

    Parameters
    ----------
    store
        A prepared data folder; a public store is returned as it is.
    release
        Label of the release: another label, other pseudonyms.
    rules
        What is hidden; the rules of :class:`~allrise.data.disclosure.rules.Rules` by default.
    cache
        As in :func:`allrise.data.store.open_store`.
    names
        Pseudonyms, in place of those of the release.

    Raises
    ------
    UnreadableInput
        When the cache cannot be written to.
    """
    if is_public(store):
        return store
    rules = rules or Rules()
    cache = cache_folder() if cache is None else cache.absolute()
    names = names or pseudonyms_of(store, release, cache=cache)
    address = names.digest(f"{store.fingerprint}\0{rules}\0{_code()}").hex()
    target = stores_folder(cache) / address
    try:
        if not (target / CONTENTS).is_file():
            with locked(cache / "locks" / address[:32]):
                if not (target / CONTENTS).is_file():
                    _make(store, target, cache, names, rules)
                    clean(cache, target)
    except OSError as error:
        raise UnreadableInput(
            f"The public data cannot be written to {cache}: {error.strerror or error}",
            "Make room there, or set ALLRISE_CACHE to a folder that can be written to.",
        ) from error
    mark_used(target)
    return Store(target)


def _make(store: Store, target: Path, cache: Path, names: Pseudonyms, rules: Rules) -> None:
    from allrise.data.store.dictionaries import arrow_tables
    from allrise.data.store.prepare import Preparation  # duckdb is needed only here

    remove_leftovers(cache, target.name)
    building = building_folder(cache, target.name)
    building.mkdir(parents=True)
    try:
        # A record of a dialogue that stands alone has these without a row.
        protection = Protection({t: store.table(t) for t in TABLES if store.has(t) or t in _ALWAYS}, names, rules)
        preparation = Preparation(building, arrow_tables(protection.tables()))
        try:
            preparation.run(lambda _what, _share: None)
            contents = Contents(
                fingerprint=target.name,
                title="" if protection.names_a_school(store.title) else store.title,
                synthetic=store.synthetic,
                # An address may be a path of this machine; a file's hash would let anybody check a guess.
                licences=tuple(replace(x, path=_address(x.path)) for x in store.licences),
                sources=tuple(
                    replace(s, path=_address(s.path)) for s in store.sources if not protection.names_a_school(s.title)
                ),
                caveats=(
                    *(c for c in store.caveats if not protection.names_a_school(c.text)),
                    *_caveats(store, rules),
                ),
                inputs=(),
                periods=preparation.periods(),
                layouts=preparation.layouts,
            )
        finally:
            preparation.close()
        shutil.rmtree(building / "spill", ignore_errors=True)
        (building / WARNINGS).write_text("[]", encoding="utf-8")
        (building / PUBLIC).write_text(json.dumps({"complementary": rules.complementary}), encoding="utf-8")
        (building / CONTENTS).write_text(json.dumps(contents.as_json(), ensure_ascii=False), encoding="utf-8")
        building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _caveats(store: Store, rules: Rules) -> tuple[Caveat, ...]:
    """Return what a reader must know of what was done to the data."""
    schools = store.table("schools", ["country", "region"])
    places = schools.drop_duplicates().astype("object").where(lambda t: t.notna(), None)
    least = sorted({profile(c).for_region(r).threshold for c, r in places.itertuples(index=False)})
    words = " or ".join(str(n) for n in least)
    return (
        Caveat(
            f"Made for the public: results of fewer than {words} pupils are hidden, and as many others as would give "
            "them away. Percentages are whole numbers and numbers of pupils are rounded to "
            f"{rules.pupils_to}; totals are made from what is shown, so that they differ a little from exact ones.",
            "outcomes",
        ),
        Caveat(
            f"Made for the public: only roles of which at least {rules.people} people answered are shown, nothing is "
            "shown school by school, and answers of smaller groups are left out.",
            "survey",
        ),
    )


def _address(path: str) -> str:
    return path if path.startswith(("https://", "http://")) else ""


def _code() -> str:
    """Return a hash of the code that protects, so that no public store outlives a change of the rules."""
    total = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        total.update(file.read_bytes())
    return total.hexdigest()
