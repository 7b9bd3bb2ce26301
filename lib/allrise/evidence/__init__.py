"""Statistics only: a DataFrame in, a tidy DataFrame or a frozen dataclass out.

No plotting, no files, no widgets. May use ``data`` (schemas) and ``framework`` (ids).
"""
