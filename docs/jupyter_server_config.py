# A starter for a JupyterLab that others host for you: copy it to a folder that `jupyter --paths` lists under config
# (for example /etc/jupyter/), or start with `jupyter lab --config docs/jupyter_server_config.py`.
# `allrise lab` needs none of it: it sets the same by itself. See docs/hosting.md.
c = get_config()  # noqa: F821  Jupyter gives it to this file

# The guided notebook first.
c.LabApp.default_url = "/lab/tree/notebooks/explore/start_here.ipynb"

# Ask no other host: no news, no look for updates, no list of extensions.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"

# Kernels that nobody has used for half an hour make room for others.
c.MappingKernelManager.cull_idle_timeout = 1800
c.MappingKernelManager.cull_connected = True
