"""What a room said, as numbers: pure functions from DataFrames to tidy DataFrames and frozen dataclasses.

``distributions`` and ``disclosure`` come first (what may be shown), then ``agreement`` (where countries and roles
agree and part), ``votes``, ``groups``, ``statements`` and ``routing`` (the statement board), ``rankings``,
``quadrants`` and ``themes``. No database, no figures, no words for the stage.

The answers table that most functions take has one row a participant and item:

=============  ==================================================================================
participant    an opaque id
item_id        what was asked about: a framework id (``F3``), or ``question:option`` for a choice
value          a number: rating 1-5, contrast 1-7 (1 is the left pole), choice 1 taken and 0 left
country, role  segments; missing is a segment of its own, "not said"
=============  ==================================================================================
"""
