"""What is served beside the pages: style, scripts and fonts, and whether the server is up."""

from __future__ import annotations

import asyncio
import time

from tornado.web import RequestHandler

from allrise.room.server.pages import HEADERS
from allrise.room.server.site import Site


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
