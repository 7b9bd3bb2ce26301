"""ipywidgets building blocks of the workshop's notebooks: read-only views of ``evidence`` and ``room``.

``visit`` says who looks at what; ``gallery`` draws the evidence that packs show, once for all; ``room_link`` speaks with
the room server, the only writer; ``widgets`` are the controls; each app of ``workshop/`` has a module of its name, and
``server`` runs them for a hall.
"""
