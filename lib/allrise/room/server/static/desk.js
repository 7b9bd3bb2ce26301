// Keys, fresh parts and presses that are not lost, for the facilitator. Every button is a form and works without this.
// The page is never loaded again by itself: a reload at the wrong moment would take a press with it.
(() => {
  "use strict";
  const body = document.body, code = body.dataset.code, main = document.getElementById("main");
  const lost = document.getElementById("lost"), refused = document.getElementById("refused"), pause = document.getElementById("pause"), spoken = document.getElementById("spoken");
  const rest = 2 * body.dataset.rest || 2000, patience = 20000;
  let failures = 0, paused = false, spokenAt = 0, pendingCount = document.querySelectorAll("#pending li").length, next = 0, down = false;

  const pass = ms => new Promise(done => setTimeout(done, ms));
  async function ask(path, options = {}) {
    const limit = new AbortController(), stop = setTimeout(() => limit.abort(), 10000);
    try {
      const response = await fetch(path, { cache: "no-store", signal: limit.signal, ...options });
      return { response, text: response.type === "opaqueredirect" ? "" : await response.text() };
    } finally { clearTimeout(stop); }
  }

  // What is drawn anew: only what differs, never what someone types in, and focus and open parts stay.
  const plain = html => html.replace(/(name="command_id" value=")[^"]*/g, "$1");
  const typing = place => [...place.querySelectorAll("input:not([type=hidden]), textarea")].some(field => field.value !== field.defaultValue) ||
    (place.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));
  const stops = place => [...place.querySelectorAll("a, button, input:not([type=hidden]), select, summary, textarea")];
  const mark = stop => stop.dataset.key || stop.id || stop.name || (stop.form ? [...stop.form.elements].filter(f => f.type === "hidden" && !["csrf", "command_id"].includes(f.name)).map(f => f.value).join(" ") : stop.textContent);
  function renew(place, fresh) {
    if (plain(place.innerHTML) === plain(fresh.innerHTML)) return;
    const folds = [...place.querySelectorAll("details")], fold = (part, i, all) => part.id || i - all.length, open = new Set(folds.map((part, i) => part.open && fold(part, i, folds)));
    const focused = document.activeElement;
    const held = place.contains(focused) && focused !== place, at = held ? stops(place).indexOf(focused) : -1, was = held ? mark(focused) : "";
    place.innerHTML = fresh.innerHTML;
    place.querySelectorAll("details").forEach((part, i, all) => { part.open = open.has(fold(part, i, all)); });
    if (!held) return;
    const now = stops(place), there = now.find(stop => mark(stop) === was) || now[Math.min(at, now.length - 1)] || main;
    there.focus({ preventScroll: true });
  }
  let asked = 0, drawn = 0;
  async function refresh() {
    const mine = ++asked, { response, text } = await ask(location.pathname + location.search);
    if (!response.ok) throw new Error("not now");
    for (let i = 0; down && i < 60; i += 1) await pass(50); // a button that is half pressed is still there when it is let go
    if (mine < drawn) return; // a newer one was drawn
    drawn = mine;
    const fresh = new DOMParser().parseFromString(text, "text/html"), now = [...main.querySelectorAll("section")], then = fresh.querySelectorAll("#main section");
    const kept = now.filter((section, i) => { const stays = typing(section); if (!stays) renew(section, then[i]); return stays; });
    if (!kept.length) body.dataset.version = fresh.body.dataset.version;
  }

  // One press, one command, one after the other. It is sent until the room answers; the command's id makes that safe.
  const under = new Set();
  let turn = Promise.resolve();
  const inTurn = (name, press) => {
    if (under.has(name)) return;
    under.add(name);
    turn = turn.then(press).catch(() => 0).finally(() => under.delete(name));
  };
  async function send(form, fields, name) {
    let done = false, told = null;
    for (let until = Date.now() + patience, wait = 500; ; wait = Math.min(2 * wait, 4000)) {
      try {
        const { response, text } = await ask(form.action, { method: "POST", body: fields, redirect: "manual", keepalive: true, headers: { Accept: "application/json" } });
        done = response.type === "opaqueredirect";
        told = done ? null : JSON.parse(text);
      } catch { told = null; lost.hidden = false; }
      if (done || (told && !told.retry) || Date.now() > until) break;
      await pass(wait);
    }
    if (done) {
      refused.hidden = true;
      form.reset(); // what was typed in it has arrived
      const item = form.closest("#pending li");
      if (item && typing(item.parentElement)) item.remove(); // a reason is being typed for another: the list waits for it
    } else {
      refused.textContent = `${refused.dataset.lead.replace("{what}", name)} ${told ? `${told.what} ${told.mend}` : refused.dataset.silent}`;
      refused.hidden = false;
    }
    for (let tries = 0; tries < 3; tries += 1) {
      try { await refresh(); lost.hidden = true; failures = 0; break; } catch { await pass(500); }
    }
    if (done) spoken.textContent = document.querySelector(".now .did")?.textContent || "";
  }
  const words = button => button ? [...button.childNodes].filter(part => part.nodeType === Node.TEXT_NODE).map(part => part.data).join("").trim() : "";
  const packed = form => new URLSearchParams(new FormData(form));
  document.addEventListener("submit", event => {
    const form = event.target;
    if (!form.action.endsWith("/do")) return;
    event.preventDefault();
    const fields = packed(form);
    inTurn(fields.get("command_id"), () => send(form, fields, words(form.querySelector("button"))));
  });
  // A key waits for what was pressed before it, so that it means what the page then shows.
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase(), button = () => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!button() && !under.size) return;
    event.preventDefault();
    inTurn(key, () => { const now = button(); return now && now.form.reportValidity() ? send(now.form, packed(now.form), words(now)) : 0; });
  });
  document.addEventListener("pointerdown", () => { down = true; });
  for (const up of ["pointerup", "pointercancel"]) document.addEventListener(up, () => setTimeout(() => { down = false; }));

  async function look() {
    clearTimeout(next);
    if (!paused) {
      try {
        const { response, text } = await ask(`/desk/${code}/live${location.search}`);
        if (!response.ok) throw new Error("not now");
        const fresh = document.createElement("template");
        fresh.innerHTML = text;
        for (const part of fresh.content.querySelectorAll("[data-into]")) {
          const place = document.getElementById(part.dataset.into);
          if (!down && !under.size && !typing(place)) renew(place, part);
        }
        const pending = fresh.content.querySelectorAll("[data-into=pending] li").length;
        if (pending > pendingCount && Date.now() - spokenAt > 10000) { spoken.textContent = `${document.getElementById("reading-title").textContent}: ${pending}`; spokenAt = Date.now(); }
        pendingCount = pending;
        if (fresh.content.querySelector("[data-version]").dataset.version !== body.dataset.version && !under.size) await refresh();
        failures = 0;
      } catch { failures += 1; }
      lost.hidden = failures < 3;
    }
    next = setTimeout(look, Math.min(rest * 2 ** Math.min(failures, 3), 15000) + Math.random() * rest / 4);
  }
  pause.hidden = false;
  pause.addEventListener("click", () => { paused = !paused; pause.textContent = paused ? pause.dataset.resume : pause.dataset.pause; if (!paused) look(); });
  setInterval(() => {
    const timer = document.querySelector(".timer[data-running=yes]");
    if (!timer) return;
    timer.ends = timer.ends || Date.now() + +timer.dataset.left;
    const left = Math.max(0, timer.ends - Date.now());
    timer.querySelector(".left").textContent = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
  }, 500);
  next = setTimeout(look, rest);
})();
