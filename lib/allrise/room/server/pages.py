"""What every page shares: language, security headers, cookies, limits, and one page for every error."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import unicodedata
from asyncio import Future
from collections.abc import Awaitable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import jinja2
from tornado.httputil import url_concat
from tornado.web import HTTPError, RequestHandler

from allrise.room import keys
from allrise.room.definition import in_language
from allrise.room.errors import InvalidCommand, NotFacilitator, RoomError, TooLarge, UnknownParticipant
from allrise.room.server.assets import Assets
from allrise.room.server.forms import csrf_holds, csrf_text
from allrise.room.server.latest import Latest
from allrise.room.server.limits import TokenBuckets
from allrise.room.server.opinions import Opinions
from allrise.room.server.sheets import Sheets
from allrise.room.server.wording import LANGUAGES, TAGS, Wording, bound, preferred, wording
from allrise.room.service import Aggregates, Service
from allrise.room.snapshots import StatementState

log = logging.getLogger(__name__)

#: Longest body of a form, in bytes; the longest text takes 2,000 characters.
LONGEST_BODY = 64 * 1024
#: Seconds between two looks of a phone for news; each adds up to a third by chance. The stage looks three times as often.
POLL_SECONDS = 3.0
#: How long a phone keeps its token, in days.
COOKIE_DAYS = 60

STATUSES: Mapping[str, int] = {
    "unknown_code": 404, "unknown_question": 404, "unknown_page": 404, "unknown_participant": 403, "not_facilitator": 403,
    "session_locked": 409, "question_closed": 409, "wrong_state": 409, "invalid_answer": 400, "invalid_command": 400,
    "too_large": 413, "too_many": 429, "busy": 503, "disk_full": 507, "read_only": 503, "unavailable": 503, "stopped": 503,
    "csrf": 403, "too_fast": 429, "fault": 500,
}  # fmt: skip

#: Texts that the phone's script says.
SCRIPT_WORDS: Mapping[str, tuple[str, ...]] = {
    "status": (
        "saved", "saved_some", "sending", "kept", "kept_stop", "restored", "offline", "online", "new_question", "now_closed",
        "now_open", "now_locked", "timer", "timer_over",
    ),
    "answer": ("moved",),
    "page": ("pause", "resume", "paused"),
}  # fmt: skip

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "allrise",
}


class BadForm(RoomError):
    """A form that is not from our page, or whose cookie was blocked."""

    code = "csrf"


class TooFast(RoomError):
    """More than one phone may ask for in a moment."""

    code = "too_fast"
    retry = True


class UnknownPage(RoomError):
    """An address that leads nowhere."""

    code = "unknown_page"


def build_templates() -> jinja2.Environment:
    """Return the templates' environment: everything is escaped, and a name that is missing is an error."""
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("allrise.room.server"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Any] = {"percent": percent, "named": named, "segment": segment_name, "pairs": pairs}
    env.filters.update(filters)
    names: dict[str, Any] = {"shown_code": keys.shown_code}
    env.globals.update(names)
    return env


@dataclass(frozen=True)
class Site:
    """What the handlers work with.

    Attributes
    ----------
    service
        The room's.
    assets
        Style, scripts, fonts.
    address
        Where phones reach this machine, without a slash at the end: ``http://192.168.1.20:8800``.
    opinions
        Workings of statement boards.
    poll
        Seconds between two looks of a phone for news.
    """

    service: Service
    assets: Assets
    address: str
    opinions: Opinions
    poll: float = POLL_SECONDS
    templates: jinja2.Environment = field(default_factory=build_templates)
    writes: TokenBuckets = field(default_factory=lambda: TokenBuckets(rate=4, burst=40))
    results: Latest[tuple[str, str], Aggregates | None] = field(init=False)
    boards: Latest[tuple[str, str], tuple[StatementState, ...]] = field(init=False)
    packing: asyncio.Lock = field(default_factory=asyncio.Lock)
    sheets: Sheets = field(default_factory=Sheets)
    polls: TokenBuckets = field(init=False)

    def __post_init__(self) -> None:
        async def results(key: tuple[str, str]) -> Aggregates | None:
            return await self.service.aggregates(*key)

        def board(key: tuple[str, str]) -> Awaitable[tuple[StatementState, ...]]:
            return self.service.board(*key)

        object.__setattr__(self, "polls", TokenBuckets(rate=9 / self.poll, burst=60))
        object.__setattr__(self, "results", Latest(results, meanwhile=lambda _key: None))
        object.__setattr__(self, "boards", Latest(board))


def percent(share: float | None) -> str:
    """Return a share as whole percents, a dash when it is missing."""
    return "–" if share is None else f"{100 * share:.0f}"


def named(value: str, t: Wording, part: str) -> tuple[str, str]:
    """Return a choice and its name in the page's language."""
    return value, t(f"{part}.{value}") if t.has(f"{part}.{value}") else value


