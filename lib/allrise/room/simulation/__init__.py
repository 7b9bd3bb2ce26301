"""A session played by invented people through the real service: to rehearse with, to test with, and in the demo data.

The people are drawn from a seed, and so is all they say; what is planted in their answers is in ``answers``, so that a result
can be asked whether it finds it. Every text is invented (``texts.toml``), and the title says that the session is simulated.
"""

from allrise.room.simulation.play import Played, simulate

__all__ = ["Played", "simulate"]
