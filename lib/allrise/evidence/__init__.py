"""Statistics only: a DataFrame in, a tidy DataFrame or a frozen dataclass out.

No plotting, no files, no widgets. May use ``data`` (schemas) and ``framework`` (ids).
Primitives (``intervals``, ``funnel``, ``shrinkage``, ``spread``, ``gaps``, ``trends``, ``stability``, ``ranks``,
``overlap``, ``similar``) know numbers and arrays; ``outcomes``, ``survey``, ``reviews``, ``network``,
``accountability``, ``leadership`` and ``adoption`` make from a slice the tidy tables that figures draw.
Every method has a section in ``docs/methods.md`` and is tested against a published reference.
"""
