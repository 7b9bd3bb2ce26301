"""ipywidgets building blocks of the Voila notebooks: read-only views of ``evidence`` and ``room``."""
