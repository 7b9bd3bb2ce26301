"""Survey answers: who was asked, who answered, and what, from true means of clusters, schools and people."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allrise.data.demo.block import Block, Ints
from allrise.data.tables import ROLES
from allrise.framework import SCALE_IDS, SurveyItem, load

#: Mean number of people asked in a school, and the share of them that answers, by role.
ASKED: dict[str, tuple[float, float]] = {
    "leader": (1.0, 0.85),
    "middle_leader": (2.0, 0.65),
    "teacher": (5.0, 0.5),
    "assistant": (2.0, 0.4),
    "governor": (1.0, 0.5),
    "student": (2.0, 0.45),
    "family": (2.0, 0.3),
    "community": (0.5, 0.4),
}
#: People near the cluster without the insight to judge all of it are asked about these only.
OUTER = frozenset({"student", "family", "community"})
OUTER_SCALES = frozenset({"F2", "F3", "F7", "connectedness"})
SYSTEM_ROLES = frozenset({"leader", "middle_leader", "teacher", "governor"})
#: As in `evidence.leadership`: only leaders speak of themselves when skills of leaders are asked about.
SELF_ROLES = frozenset({"leader"})
NO_ANSWER = 0.02


def items_table(language: str = "en") -> pd.DataFrame:
    """Return the table ``items``: the framework's default survey items."""
    frame = pd.DataFrame(
        [(i.id, i.framework_id, i.wording, i.reversed) for i in load(language).items],
        columns=["item_id", "framework_id", "wording", "reversed"],
    )
    return frame.astype({"reversed": "boolean"})


def waves(years: Ints) -> list[int]:
    """Return the years (numbers) in which the survey was held: the last one and the one two years before."""
    last = len(years) - 1
    return [last - 2, last] if last >= 2 else [last]


@cache
def _asked_of(role: str) -> tuple[SurveyItem, ...]:
    chosen: list[SurveyItem] = []
    for item in load("en").items:
        if role in OUTER and item.framework_id not in OUTER_SCALES:
            continue
        if item.framework_id[0] == "T" and role not in SYSTEM_ROLES:
            continue
        if item.perspective != "cluster" and (item.perspective == "self") != (role in SELF_ROLES):
            continue
        chosen.append(item)
    return tuple(chosen)


def survey_tables(block: Block, start: int) -> Iterator[tuple[pd.DataFrame, int]]:
    """Yield the table ``survey`` of a block in parts, each with the number of the next response.

    Parameters
    ----------
    start
        Number of the first response.
    """
    rng = block.rng(2)
    effects = block.effects
    schools = rng.normal(0, effects.school_scale_sd, size=(len(block.home), len(SCALE_IDS)))
    names_no_school = rng.random(len(block.cluster_ids)) < 0.3
    for wave_number, year in enumerate(waves(block.years)):
        for role in ROLES:
            asked = (
                rng.poisson(ASKED[role][0], size=len(block.home))
                if role != "leader"
                else np.ones(len(block.home), dtype=np.int64)
            )
            answering = np.where(block.member[:, year] >= 0, rng.binomial(asked, ASKED[role][1]), 0)
            school = np.repeat(np.arange(len(block.home)), answering)
            if not len(school):
                continue
            cluster = block.member[school, year]
            blank = (role == "community") | ((role == "family") & names_no_school[cluster])
            items = _asked_of(role)
            scale = np.array([SCALE_IDS.index(item.framework_id) for item in items])
            scores = _scores(rng, block, schools, cluster, school, scale, role, wave_number)
            turned = np.array([item.reversed for item in items])
            scores = np.where(turned, 6 - scores, scores)
            people, per = scores.shape
            response = np.array([f"R{start + i + 1:04d}" for i in range(people)], dtype=object)
            start += people
            answered = rng.random(people * per) >= NO_ANSWER
            yield (
                pd.DataFrame(
                    {
                        "response_id": np.repeat(response, per),
                        "cluster_id": np.repeat(block.cluster_ids[cluster], per),
                        "school_id": np.repeat(np.where(blank, "", block.school_ids[school]), per),
                        "wave": str(block.years[year]),
                        "role": role,
                        "item_id": np.tile(np.array([item.id for item in items], dtype=object), people),
                        "score": pd.array(np.where(answered, scores.ravel(), -1), dtype="Int64"),
                    }
                ).assign(score=lambda frame: frame["score"].mask(frame["score"] < 0)),
                start,
            )


def _scores(
    rng: np.random.Generator,
    block: Block,
    schools: NDArray[np.float64],
    cluster: Ints,
    school: Ints,
    scale: Ints,
    role: str,
    wave: int,
) -> Ints:
    """Return answers (people x items) on the 1-5 scale, before reversed items are turned."""
    effects = block.effects
    latent = block.scales[cluster][:, scale] + schools[school][:, scale]
    person = rng.normal(0, effects.person_sd, size=(len(school), len(SCALE_IDS)))
    latent = latent + person[:, scale] + effects.role_shift(role) + effects.wave_growth * wave
    if role in SELF_ROLES:
        skill = np.array([SCALE_IDS[s].startswith("L") for s in scale])
        latent = latent + effects.self_rating * skill
    latent = latent + rng.normal(0, effects.item_sd, size=latent.shape)
    return np.clip(np.round(latent), 1, 5).astype(np.int64)
