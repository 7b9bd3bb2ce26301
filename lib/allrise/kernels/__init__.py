"""Fast kernels for Jupyter: a fork server and its kernel provisioner.

Knows nothing of schools; usable by other projects. Imports nothing of ours.
"""
