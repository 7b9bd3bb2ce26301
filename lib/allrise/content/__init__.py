"""What a chapter says, as values: figures, tables, readings, prompts, protocols and capture sheets.

Notebooks show blocks; JupyterLab draws them; the pack page, PDF, slides, Word and Excel are all made from
the same blocks, read back from the executed notebook. There is never a second wording.
This room may use ``framework`` and nothing else of ours: no data, no statistics, no files of a pack.
"""
