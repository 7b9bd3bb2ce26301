"""What the workshop's server answers beside Voila: pages with places, kept files, the check, the console's door."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import jinja2
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler
from voila.exporter import VoilaExporter
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from allrise.apps.server.files import Files
from allrise.apps.server.kernels import FACILITATORS, PageKernels
from allrise.apps.server.pages import FOR_FACILITATORS, UNFINISHED, check_page, page, queue_page
from allrise.apps.server.places import Places
from allrise.room import keys

log = logging.getLogger(__name__)

#: Seconds in which a page must be put together.
LONGEST_PAGE = 60.0
COOKIE_DAYS = 60

HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()", "Server": "allrise",
    # Lab's front end builds scripts from text and widgets come as blobs; no other host is ever allowed.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss: data: blob:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
}  # fmt: skip


@dataclass(slots=True)
class Hall:
    """What the handlers share.

    Attributes
    ----------
    notebooks
        Names of the notebooks that may be opened.
    code, join
        The session's join code and the address at which phones join; blank without a room.
    """

    places: Places
    notebooks: frozenset[str]
    code: str = ""
    join: str = ""
    checked: dict[str, float] = field(default_factory=dict[str, float])


class SharedExporter(VoilaExporter):
    """Voila's exporter with templates compiled once for all pages: most of Voila's work is compiling them anew."""

    compiled: ClassVar[dict[str, bytes]] = {}

    def _create_environment(self) -> Any:
        env = super()._create_environment()
        env.bytecode_cache = _Kept(self.compiled)
        return env


class _Kept(jinja2.BytecodeCache):
    def __init__(self, kept: dict[str, bytes]) -> None:
        self._kept = kept

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._kept[f"{bucket.key}"] = bucket.bytecode_to_string()


class OurHeaders(RequestHandler):
    """Base of the handlers that are not Voila's."""

    hall: Hall

    def initialize(self, hall: Hall) -> None:
        self.hall = hall

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def html(self, text: str, status: int = 200) -> None:
        """Answer with a page that is not kept."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(text)


class AppPage(TornadoVoilaHandler):
    """A notebook as a page, when there is a place for it."""

    def initialize(self, **options: Any) -> None:
        self.hall: Hall = options.pop("hall")
        super().initialize(**options)

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def check_xsrf_cookie(self) -> None:
        """Pages are only read."""

    async def get(self, path: str | None = None) -> None:  # type: ignore[override]
        name = (path or "").removesuffix(".ipynb")
        if name not in self.hall.notebooks or not (path or "").endswith(".ipynb"):
            self._plain(
                page(
                    "There is no such page",
                    '<p><a class="button" href="/voila/render/home.ipynb">Go to the first page</a></p>',
                ),
                404,
            )
            return
        if name == "console" and not keys.is_token(self.get_cookie(f"console_{self.hall.code}", "")):
            self._plain(FOR_FACILITATORS, 403)
            return
        kernels = cast("PageKernels", self.kernel_manager)
        ticket = self.get_cookie("place", "") or ""
        if name not in FACILITATORS:
            place = self.hall.places.ask(ticket, len(kernels.list_kernel_ids()))
            ticket = place.ticket
            if not place.admitted:
                self.set_cookie("place", ticket, path="/", httponly=True, samesite="Lax")
                self._plain(queue_page(place.ahead, ticket), 503)
                return
            self.clear_cookie("place", path="/")
        self._introduce(name)
        try:
            await asyncio.wait_for(cast("Any", super().get(path)), LONGEST_PAGE)
        except TimeoutError:
            log.warning("the page %s was not ready within %g s", name, LONGEST_PAGE)
            if not self._finished:
                self.finish(UNFINISHED)
        finally:
            self.hall.places.started(ticket)

    def _plain(self, text: str, status: int) -> None:
        self.set_status(status)
        if status == 503:
            self.set_header("Retry-After", "3")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(text)

    def _introduce(self, name: str) -> None:
        """Give the visitor a token as the phone pages do, and the kernel that token and nothing else of the cookies."""
        code, cookies = self.hall.code, []
        if code:
            token = self.get_cookie(f"room_{code}", "") or ""
            if not keys.is_token(token):
                token = keys.new_token()
                self.set_cookie(
                    f"room_{code}", token, path="/", httponly=True, samesite="Lax", expires_days=COOKIE_DAYS
                )
            if name not in FACILITATORS:
                cookies.append(f"room_{code}={token}")
            if name == "console":
                cookies.append(f"console_{code}={self.get_cookie(f'console_{code}', '')}")
        self.request.headers["Cookie"] = "; ".join(cookies)


class Closed(VoilaShutdownKernelHandler):
    """A page that is closed says so with a beacon, which carries no form token; the kernel's id is secret enough."""

    def check_xsrf_cookie(self) -> None:
        """A beacon cannot have one."""


