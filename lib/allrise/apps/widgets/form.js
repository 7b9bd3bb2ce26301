// Native inputs in fieldsets; every text is set as text. One message a change.
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter(c => c != null && c !== ""));
  return node;
};

function render({ model, el: root }) {
  root.classList.add("ar-form");
  const prefix = `f${Math.random().toString(36).slice(2, 9)}-`;
  const body = el("div", { class: "body" }), status = el("p", { class: "status", role: "status", "aria-live": "polite" });
  root.append(body, status);
  let own = { ...model.get("values") };
  const send = values => {
    Object.assign(own, values);
    model.set("values", { ...own });
    model.save_changes();
    model.send({ event: "change", values });
  };
  const word = (name, fallback = "") => model.get("words")[name] ?? fallback;

  const legend = (item, quiet) => el("legend", { class: quiet ? "unseen" : "" }, el("strong", {}, item.label ?? ""), item.detail ? el("span", { class: "detail" }, item.detail) : "");
  const radios = (name, options, chosen, css) => {
    const box = el("div", { class: `scale ${css}` });
    for (const [value, text, spoken] of options) {
      const input = el("input", { type: "radio", name: prefix + name, value: String(value) });
      input.checked = chosen === value;
      input.addEventListener("change", () => send({ [name]: value }));
      box.append(el("label", {}, input, el("span", {}, text), spoken ? el("span", { class: "unseen" }, spoken) : ""));
    }
    return box;
  };
  const kinds = {
    rating(item) {
      const options = [1, 2, 3, 4, 5].map(v => [v, String(v), v === 1 ? `, ${word("low")}` : v === 5 ? `, ${word("high")}` : ""]);
      return el("fieldset", { class: "item" }, legend(item), radios(item.name, options, own[item.name], "five"),
        el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, word("low")), el("span", {}, word("high"))));
    },
    contrast(item) {
      const strength = ["strongly", "clearly", "rather", "in the middle", "rather", "clearly", "strongly"];
      const options = strength.map((s, i) => [i + 1, "", i < 3 ? `${s}: ${item.left}` : i > 3 ? `${s}: ${item.right}` : s]);
      return el("fieldset", { class: "item" }, legend({ label: `${item.left} / ${item.right}` }, true),
        el("p", { class: "poles", "aria-hidden": "true" }, el("span", {}, item.left), el("span", {}, item.right)),
        radios(item.name, options, own[item.name], "seven"));
    },
    quadrant(item) {
      const two = (dimension, name, first, second) => el("fieldset", { class: "pair" }, el("legend", { class: "unseen" }, name),
        radios(`${item.name}/${dimension}`, [[1, first], [2, second]], own[`${item.name}/${dimension}`], "two"));
      return el("fieldset", { class: "item" }, legend(item),
        el("div", { class: "pairs" }, two("ease", "Is it easy or hard?", "Easy", "Hard"), two("place", "Is it in place?", "In place", "Not yet")));
    },
  };

  kinds.range = item => {
    const id = prefix + item.name, out = el("output", { for: id }), input = el("input", { type: "range", id, min: item.low, max: item.high, step: item.step ?? 1 });
    const shown = () => `${input.value}${item.unit ?? ""}`;
    input.value = own[item.name] ?? item.start ?? item.low;
    out.textContent = shown();
    input.setAttribute("aria-valuetext", shown());
    input.addEventListener("input", () => { out.textContent = shown(); input.setAttribute("aria-valuetext", shown()); });
    input.addEventListener("change", () => send({ [item.name]: Number(input.value) }));
    return el("div", { class: "item ranged" }, el("label", { for: id }, el("strong", {}, item.label), item.detail ? el("span", { class: "detail" }, item.detail) : ""), el("span", { class: "row" }, input, out));
  };

  function choice() {
    const several = model.get("settings").most !== 1;
    const set = el("fieldset", { class: "item" }, legend({ label: model.get("legend") }, true));
    for (const item of model.get("items")) {
      const input = el("input", { type: several ? "checkbox" : "radio", name: `${prefix}choice`, value: item.name });
      input.checked = own[item.name] === 1;
      input.addEventListener("change", () => {
        const values = {};
        for (const other of set.querySelectorAll("input")) values[other.value] = other.checked ? 1 : 0;
        send(values);
      });
      set.append(el("label", { class: "option" }, input, el("span", {}, item.label, item.detail ? el("span", { class: "detail" }, item.detail) : "")));
    }
    return set;
  }

  function rank() {
    const list = el("ol", { class: "ranking" });
    const names = model.get("items").map(i => i.name).sort((a, b) => (own[a] ?? 99) - (own[b] ?? 99));
    const labels = Object.fromEntries(model.get("items").map(i => [i.name, i.label]));
    const draw = focus => {
      list.replaceChildren(...names.map((name, place) => {
        const move = (step, text) => {
          const button = el("button", { type: "button", disabled: names[place + step] === undefined, "data-move": `${name}${step}`, "aria-label": `Move ${labels[name]} ${text}` }, step < 0 ? "↑" : "↓");
          button.addEventListener("click", () => {
            [names[place], names[place + step]] = [names[place + step], names[place]];
            draw(`${name}${step}`);
            send(Object.fromEntries(names.map((n, i) => [n, i + 1])));
          });
          return button;
        };
        return el("li", {}, el("span", {}, labels[name]), el("span", { class: "moves" }, move(-1, "up"), move(1, "down")));
      }));
      const again = focus && list.querySelector(`[data-move="${CSS.escape(focus)}"]`);
      if (again) (again.disabled ? again.parentElement.querySelector("button:not(:disabled)") : again).focus();
    };
    draw();
    return list;
  }

  function text() {
    const settings = model.get("settings"), longest = settings.longest ?? 280, set = el("fieldset", { class: "item writing" }, legend({ label: model.get("legend") }, true));
    const fields = settings.fields ?? [{ name: "text", label: settings.label ?? "Your words", rows: 3 }];
    const inputs = fields.map(field => {
      const input = field.rows ? el("textarea", { id: prefix + field.name, rows: field.rows, maxlength: field.longest ?? longest }) : el("input", { id: prefix + field.name, type: "text", maxlength: field.longest ?? longest });
      input.value = own[field.name] ?? "";
      input.addEventListener("input", () => { own[field.name] = input.value; });
      set.append(el("label", { for: prefix + field.name }, field.label), input);
      if (field.hint) { set.append(el("p", { class: "hint", id: `${prefix}${field.name}-hint` }, field.hint)); input.setAttribute("aria-describedby", `${prefix}${field.name}-hint`); }
      return [field.name, input, field.needed !== false];
    });
    const tags = settings.tags ?? [], boxes = [];
    if (tags.length) {
      const chips = el("fieldset", { class: "chips" }, el("legend", {}, "What is it about? (optional)"));
      for (const [id, name] of tags) {
        const box = el("input", { type: "checkbox", value: id });
        boxes.push(box);
        chips.append(el("label", {}, box, el("span", {}, name)));
      }
      set.append(chips);
    }
    const button = el("button", { type: "button", class: "main" }, word("send", "Send"));
    const press = () => {
      const missing = inputs.find(([, input, needed]) => needed && !input.value.trim());
      if (missing) { missing[1].focus(); status.textContent = "Write something first."; return; }
      const values = Object.fromEntries(inputs.map(([name, input]) => [name, input.value.trim()]));
      model.send({ event: "change", values: { ...values, tags: boxes.filter(b => b.checked).map(b => b.value) } });
    };
    button.addEventListener("click", press);
    set.append(button);
    return set;
  }

  function vote() {
    const [item] = model.get("items");
    if (!item) return el("p", { class: "done" }, word("done", "You have voted on everything there is so far."));
    const said = el("p", { class: "said", id: `${prefix}said`, tabindex: "-1" }, item.label);
    const buttons = el("div", { class: "votes", role: "group", "aria-labelledby": `${prefix}said` });
    for (const [value, name] of [[1, "Agree"], [-1, "Disagree"], [0, "Pass"]]) {
      const button = el("button", { type: "button" }, name);
      button.addEventListener("click", () => { buttons.querySelectorAll("button").forEach(b => { b.disabled = true; }); model.send({ event: "change", values: { statement: item.name, vote: value } }); });
      buttons.append(button);
    }
    return el("fieldset", { class: "item" }, legend({ label: model.get("legend") }, true), el("p", { class: "hint" }, item.detail ?? ""), said, buttons);
  }

  function draw() {
    const kind = model.get("kind");
    const had = body.contains(document.activeElement);
    const typed = kind === "text" ? Object.fromEntries([...body.querySelectorAll("textarea, input[type=text]")].map(f => [f.id.slice(prefix.length), f.value])) : {};
    own = { ...model.get("values"), ...(model.get("settings").keep === false ? {} : typed) };
    const parts = { choice, rank, text, vote }[kind];
    body.replaceChildren(...(parts ? [parts()] : model.get("items").map(item => kinds[kind](item))));
    lock();
    if (had && kind === "vote") body.querySelector(".said")?.focus();
  }
  function lock() {
    for (const field of body.querySelectorAll("fieldset, .ranking button")) if (model.get("locked")) field.disabled = true; else if (field.tagName === "FIELDSET") field.disabled = false;
  }
  const speak = () => { status.textContent = model.get("status"); };
  // A choice made elsewhere (a phone) is shown here; what a person is doing here is not disturbed.
  function elsewhere() {
    const fresh = model.get("values");
    if (JSON.stringify(fresh) === JSON.stringify(own)) return;
    own = { ...fresh };
    const kind = model.get("kind");
    if (kind === "text" || kind === "vote") { if (kind === "text" && fresh.text === "") body.querySelectorAll("textarea, input[type=text]").forEach(f => { f.value = ""; }); return; }
    if (kind === "rank") { draw(); return; }
    for (const input of body.querySelectorAll("input")) {
      const name = kind === "choice" ? input.value : input.name.slice(prefix.length);
      input.checked = kind === "choice" ? own[name] === 1 : String(own[name]) === input.value;
    }
  }
  draw();
  speak();
  for (const name of ["kind", "items", "words", "settings", "legend"]) model.on(`change:${name}`, draw);
  model.on("change:values", elsewhere);
  model.on("change:locked", lock);
  model.on("change:status", speak);
}

export default { render };
