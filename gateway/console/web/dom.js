// Elements, numbers, tables, dialogs. Text is always text: nothing that a
// server sends becomes markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string")
      element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children
      .flat()
      .filter((x) => x !== null && x !== undefined && x !== false),
  );
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(
    ...children
      .flat()
      .filter((x) => x !== null && x !== undefined && x !== false),
  );
  return element;
}

export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props))
    element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// -- numbers ------------------------------------------------------------------

export function number(x, digits = 1) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (!Number.isFinite(x)) return "∞";
  const size = Math.abs(x);
  if (size >= 1000 || Number.isInteger(x))
    return Math.round(x).toLocaleString("en-US").replaceAll(",", "\u202f");
  return x.toFixed(size >= 100 ? 0 : digits);
}

/// Seconds as people say them: 840 µs, 12 ms, 1.4 s, 3 min.
export function duration(s) {
  if (s === null || s === undefined || Number.isNaN(s)) return "–";
  if (!Number.isFinite(s)) return "∞";
  if (s < 0.001) return `${Math.round(s * 1e6)} µs`;
  if (s < 1) return `${number(s * 1000, s < 0.01 ? 1 : 0)} ms`;
  if (s < 120) return `${s.toFixed(1)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return `${(s / 3600).toFixed(1)} h`;
}

export const clock = (ms) =>
  ms ? new Date(ms).toISOString().slice(11, 23) : "–";
export const ago = (ms) =>
  ms ? `${duration(Math.max(0, Date.now() - ms) / 1000)} ago` : "–";

// -- parts --------------------------------------------------------------------

/// A number with its hint, and how it came to be what it is.
export function stat(label, value, hint, history) {
  return h(
    "div",
    { class: "card stat" },
    h("div", { class: "faint" }, label),
    h("div", { class: "value" }, value),
    history && spark(history, label),
    h("div", { class: "hint" }, hint),
  );
}

export function spark(values, label) {
  const known = values.filter((x) => Number.isFinite(x));
  const top = Math.max(1e-9, ...known);
  const points = values.map(
    (x, i) =>
      `${(i * 100) / Math.max(1, values.length - 1)},${28 - (26 * (Number.isFinite(x) ? x : 0)) / top}`,
  );
  return svg(
    "svg",
    {
      viewBox: "0 0 100 30",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `${label}, last two minutes`,
    },
    svg("polyline", { class: "spark", points: points.join(" ") }),
  );
}

const is_nothing = (x) => x === undefined || x === null || x === "";
const cell_of = (column, row) =>
  column.cell ? column.cell(row) : row[column.key];

function head_of(column, sort, onsort) {
  const name =
    column.sort && onsort
      ? h(
          "button",
          { onclick: () => onsort(column.sort), title: column.hint },
          column.name + (sort === column.sort ? " ▾" : ""),
        )
      : column.name;
  return h(
    "th",
    {
      class: column.num && "num",
      title: column.hint,
      scope: "col",
      "aria-sort": column.sort && sort === column.sort && "descending",
    },
    name,
  );
}

/// columns: {key, name, hint, num, sort, cell(row)}; of several columns, those
/// that are `optional` and say nothing in any row are left out.
export function table(columns, rows, options = {}) {
  const { empty = "Nothing.", sort, onsort, label } = options;
  if (rows.length === 0) return h("p", { class: "faint" }, empty);
  const shown = columns.filter(
    (c) => !c.optional || rows.some((row) => !is_nothing(cell_of(c, row))),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      shown.map((c) => {
        const x = cell_of(c, row);
        return h(
          "td",
          { class: c.num && "num" },
          is_nothing(x) ? "–" : typeof x === "number" ? number(x) : x,
        );
      }),
    ),
  );
  return h(
    "div",
    {
      class: "scroll",
      tabindex: "0",
      role: "region",
      "aria-label": label ?? columns[0].name,
    },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          shown.map((c) => head_of(c, sort, onsort)),
        ),
      ),
      h("tbody", {}, body),
    ),
  );
}

/// A value of unknown shape, as people read it.
function plainly(x) {
  if (is_nothing(x)) return "–";
  if (typeof x === "number" && x > 1e12 && x < 1e13) return ago(x);
  if (
    Array.isArray(x) &&
    x.length &&
    x.every((y) => y && typeof y === "object")
  )
    return h(
      "div",
      {},
      x.map((y) =>
        h(
          "div",
          { class: "mono" },
          Object.entries(y)
            .map(
              ([k, v]) =>
                `${k} ${typeof v === "object" ? JSON.stringify(v) : v}`,
            )
            .join(", "),
        ),
      ),
    );
  if (typeof x === "object") return h("code", {}, JSON.stringify(x));
  return typeof x === "number" ? number(x) : String(x);
}

/// Rows of name and value, for what has no shape that we know.
export function facts(object, label) {
  return table(
    [
      { name: "name", cell: (x) => x[0].replaceAll("_", " ") },
      { name: "value", cell: (x) => plainly(x[1]) },
    ],
    Object.entries(object ?? {}),
    { label },
  );
}

/// JSON, with lines marked that differ from the time before.
export function json_view(value, before) {
  const lines = JSON.stringify(value, null, 2).split("\n");
  const old =
    before === undefined
      ? null
      : new Set(JSON.stringify(before, null, 2).split("\n"));
  return h(
    "pre",
    { class: "json", tabindex: "0" },
    lines.map((x) => (old && !old.has(x) ? h("mark", {}, x + "\n") : x + "\n")),
  );
}

// -- talking ------------------------------------------------------------------

let toast_timer;
export function say(text, bad = false) {
  document.querySelector(".toast")?.remove();
  const box = h(
    "div",
    { class: bad ? "toast bad" : "toast", role: "status" },
    text,
  );
  document.body.append(box);
  clearTimeout(toast_timer);
  toast_timer = setTimeout(() => box.remove(), bad ? 9000 : 5000);
}

/// Asks before something is changed. `type`: what must be typed to go on.
/// `fields`: [{name, label, value, options}]. Resolves to the fields' values,
/// or to null.
export function confirm_change({
  title,
  text,
  go,
  type,
  fields = [],
  danger = true,
}) {
  return new Promise((resolve) => {
    const inputs = fields.map((f) => {
      const input = f.options
        ? h(
            "select",
            { name: f.name },
            f.options.map((x) => h("option", { value: x }, x)),
          )
        : h("input", {
            name: f.name,
            value: f.value ?? "",
            required: f.required !== false,
            maxlength: "200",
          });
      return [f, input];
    });
    const typed = type
      ? h("input", {
          name: "typed",
          autocomplete: "off",
          "aria-label": `Type ${type} to go on`,
        })
      : null;
    const yes = h(
      "button",
      {
        type: "submit",
        class: danger ? "danger" : "primary",
        disabled: Boolean(type),
      },
      go,
    );
    typed?.addEventListener("input", () => {
      yes.disabled = typed.value.trim() !== type;
    });
    let result = null;
    const dialog = h(
      "dialog",
      {
        "aria-label": title,
        onclose: () => {
          dialog.remove();
          resolve(result);
        },
      },
      h(
        "form",
        {
          method: "dialog",
          onsubmit: () => {
            result = Object.fromEntries(
              inputs.map(([f, input]) => [f.name, input.value]),
            );
          },
        },
        h("h2", {}, title),
        h("p", {}, text),
        inputs.map(([f, input]) => h("label", {}, f.label, input)),
        typed &&
          h(
            "label",
            {},
            h("span", {}, "Type ", h("code", {}, type), " to go on"),
            typed,
          ),
        h(
          "div",
          { class: "bar" },
          h(
            "button",
            { type: "button", onclick: () => dialog.close() },
            "Cancel",
          ),
          yes,
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
