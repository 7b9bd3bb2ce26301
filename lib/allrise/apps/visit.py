"""Who visits an app and what it is about: data, cluster, and their place in the room."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from allrise.apps.gallery import Source
from allrise.room.keys import is_token, normal_code


@dataclass(frozen=True, slots=True)
class Visit:
    """One person's visit.

    Parameters
    ----------
    source
        The data, as this visitor may see them.
    cluster_id
        The cluster asked for, blank for the first.
    room
        Address of the room server on this machine, blank when no room runs.
    code
        Join code of the session.
    token, secret
        The participant's token; the facilitator's secret, only in a facilitator's apps. Either may be blank.
    join
        Address at which phones join.
    packs
        Whether built packs are shown beside the apps, at ``/packs/``.
    """

    source: Source = field(default_factory=lambda: Source("demo"))
    cluster_id: str = ""
    room: str = ""
    code: str = ""
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    join: str = ""
    packs: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str] | None = None) -> Visit:
        """Read the visit from the environment that ``allrise serve`` and Voila give a page's kernel."""
        env = os.environ if environment is None else environment
        asked = parse_qs(env.get("QUERY_STRING", ""))
        code = normal_code(env.get("ALLRISE_SESSION", ""))
        cookies = _cookies(env.get("HTTP_COOKIE", ""))
        return cls(
            source=Source(
                env.get("ALLRISE_DATA", "") or "demo",
                "public" if env.get("ALLRISE_AUDIENCE") == "public" else "cluster",
            ),
            cluster_id=(asked.get("cluster") or [""])[0][:80],
            room=env.get("ALLRISE_ROOM", "").rstrip("/"),
            code=code,
            token=_token(cookies.get(f"room_{code}", "")),
            secret=_token(cookies.get(f"console_{code}", "")),
            join=env.get("ALLRISE_JOIN", "").rstrip("/"),
            packs=bool(env.get("ALLRISE_PACKS", "")),
        )

    @property
    def has_room(self) -> bool:
        """Whether there is a session to take part in."""
        return bool(self.room and self.code)


def _token(value: str) -> str:
    return value if is_token(value) else ""


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
