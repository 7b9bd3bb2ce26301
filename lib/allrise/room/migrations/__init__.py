"""Alembic migrations of the room's database; run by :func:`allrise.room.database.open_database`."""
