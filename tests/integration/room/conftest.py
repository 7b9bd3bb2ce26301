from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from postgres_cluster import NoPostgres, cluster, new_database
from room_samples import Room

from allrise.room.service import Service


@pytest.fixture(scope="session")
def postgres_socket() -> Iterator[str]:
    try:
        with cluster() as socket:
            yield socket
    except NoPostgres as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"PostgreSQL must be had in CI: {reason}")
        pytest.skip(str(reason))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'room.db'}"
    return new_database(request.getfixturevalue("postgres_socket"))


@pytest.fixture
def room(database_url) -> Iterator[Room]:
    with Service.open(database_url) as service:
        yield Room.create(service)
