"""A private PostgreSQL for the tests: its own data folder and socket, nobody else's server touched."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


class NoPostgres(Exception):
    """Why the tests cannot have a PostgreSQL."""


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _install() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoPostgres("PostgreSQL is not installed, and only root on Debian can install it here")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "postgresql"]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoPostgres(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")


def _owner() -> str | None:
    """The account that runs it: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres("there is no account named postgres to run it as") from None
    return "postgres"


@contextmanager
def cluster() -> Iterator[str]:
    """Start a private server; yields the socket's folder."""
    if _binaries() is None:
        _install()
    binaries = _binaries()
    if binaries is None:
        raise NoPostgres("initdb was not found after installing PostgreSQL")
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="allrise-pg-"))  # short: a socket's path has at most 107 characters
    data, log = folder / "data", folder / "log"
    if owner:
        shutil.chown(folder, owner)

    def run(*command: str) -> None:
        done = subprocess.run(command, user=owner, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            told = log.read_text() if log.exists() else ""
            raise NoPostgres(f"{command[0]} failed: {done.stderr}{told}")

    control = str(binaries / "pg_ctl")
    try:
        run(str(binaries / "initdb"), "-D", str(data), "-U", "room", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
        run(control, "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
        try:
            yield str(folder)
        finally:
            run(control, "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(socket: str) -> str:
    """Make an account with an empty schema of its own, which is quicker than a database; returns its address."""
    name = f"room_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(host=socket, user="room", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN")
        connection.execute(f"CREATE SCHEMA AUTHORIZATION {name}")
    return f"postgresql://{name}@/postgres?host={socket}"
