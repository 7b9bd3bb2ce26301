"""A live dialogue: sessions, questions, answers, results, the room server and the record it exports.

One service is the only writer of the database. May use ``framework``, ``content`` and ``data``.
"""
