"""From a data folder to evidence packs: plan, execute (papermill), render, publish.

Writes files, atomically; knows chapters only as notebooks that show ``content`` blocks.
"""
