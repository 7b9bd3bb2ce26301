"""Speaks with the room server from a page's kernel, without ever blocking it.

The room's process is the only one that writes and the only one that works results out, so that an app, a phone and the
stage always show the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

from allrise.apps.visit import Visit
from allrise.errors import AllriseError
from allrise.room import keys

#: Seconds after which an answer of the room is not waited for.
PATIENCE = 6.0


class RoomRefused(AllriseError):
    """The room did not do what was asked; the words are for the person who asked."""


class RoomAway(AllriseError):
    """The room cannot be reached now; it is tried again."""


@dataclass(slots=True)
class RoomLink:
    """One person's line to the room."""

    visit: Visit
    _tags: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict[str, "tuple[str, dict[str, Any]]"])

    async def look(self, questions: Sequence[str] = (), view: str = "room") -> dict[str, Any]:
        """Return the session as this person may see it; see :class:`allrise.room.server.api.Look`.

        Raises
        ------
        RoomAway, RoomRefused
            When the room cannot be reached, or refuses.
        """
        asked = urlencode([*(("q", q) for q in questions), ("view", view)])
        tag, kept = self._tags.get(asked, ("", {}))
        response = await self._ask("GET", f"look?{asked}", {"If-None-Match": tag} if tag else {})
        if response.code == 304:
            return kept
        value: dict[str, Any] = json.loads(response.body)
        self._tags[asked] = (response.headers.get("ETag", ""), value)
        return value

    async def do(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Carry a command out; sent again once when the line breaks, which is safe: it has an id.

        Raises
        ------
        RoomAway, RoomRefused
            When the room cannot be reached, or refuses.
        """
        body = json.dumps({"kind": kind, "command_id": keys.new_command_id(), **fields}).encode()
        try:
            response = await self._ask("POST", "do", {"Content-Type": "application/json"}, body)
        except RoomAway:
            response = await self._ask("POST", "do", {"Content-Type": "application/json"}, body)
        return json.loads(response.body)

    async def _ask(self, method: str, what: str, headers: dict[str, str], body: bytes | None = None) -> Any:
        sent = dict(headers)
        if self.visit.token:
            sent["X-Room-Token"] = self.visit.token
        if self.visit.secret:
            sent["X-Room-Secret"] = self.visit.secret
        request = HTTPRequest(
            f"{self.visit.room}/api/{self.visit.code}/{what}", method=method, headers=sent, body=body,
            request_timeout=PATIENCE, connect_timeout=PATIENCE, follow_redirects=False,
        )  # fmt: skip
        try:
            response = await AsyncHTTPClient().fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            raise RoomAway("The room cannot be reached.", "It is tried again.") from error
        if response.code == 599:
            raise RoomAway("The room cannot be reached.", "It is tried again.")
        if response.code >= 400:
            try:
                said = json.loads(response.body)
            except ValueError:
                said = {}
            raise RoomRefused(said.get("what", "The room did not take it."), said.get("mend", "Load the page again."))
        return response
