"""Browsers in a room: each one a person's own, watched for script errors and for requests that leave the machine."""

from urllib.parse import urlsplit

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


#: What dark colours can change about a page that was judged in light ones.
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def axe(page, only=WCAG):
    """Return what axe-core finds on a page, in words."""
    from axe_playwright_python.sync_playwright import Axe

    # Scripts of ours are the only ones the page allows; axe is put in by the debugger, past the policy.
    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]})
    return [f"{v['id']}: {n['html'][:150]}" for v in found.response["violations"] for n in v["nodes"]]


class Visitors:
    """Opens browser contexts and collects their faults."""

    def __init__(self, browser):
        self.browser, self.contexts, self.faults = browser, [], []

    def open(self, width=320, height=640, **options):
        """Return a page in a context of its own."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        context.on("request", self._asked)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", self._said)
        return page

    def close(self):
        """Close them all."""
        for context in self.contexts:
            context.close()

    def _asked(self, request):
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.faults.append(f"asked {request.url}")

    def _said(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(f"console: {message.text}")
