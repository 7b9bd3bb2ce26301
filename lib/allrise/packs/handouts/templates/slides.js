(() => {
  const root = document.documentElement;
  const slides = [...document.querySelectorAll(".slide")];
  const say = document.getElementById("say");
  const notes = document.getElementById("notes");
  const find = () => Math.max(0, slides.findIndex((s) => "#" + s.id === location.hash));
  let now = find();
  const show = (to, focus) => {
    now = Math.min(slides.length - 1, Math.max(0, to));
    slides.forEach((s, i) => s.classList.toggle("now", i === now));
    if (location.hash !== "#" + slides[now].id) history.replaceState(null, "", "#" + slides[now].id);
    say.textContent = say.dataset.words.replace("{page}", now + 1).replace("{pages}", slides.length);
    if (focus) slides[now].focus({ preventScroll: true });
    scrollTo(0, 0);
  };
  const note = () => notes.setAttribute("aria-pressed", String(root.classList.toggle("noting")));
  const keys = {
    ArrowRight: () => show(now + 1, true), PageDown: () => show(now + 1, true), ArrowDown: () => show(now + 1, true),
    ArrowLeft: () => show(now - 1, true), PageUp: () => show(now - 1, true), ArrowUp: () => show(now - 1, true),
    Home: () => show(0, true), End: () => show(slides.length - 1, true),
    n: note, p: () => { root.classList.toggle("showing"); show(now); },
    f: () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen && root.requestFullscreen()),
  };
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const button = e.target.closest && e.target.closest("button");
    if (button && (e.key === " " || e.key === "Enter")) return;
    const act = e.key === " " ? () => show(now + (e.shiftKey ? -1 : 1), true) : keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
    if (act && (root.classList.contains("showing") || e.key.toLowerCase() === "p")) { e.preventDefault(); act(); }
  });
  document.getElementById("next").addEventListener("click", () => show(now + 1));
  document.getElementById("back").addEventListener("click", () => show(now - 1));
  notes.addEventListener("click", note);
  addEventListener("hashchange", () => show(find()));
  root.classList.add("showing");
  show(now);
})();
