// Keys and fresh counts for the facilitator. Every button is a form and works without this.
(() => {
  "use strict";
  const body = document.body, code = body.dataset.code, lost = document.getElementById("lost"), pause = document.getElementById("pause");
  const rest = 2 * body.dataset.rest || 2000;
  let failures = 0, paused = false, spokenAt = 0, pendingCount = document.querySelectorAll("#pending li").length, next = 0;
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input, textarea, select")) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });
  // One press, one command: a second press before the answer is not sent.
  document.addEventListener("submit", event => { if (event.target.dataset.sent) event.preventDefault(); event.target.dataset.sent = "yes"; setTimeout(() => delete event.target.dataset.sent, 5000); });
  async function look() {
    clearTimeout(next);
    if (!paused) {
      try {
        const response = await fetch(`/desk/${code}/live${location.search}`, { cache: "no-store" });
        if (!response.ok) throw new Error("not now");
        const fresh = document.createElement("template");
        fresh.innerHTML = await response.text();
        for (const part of fresh.content.querySelectorAll("[data-into]")) {
          const place = document.getElementById(part.dataset.into);
          const busy = place.contains(document.activeElement) || [...place.querySelectorAll("input:not([type=hidden])")].some(field => field.value) || place.querySelector("details[open]");
          if (!busy && place.innerHTML !== part.innerHTML) place.innerHTML = part.innerHTML;
        }
        const pending = fresh.content.querySelectorAll("[data-into=pending] li").length;
        if (pending > pendingCount && Date.now() - spokenAt > 10000) { document.getElementById("spoken").textContent = `${document.getElementById("reading-title").textContent}: ${pending}`; spokenAt = Date.now(); }
        pendingCount = pending;
        const version = fresh.content.querySelector("[data-version]").dataset.version;
        const typing = [...document.querySelectorAll("textarea, input[name=reason]")].some(field => field.value);
        if (version !== body.dataset.version && !typing && !document.activeElement.closest("input, textarea")) { location.reload(); return; }
        failures = 0;
      } catch { failures += 1; }
      lost.hidden = failures < 3;
    }
    next = setTimeout(look, Math.min(rest * 2 ** Math.min(failures, 3), 15000) + Math.random() * rest / 4);
  }
  pause.hidden = false;
  pause.addEventListener("click", () => { paused = !paused; pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause; if (!paused) look(); });
  const timer = document.querySelector(".timer[data-running=yes]"), began = Date.now();
  if (timer) setInterval(() => { const left = Math.max(0, +timer.dataset.left - (Date.now() - began)); timer.querySelector(".left").textContent = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`; }, 500);
  next = setTimeout(look, rest);
})();
