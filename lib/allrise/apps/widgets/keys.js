// Keys for the facilitator, and a clock that counts down in the browser: no message a second.
function render({ model, el }) {
  el.hidden = true;
  const down = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === model.get("fullscreen")) { document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => 0); return; }
    if (key.startsWith("Arrow") && event.target.closest?.("[role=slider], input")) return;
    if (model.get("wanted").includes(key)) { event.preventDefault(); model.send({ key }); }
  };
  let ends = 0;
  const set = () => { const [left] = model.get("timer"); ends = left ? Date.now() + left : 0; };
  const tick = () => {
    if (!ends) return;
    const left = Math.max(0, ends - Date.now());
    for (const place of document.querySelectorAll("[data-clock]")) place.textContent = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
  };
  set();
  model.on("change:timer", set);
  document.addEventListener("keydown", down);
  const clock = setInterval(tick, 500);
  return () => { document.removeEventListener("keydown", down); clearInterval(clock); };
}
export default { render };
