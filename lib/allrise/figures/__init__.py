"""One function a figure: an evidence table in, a ``content`` Figure out (drawing, alt text, readings, table, notes).

Statistics are computed before; nothing is estimated here. One theme, made from ``theme/tokens.toml``.
"""
