// The page's own script: takes the shape away when the widgets are there, and says in one line when the connection is lost.
// The stage says nothing of the kind to the hall: it keeps its picture, and loads itself again when its kernel is gone.
(() => {
  "use strict";
  const shape = document.getElementById("shape"), lost = document.getElementById("lost");
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const places = [...document.querySelectorAll(".widget-place")];
  const stage = document.documentElement.classList.contains("stage");
  let failures = 0, gone = false;
  const done = () => {
    // A place holds the front end's frame first, and the widget in it later; a frame with words in it only says what went wrong.
    const waiting = places.filter(place => !place.querySelector(".lm-Panel > .lm-Widget, .lm-Panel > .jupyter-widgets"));
    for (const place of places) if (!waiting.includes(place)) place.classList.add("here");
    if (waiting.some(place => place.textContent.trim().startsWith("Error displaying widget"))) return astray();
    if (waiting.length) return false;
    shape.remove();
    document.documentElement.dataset.ready = "yes";
    performance.mark("allrise-ready");
    try { sessionStorage.removeItem(mark); } catch { /* private windows have no memory */ }
    return true;
  };
  // The front end did not find a widget that the page's kernel has: loading again finds it. Once by itself, then by a button.
  const mark = `astray ${location.pathname}`;
  const astray = () => {
    let before = "once";
    try { before = sessionStorage.getItem(mark); sessionStorage.setItem(mark, "once"); } catch { /* as above */ }
    if (!before) location.reload();
    else { gone = true; shape.remove(); say("A part of this page did not come.", true); }
    return true;
  };
  shape.classList.add("small");
  if (!done()) {
    const observer = new MutationObserver(() => { if (done()) observer.disconnect(); });
    observer.observe(document.getElementById("content"), { childList: true, subtree: true });
  }
  // One look every five seconds at the page's own kernel: gone, out of reach, or fine.
  const say = (text, again) => {
    if (stage) { if (again) location.reload(); return; }
    if (lost.dataset.said === text) return;
    lost.dataset.said = text;
    lost.textContent = text;
    if (again) {
      const button = document.createElement("button");
      button.textContent = "Load again";
      button.addEventListener("click", () => location.reload());
      lost.append(" ", button);
    }
    lost.hidden = !text;
  };
  async function look() {
    try {
      const limit = new AbortController(), stop = setTimeout(() => limit.abort(), 4000);
      const response = await fetch(`${config.baseUrl}api/kernels/${config.kernelId}`, { cache: "no-store", signal: limit.signal });
      clearTimeout(stop);
      failures = 0;
      if (response.status === 404) { gone = true; say("This page rested too long and was put away. What you saved is kept.", true); }
      else if (!gone) say("");
    } catch {
      failures += 1;
      if (failures > 1) say("Connection lost. Check the wifi; this page goes on by itself when it is back.");
    }
    if (!gone) setTimeout(look, failures ? 3000 : 5000);
  }
  setTimeout(look, 5000);
  if (!stage) return;
  // What is too tall for the stage is set smaller, down to six tenths; beyond that it can be scrolled.
  let asked = 0;
  const fit = () => {
    asked = 0;
    const main = document.querySelector(".ar-stage > .widget-vbox"), root = document.documentElement;
    if (!main || innerWidth <= 860) { root.style.removeProperty("--fit"); return; }
    for (let size = 1; size > 0.59; size -= 0.04) {
      root.style.setProperty("--fit", size.toFixed(2));
      if (main.scrollHeight <= main.clientHeight + 1) return;
    }
  };
  const soon = () => { asked ||= requestAnimationFrame(fit); };
  new MutationObserver(news => { if (news.some(({ target }) => !(target.nodeType === 1 ? target : target.parentElement)?.closest(".stage-corner"))) soon(); })
    .observe(document.getElementById("content"), { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["class"] });
  addEventListener("resize", soon);
  document.fonts?.ready.then(soon);
})();
