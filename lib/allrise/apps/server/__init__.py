"""Voila for a hall: the workshop's notebooks with places, a queue, culling and the mends that many visitors need.

A process of its own, never an extension of a Jupyter server: Voila alone refuses to run code that a page sends.
"""
