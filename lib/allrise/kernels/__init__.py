"""Fast kernels for Jupyter: a fork server and its kernel provisioner.

A server process has the wanted packages imported and the first figure drawn; a kernel is a fork of it, ready in
a fraction of the time and sharing its memory. ``provisioner`` is what Jupyter calls, ``client`` finds or starts
the server, ``server`` forks, ``child`` turns the fork into a kernel. Knows nothing of schools; usable by other
projects. Imports nothing of ours.
"""
