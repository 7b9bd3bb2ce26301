"""The server's own pages: the queue, an opening that failed, and the check of the network. Plain HTML, no other host."""

from __future__ import annotations

from markupsafe import escape

STYLE = "/voila/templates/allrise/static"


def page(title: str, body: str, *, head: str = "") -> str:
    """Return a whole page; ``body`` and ``head`` are our own markup."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · allrise</title><link rel="icon" href="data:,"><link rel="stylesheet" href="{STYLE}/theme.css">'
        f'<link rel="stylesheet" href="{STYLE}/app.css">{head}</head><body><main class="plain"><h1>{escape(title)}</h1>{body}</main></body></html>'
    )


def queue_page(ahead: int, ticket: str) -> str:
    """Return the page of someone who waits: it asks by itself, and goes on when it is their turn."""
    people = "You are next." if ahead == 0 else f"{ahead} {'person is' if ahead == 1 else 'people are'} before you."
    body = (
        f'<p class="lead" id="place" role="status">{people}</p><p>Many open this at once. The page goes on by itself; you lose nothing by waiting.</p>'
        "<noscript><p>Load this page again in a few seconds.</p></noscript>"
        f'<script>(() => {{ const place = document.getElementById("place"); let last = "";'
        f'async function ask() {{ try {{ const r = await fetch("/place?ticket={escape(ticket)}", {{ cache: "no-store" }}); const v = await r.json();'
        "if (v.go) { location.reload(); return; }"
        'const text = v.ahead ? `${v.ahead} ${v.ahead === 1 ? "person is" : "people are"} before you.` : "You are next."; if (text !== last) { place.textContent = last = text; }'
        '} catch { place.textContent = "Connection lost. Check the wifi; this page goes on by itself."; } setTimeout(ask, 1200 + Math.random() * 600); } setTimeout(ask, 900); })();</script>'
    )
    return page("One moment", body)


#: What ends a page that could not be finished in time; the visitor sees it and can try again.
UNFINISHED = (
    '<p class="failed" role="alert">This page could not be put together in time. <a href="">Load it again.</a></p>'
    "<script>document.getElementById('shape')?.remove()</script></div></main></body></html>"
)

FOR_FACILITATORS = page(
    "For the facilitator",
    '<p class="lead">Open the console\'s address as allrise serve printed it.</p><p><a class="button" href="/voila/render/home.ipynb">Go to the first page</a></p>',
)


def check_page(room: str, seen: int) -> str:
    """Return the page that shows whether browsers on this network reach the workshop.

    Parameters
    ----------
    room
        Address at which phones join, blank when no room runs.
    seen
        Devices that opened this page in the last ten minutes.
    """
    where = (
        f'<li><span data-step="room">Open <a href="{escape(room)}/">{escape(room)}</a> on a phone: it asks for the code.</span></li>'
        if room
        else ""
    )
    body = (
        '<p class="lead">Open this page on the projector\'s machine and on a phone in the hall before people come.</p>'
        '<ol class="checks"><li>This page arrived: <strong>yes</strong></li>'
        '<li>Scripts run: <strong id="scripts">no. Turn scripts on, or use the phone pages.</strong></li>'
        '<li>A live line stays open: <strong id="socket">…</strong></li>'
        '<li>A big file comes quickly: <strong id="speed">…</strong></li>'
        f"{where}</ol>"
        f'<p id="verdict" role="status"></p><p class="ar-quiet-line">{seen} {"device" if seen == 1 else "devices"} opened this page in the last ten minutes.</p>'
        "<p>If a phone cannot open it: is it in the same wifi? Do guests of this wifi see each other (“client isolation” off)? "
        "Does the laptop's firewall let port 8800 and 8801 in? If nothing helps, a phone's own hotspot carries about ten people.</p>"
        """<script>(async () => {
const set = (id, text) => { document.getElementById(id).textContent = text; };
set("scripts", "yes");
const line = await new Promise(done => { const s = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/check/line`); const late = setTimeout(() => done("no. A proxy or firewall cuts it; the phone pages work without."), 5000); s.onopen = () => s.send("here"); s.onmessage = () => { clearTimeout(late); s.close(); done("yes"); }; s.onerror = () => { clearTimeout(late); done("no. A proxy or firewall cuts it; the phone pages work without."); }; });
set("socket", line);
const begun = performance.now(); let bytes = 0;
try { const r = await fetch(`/check/load?${Math.random()}`, { cache: "no-store" }); bytes = (await r.arrayBuffer()).byteLength; } catch { }
const seconds = (performance.now() - begun) / 1000;
set("speed", bytes ? `${(bytes / 1e6 / seconds).toFixed(1)} MB a second${bytes / seconds < 4e5 ? ": slow; let few open the apps, the others the phone pages" : ""}` : "no");
set("verdict", line === "yes" && bytes ? "Everything the workshop needs works from here." : "Not everything works from here; see above.");
})();</script>"""
    )
    return page("Does it reach you?", body)
