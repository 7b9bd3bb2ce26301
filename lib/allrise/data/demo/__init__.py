"""Demo data: a synthetic system of clusters of any size, with known effects planted in it.

`generate` writes a data folder block by block: plan (who is where), block (schools and memberships),
outcomes, survey, reviews, ties, public (stages and commitments). Nothing in it is real but the
cited figures of ``contexts``.
"""

from allrise.data.demo.effects import NEUTRAL, PlantedEffects
from allrise.data.demo.generator import FolderInUse, Generated, generate
from allrise.data.demo.plan import ImpossibleSize, Plan, plan

__all__ = ["NEUTRAL", "FolderInUse", "Generated", "ImpossibleSize", "Plan", "PlantedEffects", "generate", "plan"]