def pairs(items: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """Return a quadrant's items two by two."""
    return list(zip(items[::2], items[1::2], strict=True))


def segment_name(segment: str, t: Wording) -> str:
    """Return a country's or a role's name, else the segment as it is."""
    return next((t(f"{part}.{segment}") for part in ("country", "role") if t.has(f"{part}.{segment}")), segment)


def visible(text: str) -> str:
    """Return what someone typed without controls and direction marks, to show it again; joiners of scripts and emoji stay."""
    return "".join(c for c in text if c in "\n\u200c\u200d" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})


@lru_cache(maxsize=8)
def script_words(language: str) -> Mapping[str, str]:
    """Return what the phone's script says in a language."""
    t = wording(language)
    return {key: t(f"{part}.{key}") for part, keys_ in SCRIPT_WORDS.items() for key in keys_}


@lru_cache(maxsize=1)
def language_names() -> Mapping[str, str]:
    """Return each language's own name for itself."""
    return {code: wording(code)("language.name") for code in LANGUAGES}


def clock_time(ms: int) -> str:
    """Return a time of day as people read it, in this machine's time zone: ``10:42``."""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%H:%M")


class Page(RequestHandler):
    """Base of all pages."""

    site: Site
    t: Wording
    purpose = "page"

    def initialize(self, site: Site) -> None:
        self.site = site
        self.t = wording(self._chosen_language())

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        if len(self.request.body) > LONGEST_BODY:
            raise TooLarge("The form is larger than any form of ours.", "Shorten the text.")

    # Language ---------------------------------------------------------------------------------------------------

    def _chosen_language(self) -> str:
        asked = self.get_query_argument("lang", "")
        if asked in LANGUAGES:
            self.set_cookie("lang", asked, path="/", samesite="Lax", expires_days=COOKIE_DAYS, httponly=True)
            return asked
        kept = self.get_cookie("lang", "") or ""
        return kept if kept in LANGUAGES else preferred(self.request.headers.get("Accept-Language", ""))

    def speak(self, language: str) -> None:
        """Answer in another language from here on."""
        self.t = wording(language)

    def wording_of(self, texts: Mapping[str, str]) -> str:
        """Return a session's own text in the page's language."""
        return bound(in_language(texts, self.t.language), self.t.language)

    # Who --------------------------------------------------------------------------------------------------------

    def token_for(self, code: str) -> str:
        """Return the phone's token in this session, blank when it has none of the right form."""
        token = self.get_cookie(f"room_{code}", "") or ""
        return token if keys.is_token(token) else ""

    def give_token(self, code: str) -> str:
        """Return the phone's token, making one when it has none."""
        token = self.token_for(code)
        if not token:
            token = keys.new_token()
            self.set_cookie(f"room_{code}", token, path="/", httponly=True, samesite="Lax", expires_days=COOKIE_DAYS)
        return token

    def check_form(self, token: str) -> None:
        """Refuse a form that another site sent, or whose cookie is gone.

        Raises
        ------
        BadForm
            In both cases.
        """
        site = self.request.headers.get("Sec-Fetch-Site", "same-origin")
        if site not in ("same-origin", "none") or not csrf_holds(
            token, self.purpose, self.get_body_argument("csrf", "")
        ):
            raise BadForm("The form is not from this page.", "Load the page again.")

    def take(self, buckets: TokenBuckets, token: str) -> None:
        """Take one of the phone's allowances.

        Raises
        ------
        TooFast
            When there is none left.
        """
        if not buckets.take(token):
            raise TooFast("Too many requests from this phone.", "Wait a few seconds.")

    # Answers ----------------------------------------------------------------------------------------------------

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "")

    def draw(self, template: str, **values: Any) -> str:
        """Return a page or a part of one."""
        shared: dict[str, Any] = {
            "t": self.t,
            "tag": TAGS[self.t.language],
            "say": self.wording_of,
            "asset": self.site.assets.addresses,
            "languages": language_names(),
            "clock_time": clock_time,
            "csrf": lambda token: csrf_text(token, self.purpose),
            "command_id": keys.new_command_id,
            "here": self.request.path,
            "rest_ms": int(1000 * self.site.poll / 3),
            "words": script_words(self.t.language),
        }
        return self.site.templates.get_template(template).render(shared | values)

    def draw_shared(self, template: str, key: Hashable, token: str, **values: Any) -> str:
        """Return a page that phones share but for their token (see :mod:`.sheets`); ``key`` is all that it shows."""
        sheets = self.site.sheets
        marks: dict[str, Any] = {"csrf": lambda _token: sheets.proof, "command_id": lambda: sheets.command}
        return sheets.filled(
            (template, self.t.language, self.request.path, key),
            lambda: self.draw(template, token=token, **values, **marks),
            csrf_text(token, self.purpose),
        )

    def page(self, template: str, **values: Any) -> None:
        """Answer with a page that is not to be kept anywhere."""
        self.html(self.draw(template, **values))

    def html(self, text: str) -> None:
        """Answer with a drawn page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(text)

    def json(self, value: Mapping[str, Any]) -> None:
        """Answer with JSON."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(value, ensure_ascii=False))

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> Future[None]:
        """Send the answer, and say how long the server had it: what is more was on the way."""
        self.set_header("Server-Timing", f"room;dur={1000 * self.request.request_time():.1f}")
        return super().finish(chunk)

    def tagged(self, etag: str, body: bytes, content_type: str) -> None:
        """Answer with something that may be asked again, and is told "nothing new" when it is the same."""
        self.set_header("ETag", f'"{etag}"')
        self.set_header("Cache-Control", "no-cache")
        if f'"{etag}"' in self.request.headers.get("If-None-Match", ""):
            self.set_status(304)
            self.finish()
            return
        self.set_header("Content-Type", content_type)
        self.finish(body)

    def onward(self, path: str, **query: str) -> None:
        """Send the browser on after a form was taken."""
        self.set_header("Cache-Control", "no-store")
        self.redirect(url_concat(path, query) if query else path, status=303)

    def compute_etag(self) -> None:
        return None  # only tagged() has one

    # Errors -----------------------------------------------------------------------------------------------------

    def error_draft(self) -> str:
        """Return what was typed, so that an error page can give it back."""
        return visible(self.get_body_argument("text", ""))[:4000] if self.request.method == "POST" else ""

    def write_error(self, status_code: int, **given: Any) -> None:
        error = (given.get("exc_info") or (None, None, None))[1]
        code, details = "fault", {}
        if isinstance(error, RoomError):
            code, details = error.code, error.details
        elif isinstance(error, HTTPError):
            code = "unknown_page" if status_code in (404, 405) else "invalid_command"
        if not self.t.has(f"error.{code}"):
            code = "fault"
        status = STATUSES.get(code, 500)
        self.set_status(status)
        if status in (429, 503, 507):
            self.set_header("Retry-After", "5")
        values = {"code": details.get("code", self.path_kwargs.get("code", ""))}
        what, mend = self.t(f"error.{code}", **values), self.t(f"error.{code}_mend", **values)
        if self.wants_json:
            retry = isinstance(error, RoomError) and error.retry
            self.json({"error": code, "what": what, "mend": mend, "retry": retry or code in ("busy", "fault")})
            return
        if isinstance(error, UnknownParticipant) and self.request.method == "GET":
            self.onward(f"/r/{self.path_kwargs.get('code', '')}")
            return
        try:
            draft = self.error_draft()
        except HTTPError:
            draft = ""
        self.page(
            "error.html", what=what, mend=mend, draft=draft, again=self.request.method == "GET",
            code=self.path_kwargs.get("code", "") if not isinstance(error, NotFacilitator) else "",
        )  # fmt: skip

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        if isinstance(value, RoomError | HTTPError):
            log.info("%s %s: %s", self.request.method, self.request.path.split("/")[1:2], value)
        else:
            log.error("a page failed", exc_info=(typ, value, tb))

    def field(self, name: str, longest: int = 8_000) -> str:
        """Return a form's field, blank when it was not sent.

        Raises
        ------
        InvalidCommand, TooLarge
            When it is not text, or longer than any field of ours.
        """
        try:
            value = self.get_body_argument(name, "", strip=False)
        except HTTPError as error:
            raise InvalidCommand("The form holds something that is not text.", "Load the page again.") from error
        if len(value) > longest:
            raise TooLarge("The text is too long.", "Shorten it.")
        return value.strip()

    def fields(self) -> dict[str, list[str]]:
        """Return all fields of the form.

        Raises
        ------
        InvalidCommand
            When one is not text.
        """
        try:
            return {name: self.get_body_arguments(name) for name in self.request.body_arguments}
        except HTTPError as error:
            raise InvalidCommand("The form holds something that is not text.", "Load the page again.") from error


class NotFound(Page):
    """Every address that leads nowhere."""

    def prepare(self) -> None:
        raise UnknownPage("There is no such page.", "Go to the first page.")


class AssetFile(RequestHandler):
    """Style, scripts and fonts, kept by browsers for good: their address changes with their content."""

    def initialize(self, site: Site) -> None:
        self.site = site

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def get(self, name: str) -> None:
        asset = self.site.assets.files.get(name)
        if asset is None:
            self.set_status(404)
            self.finish()
            return
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        if asset.packed and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.set_header("Vary", "Accept-Encoding")
            self.finish(asset.packed)
            return
        self.finish(asset.body)


class Health(RequestHandler):
    """Says that the server is up and its database can be read."""

    def initialize(self, site: Site) -> None:
        self.site = site

    async def get(self) -> None:
        begun = time.monotonic()
        await asyncio.get_running_loop().run_in_executor(None, self.site.service.sessions_now)
        self.set_header("Cache-Control", "no-store")
        self.finish({"up": True, "read_ms": round(1000 * (time.monotonic() - begun), 1)})