class HeardLine(VoilaKernelWebsocketHandler):
    """A page's line to its kernel, which notes when something was heard from the page."""

    def on_message(self, ws_message: Any) -> None:
        kernels = self.kernel_manager
        if isinstance(kernels, PageKernels):
            kernels.heard[self.kernel_id] = time.monotonic()
        super().on_message(ws_message)


class PlaceNow(OurHeaders):
    """Where a waiting visitor stands."""

    def initialize(self, hall: Hall, kernels: PageKernels) -> None:  # type: ignore[override]
        super().initialize(hall)
        self.kernels = kernels

    def get(self) -> None:
        place = self.hall.places.look(self.get_query_argument("ticket", "")[:40], len(self.kernels.list_kernel_ids()))
        self.set_header("Cache-Control", "no-store")
        if place.ticket != self.get_query_argument("ticket", ""):  # it was forgotten: a new one, at the end
            self.set_cookie("place", place.ticket, path="/", httponly=True, samesite="Lax")
        self.finish({"go": place.admitted, "ahead": place.ahead})


class KeptFile(OurHeaders):
    """A file of the front end, for good."""

    def initialize(self, hall: Hall, files: Files) -> None:  # type: ignore[override]
        super().initialize(hall)
        self.files = files

    def get(self, name: str) -> None:
        found = self.files.get(name)
        if found is None:
            self.set_status(404)
            self.finish()
            return
        self.set_header("Content-Type", found.content_type)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        if found.packed is not None and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.set_header("Vary", "Accept-Encoding")
            self.finish(found.packed)
            return
        self.finish(found.body)

    def compute_etag(self) -> None:
        return None


class Door(OurHeaders):
    """The first page."""

    def get(self) -> None:
        self.redirect("/voila/render/home.ipynb")


class ConsoleDoor(OurHeaders):
    """The console's address: keeps the secret in a cookie for that page alone and leaves it out of the address."""

    def get(self, secret: str) -> None:
        self.set_header("Cache-Control", "no-store")
        if keys.is_token(secret) and self.hall.code:
            self.set_cookie(
                f"console_{self.hall.code}", secret, path="/voila/render/console.ipynb", httponly=True, samesite="Lax",
                expires_days=COOKIE_DAYS,
            )  # fmt: skip
        self.redirect("/voila/render/console.ipynb")


class Check(OurHeaders):
    """Shows that browsers on this network reach the workshop."""

    def get(self) -> None:
        now = time.monotonic()
        device = self.get_cookie("device", "") or keys.new_command_id()
        self.set_cookie("device", device, path="/check", httponly=True, samesite="Lax")
        self.hall.checked[device[:40]] = now
        for old in [d for d, t in self.hall.checked.items() if now - t > 600]:
            del self.hall.checked[old]
        self.html(check_page(self.hall.join, len(self.hall.checked)))


class CheckLoad(OurHeaders):
    """A megabyte that cannot be packed."""

    noise = os.urandom(1_000_000)

    def get(self) -> None:
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Cache-Control", "no-store")
        self.finish(self.noise)


class CheckLine(WebSocketHandler):
    """Says back what it hears, once."""

    def on_message(self, message: str | bytes) -> None:
        self.write_message(message[:16])


class Health(OurHeaders):
    """Up, with how many pages are open and how many visitors wait."""

    def initialize(self, hall: Hall, kernels: PageKernels) -> None:  # type: ignore[override]
        super().initialize(hall)
        self.kernels = kernels

    def get(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish({"up": True, "pages": len(self.kernels.list_kernel_ids()), "waiting": self.hall.places.waiting})
