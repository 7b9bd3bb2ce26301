// Keeps the stage fresh. When the room cannot be reached the last good picture stays, without a word.
(() => {
  "use strict";
  const stage = document.getElementById("stage"), code = document.body.dataset.code;
  const pause = +document.body.dataset.rest || 1000;
  let last = "", rest = pause, offset = null;
  const query = () => new URLSearchParams(location.search).toString();
  async function look() {
    try {
      const limit = new AbortController();
      const stop = setTimeout(() => limit.abort(), 5000);
      const response = await fetch(`/stage/${code}/view?${query()}`, { cache: "no-cache", signal: limit.signal });
      clearTimeout(stop);
      if (response.ok) {
        const html = await response.text();
        const date = Date.parse(response.headers.get("Date"));
        if (date) offset = date - Date.now();
        if (html !== last) { last = html; stage.innerHTML = html; tick(); }
        rest = pause;
      } else rest = Math.min(rest * 1.5, 5000);
    } catch { rest = Math.min(rest * 1.5, 5000); }
    setTimeout(look, rest);
  }
  function tick() {
    const timer = document.querySelector(".timer[data-ends]:not([data-ends=''])");
    if (!timer) return;
    const left = Math.max(0, +timer.dataset.ends - Date.now() - (offset || 0));
    timer.querySelector(".left").textContent = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
  }
  function show(view) { const url = new URL(location); url.searchParams.set("view", view); history.replaceState(null, "", url); look(); }
  document.addEventListener("click", event => {
    const link = event.target.closest("[data-view]");
    if (link) { event.preventDefault(); show(new URL(link.href).searchParams.get("view")); }
  });
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const link = document.querySelector(`[data-view="${CSS.escape(event.key)}"]`);
    if (link) show(new URL(link.href).searchParams.get("view"));
    if (event.key.toLowerCase() === "f") { document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => 0); }
  });
  setInterval(tick, 500);
  tick();
  look();
})();
