"""What the paper claims: ids, wording per language, questions and prompts, and a typed loader.

Content is in TOML files, one a language; the ids never change. Imports nothing of ours.
"""
