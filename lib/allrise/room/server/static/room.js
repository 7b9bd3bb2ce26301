// Makes the phone's forms pleasant. Everything works without it: forms are sent by their buttons.
// What was typed is kept on the phone until the room has said that it is saved.
(() => {
  "use strict";
  const body = document.body, code = body.dataset.code, question = body.dataset.question;
  const words = JSON.parse(body.dataset.words || "{}");
  const $ = id => document.getElementById(id);
  const say = (key, values = {}) => Object.entries(values).reduce((text, [k, v]) => text.replaceAll(`{${k}}`, v), words[key] || "");
  const time = ms => new Date(ms).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

  // Storage that may be switched off.
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)) } catch { return null } },
    set(key, value) { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, JSON.stringify(value)) } catch { /* kept in the page only */ } },
  };
  const OUT = `allrise.out.${code}`, TEXT = `allrise.text.${code}.${question}`, COUNT = `allrise.count.${code}`;
  let outbox = store.get(OUT) || {};
  const keep = () => store.set(OUT, Object.keys(outbox).length ? outbox : null);

  // Words for eyes at once; for ears politely, at most every ten seconds.
  const status = $("status"), spoken = $("spoken");
  let lastSpoken = 0, toSpeak = 0;
  function tell(text, kept = false) {
    if (status) { status.textContent = text; status.classList.toggle("kept", kept); }
    speak(text);
  }
  function speak(text) {
    clearTimeout(toSpeak);
    toSpeak = setTimeout(() => { spoken.textContent = text; lastSpoken = Date.now(); }, Math.max(300, lastSpoken + 10000 - Date.now()));
  }
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), b => b.toString(16).padStart(2, "0")).join("");
  function revision(least) {
    const next = Math.max(Date.now(), (store.get(COUNT) || 0) + 1, (least || 0) + 1);
    store.set(COUNT, next);
    return next;
  }
  function packed(form, button) {
    const data = new FormData(form);
    if (button && button.name) data.append(button.name, button.value);
    data.set("command_id", random());
    const counter = form.querySelector("[data-revision]");
    if (counter) data.set("revision", revision(+counter.dataset.revision));
    return new URLSearchParams(data).toString();
  }

  // One thing after the other is sent until the room has it.
  let sending = false, wait = 1000, again = 0;
  function put(key, form, button) {
    outbox[key] = { url: form.action, body: packed(form, button), part: form.dataset.part || "", question };
    keep();
    wait = 1000;
    flush();
  }
  async function flush() {
    clearTimeout(again);
    if (sending) return;
    const key = Object.keys(outbox)[0];
    if (!key) return;
    const entry = outbox[key];
    sending = true;
    const patience = setTimeout(() => { if (sending) tell(say("sending")); }, 400);
    let done = false, answer = null;
    try {
      const limit = new AbortController();
      const stop = setTimeout(() => limit.abort(), 10000);
      const response = await fetch(entry.url, {
        method: "POST", body: entry.body, signal: limit.signal, cache: "no-store",
        headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      });
      clearTimeout(stop);
      answer = await response.json();
      done = response.ok || !answer.retry;
      if (done && outbox[key] && outbox[key].body === entry.body) { delete outbox[key]; keep(); }
      if (response.ok) { saved(entry, answer, key); wait = 1000; }
      else if (!answer.retry) refused(entry, answer);
    } catch { /* no connection: the entry stays */ }
    clearTimeout(patience);
    sending = false;
    if (!done) {
      tell(say("kept"), true);
      again = setTimeout(flush, wait + Math.random() * 500);
      wait = Math.min(wait * 2, 30000);
    } else if (Object.keys(outbox).length) flush();
  }
  function saved(entry, answer, key) {
    if (entry.question !== question) return;
    if (key.startsWith("write")) store.set(TEXT, null);
    if (entry.part && answer.html !== undefined) {
      const place = $(entry.part);
      if (place) {
        place.innerHTML = answer.html;
        const focus = place.querySelector("#said, #sent");
        if (focus) { focus.tabIndex = -1; focus.focus({ preventScroll: entry.part === "vote" }); }
        if (entry.part === "mine") { const text = $("text"); if (text) text.value = ""; document.querySelectorAll("#write :checked").forEach(box => { box.checked = false; }); }
      }
    }
    tell(answer.total > 1 ? say("saved_some", { time: time(answer.at), n: answer.answered, total: answer.total }) : answer.at ? say("saved", { time: time(answer.at) }) : "");
  }
  function refused(entry, answer) {
    if (entry.question === question) tell(say("kept_stop", { reason: `${answer.what} ${answer.mend}` }), true);
    if (entry.part === "" && entry.question === question) store.set(`allrise.draft.${code}.${question}`, entry.body);
  }

  // Answers save themselves.
  const answers = $("answer");
  if (answers) {
    let soon = 0;
    const later = () => { clearTimeout(soon); soon = setTimeout(() => put(`save:${question}`, answers), 500); };
    answers.addEventListener("change", event => {
      const options = event.target.closest("[data-most]");
      if (options && options.querySelectorAll(":checked").length > +options.dataset.most) { event.target.checked = false; return; }
      tell(say("sending"));
      later();
    });
    answers.addEventListener("submit", event => {
      event.preventDefault();
      const button = event.submitter;
      if (button && button.name === "move") { move(button); later(); return; }
      clearTimeout(soon);
      if (button && button.name === "clear") answers.querySelectorAll(":checked").forEach(input => { input.checked = false; });
      put(`save:${question}`, answers, button);
    });
    addEventListener("pagehide", () => { if (soon) { clearTimeout(soon); } });
    const mine = outbox[`save:${question}`] ? outbox[`save:${question}`].body : store.get(`allrise.draft.${code}.${question}`);
    if (mine && body.dataset.open === "yes") {
      fill(new URLSearchParams(mine));
      store.set(`allrise.draft.${code}.${question}`, null);
      if (!outbox[`save:${question}`]) put(`save:${question}`, answers);
      tell(say("restored"), true);
    }
  }
  function fill(values) {
    const order = values.getAll("order"), list = $("order");
    if (list && order.length) order.forEach(name => { const row = [...list.children].find(li => li.dataset.name === name); if (row) list.append(row); });
    answers.querySelectorAll("input[type=radio], input[type=checkbox]").forEach(input => { input.checked = values.getAll(input.name).includes(input.value); });
    ends();
  }
  function move(button) {
    const row = button.closest("li"), up = button.value.endsWith(":up");
    const other = up ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    up ? other.before(row) : other.after(row);
    ends();
    document.querySelectorAll(".moved").forEach(one => one.classList.remove("moved"));
    row.classList.add("moved");
    (button.disabled ? row.querySelector("button:not(:disabled)") : button).focus();
    speak(say("moved", { option: row.dataset.label, n: [...row.parentNode.children].indexOf(row) + 1 }));
  }
  function ends() {
    const list = $("order");
    if (!list) return;
    [...list.children].forEach((row, at) => {
      const [up, down] = row.querySelectorAll("button");
      up.disabled = at === 0;
      down.disabled = at === list.children.length - 1;
    });
  }

  // Votes and texts.
  document.addEventListener("submit", event => {
    const form = event.target;
    if (!form.dataset.part) return;
    event.preventDefault();
    if (form.dataset.part === "vote") form.querySelectorAll("button").forEach(button => { button.setAttribute("aria-disabled", "true"); });
    const id = form.dataset.part === "vote" ? `vote:${question}:${form.elements.statement.value}` : `write:${question}:${random()}`;
    put(id, form, event.submitter);
  });
  const text = $("text");
  if (text) {
    const draft = store.get(TEXT);
    if (draft && !text.value) { text.value = draft; tell(say("restored")); }
    text.addEventListener("input", () => store.set(TEXT, text.value || null));
  }

  // News: asked for every few seconds, offered, never forced.
  let version = +body.dataset.version, shown = body.dataset.shown === "yes", board = +body.dataset.board;
  let open = body.dataset.open === "yes", current = null, lost = 0, next = 0;
  const poll = 1000 * (+body.dataset.poll || 3);
  const pause = $("pause"), news = $("news");
  let paused = sessionStorage.getItem("allrise.paused") === "yes";
  async function look() {
    clearTimeout(next);
    if (!paused) {
      try {
        const response = await fetch(`/r/${code}/news`, { cache: "no-cache" });
        if (!response.ok) throw new Error("not now");
        heard(await response.json());
        if (lost > 1) tell(say("online"));
        lost = 0;
        if (Object.keys(outbox).length) flush();
      } catch {
        lost += 1;
        if (lost === 2) tell(say("offline"), true);
      }
    }
    const rest = poll * (document.hidden ? 4 : 1) * 2 ** Math.min(lost, 3);
    next = setTimeout(look, Math.min(rest, 30000) + Math.random() * poll / 3);
  }
  async function part(name) {
    const place = $(name);
    if (!place || place.contains(document.activeElement)) { askAgain(); return; }
    const response = await fetch(`/r/${code}/q/${question}/part/${name}`, { cache: "no-store" });
    if (response.ok) place.innerHTML = await response.text();
    askAgain();
  }
  // Results that were still being worked out are asked for once more.
  let soonAgain = 0;
  function askAgain() {
    clearTimeout(soonAgain);
    if (document.querySelector("#results [data-again]")) soonAgain = setTimeout(() => part("results").catch(() => 0), (1 + Math.random()) * poll / 2);
  }
  function heard(said) {
    const live = said.open.includes(question) && !said.locked;
    if (!question) { if (said.open.length) location.replace(`/r/${code}/now`); return; }
    const elsewhere = said.current && said.current !== question && said.open.includes(said.current);
    if (elsewhere && current !== said.current) { $("news-text").textContent = say("new_question"); news.hidden = false; speak(say("new_question")); }
    if (!elsewhere) news.hidden = true;
    current = said.current;
    if (live !== open) { open = live; tell(said.locked ? say("now_locked") : live ? say("now_open") : say("now_closed"), !live); if (live && body.dataset.open !== "yes") location.reload(); }
    if (said.shown.includes(question) && (!shown || said.version !== version)) part("results").catch(() => 0);
    shown = said.shown.includes(question);
    if (question in said.boards && said.boards[question] !== board) {
      board = said.boards[question];
      if (document.querySelector("#mine li")) part("mine").catch(() => 0); // what became of one's own
      if (!document.querySelector("#vote form")) part("vote").catch(() => 0);
    }
    version = said.version;
    const timer = $("timer");
    if (timer) { timer.dataset.left = said.timer.left; timer.dataset.running = said.timer.running ? "yes" : "no"; began = Date.now(); }
  }
  if (pause) {
    pause.hidden = false;
    const label = () => { pause.textContent = say(paused ? "resume" : "pause"); };
    label();
    pause.addEventListener("click", () => { paused = !paused; sessionStorage.setItem("allrise.paused", paused ? "yes" : "no"); label(); tell(paused ? say("paused") : ""); if (!paused) look(); });
  }
  let began = Date.now();
  setInterval(() => {
    const timer = $("timer");
    if (!timer || timer.dataset.running !== "yes") return;
    const left = Math.max(0, +timer.dataset.left - (Date.now() - began));
    timer.textContent = left ? say("timer", { time: `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}` }) : say("timer_over");
  }, 1000);
  addEventListener("online", () => { wait = 1000; flush(); look(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { flush(); look(); } });
  flush();
  askAgain();
  next = setTimeout(look, (1 + Math.random()) * poll / 3);
})();
