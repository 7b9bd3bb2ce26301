// The page's own script: takes the shape away when the first widget is there, and says in one line when the connection is lost.
// The stage says nothing of the kind to the hall: it keeps its picture, and loads itself again when its kernel is gone.
(() => {
  "use strict";
  const shape = document.getElementById("shape"), lost = document.getElementById("lost");
  const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const places = [...document.querySelectorAll(".widget-place")];
  const done = () => {
    const waiting = places.filter(place => !place.querySelector(".jupyter-widgets, .lm-Widget"));
    for (const place of places) if (!waiting.includes(place)) place.classList.add("here");
    if (waiting.length) return false;
    shape.remove();
    document.documentElement.dataset.ready = "yes";
    performance.mark("allrise-ready");
    return true;
  };
  shape.classList.add("small");
  if (!done()) {
    const observer = new MutationObserver(() => { if (done()) observer.disconnect(); });
    observer.observe(document.getElementById("content"), { childList: true, subtree: true });
  }
  // One look every five seconds at the page's own kernel: gone, out of reach, or fine.
  let failures = 0, gone = false;
  const stage = document.documentElement.classList.contains("stage");
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
      else say("");
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
