"""One module a chapter of the pack: opens the cluster's slice and puts evidence, figures and prompts together.

Notebooks call these; no notebook defines a function. May use everything below, writes no files.
"""
