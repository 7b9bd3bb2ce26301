"""What every page shares: language, security headers, cookies, limits, and one page for every error."""

from __future__ import annotations

import json
import logging
from asyncio import Future
from collections.abc import Hashable, Mapping
from typing import Any

from tornado.httputil import url_concat
from tornado.web import HTTPError, RequestHandler

from allrise.room import keys
from allrise.room.definition import in_language
from allrise.room.errors import InvalidCommand, NotFacilitator, RoomError, TooLarge, UnknownParticipant
from allrise.room.server.forms import csrf_holds, csrf_text
from allrise.room.server.limits import TokenBuckets
from allrise.room.server.refusals import STATUSES, BadForm, TooFast, UnknownPage
from allrise.room.server.site import Site
from allrise.room.server.templating import clock_time, language_names, script_words, visible
from allrise.room.server.wording import LANGUAGES, TAGS, Wording, bound, preferred, wording

log = logging.getLogger(__name__)

#: Longest body of a form, in bytes; the longest text takes 2,000 characters.
LONGEST_BODY = 64 * 1024

#: How long a phone keeps its token, in days.
COOKIE_DAYS = 60

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
