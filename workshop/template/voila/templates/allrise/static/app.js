// The page's own script: takes the shape away when the first widget is there, and says in one line when the connection is lost.
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
  const say = (text, again) => {
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
})();
