"""The room on the wire: pages for phones, the stage and the facilitator, from one process of their own.

Server-rendered forms that work without scripts; one small script a page makes them pleasant. The only way to the
answers is :class:`allrise.room.service.Service`. No page needs a kernel, and none asks another host for anything.

``application`` puts the routes together, ``pages`` what every page shares, ``participant``, ``stage`` and ``desk`` the
three surfaces, ``forms`` what forms send, ``launch`` starts and ends it. Results are worked out in processes beside it,
because pandas alone takes more memory than the whole server: ``workings`` asks ``counting`` (which calls ``reveal``),
``opinions`` asks ``grouping``.
"""
