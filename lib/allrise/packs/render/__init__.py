"""From executed chapters to pages: one self-contained file a pack, and the page that lists all packs.

Blocks in, bytes out; nothing is computed and nothing is worded here that a chapter should say.
"""

from allrise.packs.render.page import render_index, render_pack

__all__ = ["render_index", "render_pack"]
