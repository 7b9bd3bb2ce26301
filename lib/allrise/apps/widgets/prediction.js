// A line over the years: drag a point, or use the slider of a year. The first year is told, the others are guessed.
const NS = "http://www.w3.org/2000/svg";
const svg = (tag, attributes) => { const node = document.createElementNS(NS, tag); for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v); return node; };

function render({ model, el }) {
  el.classList.add("ar-predict-line");
  const prefix = `p${Math.random().toString(36).slice(2, 9)}-`, W = 640, H = 300, L = 48, R = 70, T = 16, B = 34;
  const title = document.createElement("h3"), drawing = svg("svg", { viewBox: `0 0 ${W} ${H}`, role: "img" }), sliders = document.createElement("div");
  sliders.className = "sliders";
  title.className = "unseen";
  el.append(title, drawing, sliders);
  const n = () => model.get("years").length;
  const x = i => L + (W - L - R) * (n() > 1 ? i / (n() - 1) : 0);
  const y = v => H - B - (H - T - B) * (v - model.get("low")) / (model.get("high") - model.get("low"));
  const back = py => { const v = model.get("low") + (H - B - py) / (H - T - B) * (model.get("high") - model.get("low")), s = model.get("step"); return Math.min(model.get("high"), Math.max(model.get("low"), Math.round(v / s) * s)); };
  const shown = v => `${Number(v.toFixed(2))}${model.get("unit") === "%" ? "%" : ` ${model.get("unit")}`}`.trim();
  let guess = [...model.get("guess")], held = -1;
  function set(i, v, tell = true) {
    guess[i] = v;
    draw();
    const slider = sliders.querySelector(`[data-i="${i}"]`);
    if (slider) { slider.value = v; slider.setAttribute("aria-valuetext", shown(v)); slider.closest("label").querySelector("output").textContent = shown(v); }
    if (tell) { model.set("guess", [...guess]); model.save_changes(); }
  }
  function draw() {
    const found = model.get("found"), low = model.get("low"), high = model.get("high");
    drawing.replaceChildren();
    const name = svg("title", {});
    name.textContent = `${model.get("title")}. Your line: ${guess.map((v, i) => `${model.get("years")[i]} ${shown(v)}`).join(", ")}.${found.length ? ` ${model.get("found_label")}: ${found.map((v, i) => v == null ? "" : `${model.get("years")[i]} ${shown(v)}`).filter(Boolean).join(", ")}.` : ""}`;
    drawing.append(name);
    for (let k = 0; k <= 4; k++) {
      const v = low + (high - low) * k / 4, text = svg("text", { x: L - 8, y: y(v) + 5, class: "tick", "text-anchor": "end" });
      text.textContent = Number(v.toFixed(1));
      drawing.append(svg("path", { d: `M${L} ${y(v)}H${W - R}`, class: v === 0 ? "zero" : "grid" }), text);
    }
    model.get("years").forEach((year, i) => {
      if (n() > 7 && i % 2 && i !== n() - 1) return;
      const text = svg("text", { x: x(i), y: H - 10, class: "tick", "text-anchor": "middle" });
      text.textContent = year;
      drawing.append(text);
    });
    const line = values => values.map((v, i) => v == null ? "" : `${i && values[i - 1] != null ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("");
    const label = (text, v, css) => { const t = svg("text", { x: x(n() - 1) + 10, y: y(v) + 5, class: `label ${css}` }); t.textContent = text; drawing.append(t); };
    if (found.length) {
      drawing.append(svg("path", { d: line(found), class: "found" }));
      found.forEach((v, i) => { if (v != null) drawing.append(svg("circle", { cx: x(i), cy: y(v), r: 5, class: "found-dot" })); });
    }
    drawing.append(svg("path", { d: line(guess), class: "guess" }));
    guess.forEach((v, i) => drawing.append(svg("circle", { cx: x(i), cy: y(v), r: i ? 9 : 6, class: i ? "handle" : "told", "data-i": i })));
    const last = guess[n() - 1], end = found.length ? found[n() - 1] : null;
    const near = end != null && Math.abs(y(end) - y(last)) < 18;
    label("You", near ? back(y(last) + (y(last) >= y(end) ? 12 : -12)) : last, "you");
    if (end != null) label("Data", near ? back(y(end) - (y(last) >= y(end) ? 12 : -12)) : end, "data");
  }
  function build() {
    title.textContent = model.get("title");
    sliders.replaceChildren(...model.get("years").slice(1).map((year, k) => {
      const i = k + 1, label = document.createElement("label"), input = document.createElement("input"), out = document.createElement("output");
      const text = document.createElement("span");
      text.textContent = year;
      Object.assign(input, { type: "range", min: model.get("low"), max: model.get("high"), step: model.get("step"), value: guess[i], id: `${prefix}${i}` });
      input.dataset.i = i;
      input.setAttribute("aria-valuetext", shown(guess[i]));
      out.textContent = shown(guess[i]);
      input.addEventListener("input", () => set(i, Number(input.value)));
      label.append(text, input, out);
      return label;
    }));
    draw();
  }
  const at = event => { const box = drawing.getBoundingClientRect(); return [(event.clientX - box.left) * W / box.width, (event.clientY - box.top) * H / box.height]; };
  drawing.addEventListener("pointerdown", event => {
    const [px, py] = at(event);
    if (px < L - 10 || py > H - B + 12) return;
    held = Math.max(1, Math.min(n() - 1, Math.round((px - L) / ((W - L - R) / (n() - 1)))));
    drawing.setPointerCapture(event.pointerId);
    set(held, back(py));
  });
  drawing.addEventListener("pointermove", event => { if (held > 0) { const [px, py] = at(event); held = Math.max(1, Math.min(n() - 1, Math.round((px - L) / ((W - L - R) / (n() - 1))))); set(held, back(py)); } });
  drawing.addEventListener("pointerup", () => { held = -1; });
  build();
  model.on("change:found", draw);
  model.on("change:guess", () => { if (JSON.stringify(model.get("guess")) !== JSON.stringify(guess)) { guess = [...model.get("guess")]; build(); } });
  for (const name of ["years", "low", "high", "title", "unit", "given"]) model.on(`change:${name}`, () => { guess = [...model.get("guess")]; build(); });
}
export default { render };
