// Rows with buttons; a row that did not change is left alone, with what is typed in it and where the focus is.
function render({ model, el: root }) {
  const prefix = `r${Math.random().toString(36).slice(2, 9)}-`, list = document.createElement("ul"), none = document.createElement("p");
  root.classList.add("ar-rows");
  none.className = "none";
  root.append(list, none);
  const made = new Map();
  const text = (tag, value, css) => { const node = document.createElement(tag); node.textContent = value; if (css) node.className = css; return node; };
  function row(item) {
    const li = document.createElement("li");
    if (item.on) { li.className = "on"; li.setAttribute("aria-current", "true"); }
    const said = text("div", "", "said");
    said.append(text("strong", item.title));
    if (item.detail) said.append(text("span", item.detail, "detail"));
    li.append(said);
    const acts = text("div", "", "acts");
    for (const field of item.fields ?? []) {
      const label = document.createElement("label"), input = document.createElement("input");
      input.id = `${prefix}${item.id}-${field.name}`;
      input.name = field.name;
      input.maxLength = 500;
      label.htmlFor = input.id;
      label.append(text("span", field.label), input);
      acts.append(label);
    }
    for (const action of item.actions ?? []) {
      const button = text("button", action.label, action.main ? "main" : "");
      button.type = "button";
      button.setAttribute("aria-label", `${action.label}: ${item.title.slice(0, 60)}`);
      button.addEventListener("click", () => {
        const fields = Object.fromEntries([...li.querySelectorAll("input")].map(i => [i.name, i.value.trim()]));
        model.send({ id: String(item.id), do: action.do, fields });
        button.disabled = true;
        setTimeout(() => { button.disabled = false; }, 1500);
      });
      acts.append(button);
    }
    li.append(acts);
    return li;
  }
  function draw() {
    const rows = model.get("rows"), wanted = [];
    for (const item of rows) {
      const key = String(item.id), as = JSON.stringify(item), old = made.get(key);
      if (old && old.as === as) { wanted.push(old.li); continue; }
      const li = row(item);
      if (old) {
        for (const input of old.li.querySelectorAll("input")) { const same = li.querySelector(`input[name="${input.name}"]`); if (same) same.value = input.value; }
        if (old.li.contains(document.activeElement)) { const label = document.activeElement.textContent; requestAnimationFrame(() => ([...li.querySelectorAll("button")].find(b => b.textContent === label) ?? li.querySelector("button"))?.focus()); }
      }
      made.set(key, { as, li });
      wanted.push(li);
    }
    for (const [key, { li }] of made) if (!wanted.includes(li)) { li.remove(); made.delete(key); }
    wanted.forEach((li, i) => { if (list.children[i] !== li) list.insertBefore(li, list.children[i] ?? null); });
    while (list.children.length > wanted.length) list.lastElementChild.remove(); // what a changed row was before
    none.textContent = model.get("empty");
    none.hidden = rows.length > 0 || !model.get("empty");
    list.hidden = rows.length === 0;
    list.setAttribute("aria-label", model.get("label"));
  }
  draw();
  for (const name of ["rows", "empty", "label"]) model.on(`change:${name}`, draw);
}
export default { render };
