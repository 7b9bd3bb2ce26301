"""Opening the room's database, and saying in plain words what is wrong with it.

SQLite by default: write-ahead log, ``synchronous=FULL`` (a commit is on disk before anyone sees "saved"), foreign keys,
a busy timeout, and ``BEGIN IMMEDIATE`` for the writer so that two processes never both believe they hold the
lock. PostgreSQL by URL, when several machines serve one room. Migrations run when the database is opened.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from allrise.room.errors import Busy, DiskFull, ReadOnly, RoomError, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

#: How long a command waits for another process that holds the database, in seconds.
LOCK_SECONDS = 4.0

_IOERR_NO_SPACE = {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_FSYNC}
_MIGRATION_LOCK = 0x616C6C72697365 % 2**31  # any fixed number: only two openings of one database must agree on it


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database: one engine for the writer, one for readers."""

    url: URL
    writer: Engine
    reader: Engine

    @property
    def shown(self) -> str:
        """Where the database is, without a password."""
        return self.url.render_as_string(hide_password=True)

    @property
    def address(self) -> str:
        """Its address with the password, for processes of ours; never shown."""
        return self.url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def default_url() -> str:
    """Return the address of the database used when none is named: a file in the user's data folder."""
    return f"sqlite:///{user_data_path('allrise') / 'room.db'}"


def open_database(url: str | Path | None = None, *, lock_seconds: float = LOCK_SECONDS) -> Database:
    """Open a database, and bring its tables up to date.

    Parameters
    ----------
    url
        ``sqlite:///room.db``, ``postgresql://user@host/name``, or the path of an SQLite file; none: the file of
        :func:`default_url`.
    lock_seconds
        How long to wait for another process before a command is refused with ``busy``.

    Raises
    ------
    Unavailable
        When it cannot be reached, is no room database, or was made by a newer version.
    """
    address = _address(url)
    try:
        database = _engines(address, lock_seconds)
        with database.writer.connect() as connection:
            _migrate(connection)
    except (SQLAlchemyError, OSError) as error:
        raise translated(error, address.render_as_string(hide_password=True)) from error
    return database


def open_for_reading(url: str) -> Database:
    """Return a database that another process of ours has opened and brought up to date; only its reader is meant.

    Parameters
    ----------
    url
        The address of an opened database, with its password.
    """
    return _engines(make_url(url), LOCK_SECONDS)


def _address(url: str | Path | None) -> URL:
    if url is None:
        url = default_url()
    if isinstance(url, Path) or "://" not in url:
        return URL.create("sqlite", database=str(Path(url).absolute()))
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise Unavailable(f"{url!r} is not the address of a database.", _MEND_URL) from error
    kind = address.get_backend_name()
    if kind == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and address.database not in (None, "", ":memory:"):
        return address.set(drivername="sqlite")
    raise Unavailable(f"{address.render_as_string(hide_password=True)} cannot hold a room.", _MEND_URL)


_MEND_URL = "Give the path of a file, sqlite:///path/room.db, or postgresql://user:password@host/name."


def _engines(url: URL, lock_seconds: float) -> Database:
    if url.get_backend_name() == "sqlite":
        if url.database is not None and not url.query:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        arguments = {"timeout": lock_seconds, "check_same_thread": False}
        writer = create_engine(url, connect_args=arguments, pool_size=1, max_overflow=0, pool_timeout=30)
        reader = create_engine(url, connect_args=arguments, pool_size=5, max_overflow=0, pool_timeout=30)
        _tune_sqlite(writer, "BEGIN IMMEDIATE")
        _tune_sqlite(reader, "BEGIN")
        return Database(url, writer, reader)
    milliseconds = int(lock_seconds * 1000)
    options = {"options": f"-c lock_timeout={milliseconds} -c synchronous_commit=on", "connect_timeout": 10}
    writer = create_engine(url, connect_args=options, pool_size=1, max_overflow=0, pool_pre_ping=True)
    reader = create_engine(
        url, connect_args=options, pool_size=5, max_overflow=0, pool_pre_ping=True, isolation_level="REPEATABLE READ"
    )
    return Database(url, writer, reader)


def _tune_sqlite(engine: Engine, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = None  # we say BEGIN ourselves
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _primary(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY):
                raise
        for pragma in ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(begin)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _migrate(connection: Connection) -> None:
    # Here: the processes that only read do without it.
    from alembic import command as alembic
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with connection.begin():
        if connection.dialect.name == "postgresql":  # two machines may open a new database at the same moment
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        context = MigrationContext.configure(connection, opts={"version_table": "allrise_room"})
        now = context.get_current_revision()
        script = ScriptDirectory.from_config(_config())
        if now == script.get_current_head():
            return
        if now is not None and now not in {step.revision for step in script.walk_revisions()}:
            raise Unavailable(
                f"The room database was made by a newer version of allrise (its step {now} is not known here).",
                "Use that version, or name another database with --database.",
            )
        config = _config()
        config.attributes["connection"] = connection
        alembic.upgrade(config, "head")


def _primary(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def translated(error: BaseException, where: str = "The room's database") -> RoomError:
    """Return what a database error means to people, and what to do about it."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause, where)
    state = str(getattr(cause, "sqlstate", "") or "")
    if state == "53100":
        return _disk_full(where)
    if state == "25006":
        return _read_only(where)
    if state in {"55P03", "40P01", "40001", "57014"} or isinstance(error, PoolTimeout):
        return _busy(where)
    if isinstance(cause, PermissionError):
        return _read_only(where)
    return Unavailable(
        f"{where} cannot be used: {_first_line(cause)}",
        "Check its address and that it is running. What was confirmed as saved is safe.",
    )


def _from_sqlite(cause: sqlite3.Error, where: str) -> RoomError:
    code = int(getattr(cause, "sqlite_errorcode", 0))
    primary = _primary(cause)
    # SQLite does not say why the disk refused: a full one and one that has become read-only look alike.
    refused = _why_refused(where) if primary in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) else 0
    if refused in (errno.EROFS, errno.EACCES, errno.EPERM) or primary == sqlite3.SQLITE_READONLY:
        return _read_only(where)
    if primary == sqlite3.SQLITE_FULL or refused in (errno.ENOSPC, errno.EDQUOT) or code in _IOERR_NO_SPACE:
        return _disk_full(where)
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _busy(where)
    if primary == sqlite3.SQLITE_NOTADB:
        return Unavailable(f"{where} is not a database.", "Name another file with --database, or move this one away.")
    return Unavailable(
        f"{where} cannot be used: {_first_line(cause)}",
        "Check that its folder exists and can be written. What was confirmed as saved is safe.",
    )


def _why_refused(where: str) -> int:
    """Return the error of writing beside an SQLite file, 0 when it can be done."""
    try:
        folder = Path(make_url(where).database or "").parent
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b" " * 65_536)
            probe.flush()
            os.fsync(probe.fileno())
    except ArgumentError:
        return 0
    except OSError as error:
        return error.errno or 0
    return 0


def _first_line(cause: object) -> str:
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def _disk_full(where: str) -> RoomError:
    return DiskFull(
        f"{where} is on a full disk; the last entry was not saved.",
        "Free some space on the machine that runs the room and send it again. What was saved before is safe.",
    )


def _read_only(where: str) -> RoomError:
    return ReadOnly(
        f"{where} cannot be written; the last entry was not saved.",
        "Make its file and folder writable and send it again. What was saved before is safe.",
    )


def _busy(where: str) -> RoomError:
    return Busy(
        f"{where} is in use by another program; the last entry was not saved.",
        "Send it again in a moment.",
    )
