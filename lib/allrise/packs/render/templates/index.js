// Finds packs as one types; without it the page simply lists all.
(() => {
  const box = document.getElementById("find"), count = document.getElementById("count"), none = document.getElementById("none");
  const rows = [...document.querySelectorAll("[data-find]")], groups = [...document.querySelectorAll(".country")];
  const fold = t => t.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const keys = rows.map(r => fold(r.dataset.find));
  const find = () => {
    const words = fold(box.value).split(/\s+/).filter(Boolean);
    let n = 0;
    rows.forEach((r, i) => { const hit = words.every(w => keys[i].includes(w)); r.hidden = !hit; n += hit; });
    groups.forEach(g => { g.hidden = !g.querySelector("[data-find]:not([hidden])"); });
    count.textContent = `${n} / ${rows.length} ${count.dataset.word}`;
    none.hidden = n > 0;
  };
  box.addEventListener("input", find);
  find();
})();
