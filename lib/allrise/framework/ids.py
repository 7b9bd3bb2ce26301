"""The ids of the framework, typed, so that the rest of the kit never passes loose strings.

They are stable: data columns, routes of the room, prompts of chapters and exports all use them.
"""

from __future__ import annotations

from typing import Literal, cast, get_args

DriverId = Literal["D1", "D2", "D3", "D4"]
ClaimId = Literal["C1", "C2", "C3"]
FactorId = Literal["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8"]
StageId = Literal["collaboration", "co_responsibility", "shared_accountability"]
MarkId = Literal["what", "how", "who", "where"]
AccountabilityId = Literal["A1", "A2", "A3", "A4"]
BarrierId = Literal["B1", "B2", "B3", "B4", "B5"]
SkillId = Literal["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10"]
ContrastId = Literal["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"]
ConceptId = Literal["autonomy", "connectedness"]
QuestionId = Literal[
    "Q1.1", "Q1.2", "Q1.3", "Q1.4", "Q1.5", "Q2.1", "Q2.2", "Q2.3", "Q3.1", "Q3.2", "Q3.3", "Q3.4"
]  # fmt: skip
ClosingId = Literal["S1", "S2", "S3", "S4", "S5", "S6", "S7"]

#: Any id of the framework.
FrameworkId = (
    DriverId
    | ClaimId
    | FactorId
    | StageId
    | MarkId
    | AccountabilityId
    | BarrierId
    | SkillId
    | ContrastId
    | ConceptId
    | QuestionId
    | ClosingId
)
#: Ids that a survey item can belong to.
ScaleId = FactorId | SkillId | ContrastId | ConceptId

LanguageId = Literal["en", "fr"]

DRIVER_IDS = cast("tuple[DriverId, ...]", get_args(DriverId))
CLAIM_IDS = cast("tuple[ClaimId, ...]", get_args(ClaimId))
FACTOR_IDS = cast("tuple[FactorId, ...]", get_args(FactorId))
STAGE_IDS = cast("tuple[StageId, ...]", get_args(StageId))
MARK_IDS = cast("tuple[MarkId, ...]", get_args(MarkId))
ACCOUNTABILITY_IDS = cast("tuple[AccountabilityId, ...]", get_args(AccountabilityId))
BARRIER_IDS = cast("tuple[BarrierId, ...]", get_args(BarrierId))
SKILL_IDS = cast("tuple[SkillId, ...]", get_args(SkillId))
CONTRAST_IDS = cast("tuple[ContrastId, ...]", get_args(ContrastId))
CONCEPT_IDS = cast("tuple[ConceptId, ...]", get_args(ConceptId))
QUESTION_IDS = cast("tuple[QuestionId, ...]", get_args(QuestionId))
CLOSING_IDS = cast("tuple[ClosingId, ...]", get_args(ClosingId))
SCALE_IDS: tuple[ScaleId, ...] = (*FACTOR_IDS, *SKILL_IDS, *CONTRAST_IDS, *CONCEPT_IDS)
LANGUAGES = cast("tuple[LanguageId, ...]", get_args(LanguageId))


def base_language(language: str) -> str:
    """Return ``fr`` for ``fr-CA`` or ``fr_CA``."""
    return language.replace("_", "-").split("-")[0].lower()
