// Opens what is folded before printing, and marks the chapter that is being read in the contents list.
(() => {
  const closed = [];
  addEventListener("beforeprint", () => document.querySelectorAll(".ar-reveal:not([open]), .ar-fold:not([open]), .ar-fold .ar-numbers:not([open])").forEach(d => { closed.push(d); d.open = true; }));
  addEventListener("afterprint", () => { closed.splice(0).forEach(d => { d.open = false; }); });
  const links = new Map([...document.querySelectorAll(".contents a")].map(a => [a.hash.slice(1), a]));
  if (!("IntersectionObserver" in window) || !links.size) return;
  const seen = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting) {
      links.forEach(a => { a.classList.remove("here"); a.removeAttribute("aria-current"); });
      const a = links.get(e.target.id);
      if (a) { a.classList.add("here"); a.setAttribute("aria-current", "true"); }
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  document.querySelectorAll(".chapter").forEach(c => seen.observe(c));
})();
