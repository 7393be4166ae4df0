// The frame around the pages: login, navigation, keys. One page is mounted at
// a time; only it asks the node for anything, and only while it can be seen.

import {
  log_in,
  log_out,
  problem,
  session,
  when_logged_out,
  who_am_i,
} from "./api.js";
import { fill, h, say } from "./dom.js";
import * as actors from "./page_actors.js";
import * as cluster from "./page_cluster.js";
import * as map from "./page_map.js";
import * as overview from "./page_overview.js";
import * as store from "./page_store.js";
import * as trips from "./page_trips.js";
import * as trouble from "./page_trouble.js";

const pages = { overview, map, trips, actors, cluster, store, trouble };
const app = document.getElementById("app");
let main;
let mounted = null;

// -- where we are -------------------------------------------------------------

/// Names of things. Pages make paths of them, and a link may come from anybody:
/// "..", or a "/" within, would lead to another path than the page means.
const is_name = (x) => /^[\w:~-][\w.:~-]*$/.test(x);

/// "#/actors/trip/00a1?kind=trip" -> {name, parts, query}; what makes no sense
/// is the overview.
function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  try {
    const [name, ...rest] = path.split("/").map(decodeURIComponent);
    const parts = rest.filter((x) => x);
    if (Object.hasOwn(pages, name) && parts.every(is_name))
      return {
        name,
        parts,
        query: Object.fromEntries(new URLSearchParams(query)),
      };
  } catch {
    // A "%" that begins nothing.
  }
  return { name: "overview", parts: [], query: {} };
}

const failed_ms = 2000;

/// What a page may use. Everything it starts ends with it.
function context_of(where) {
  const stop = new AbortController();
  const polls = new Set();
  const context = {
    ...where,
    signal: stop.signal,
    ended: () => stop.signal.aborted,
    /// Calls `work` now and every `ms` while the page can be seen, never twice
    /// at once; seldom while it fails. `work` gives false when it asked nothing.
    /// Returns a function that does it at once.
    poll(work, ms) {
      let timer = 0;
      let running = false;
      let wanted = false;
      const once = async () => {
        clearTimeout(timer);
        if (stop.signal.aborted || document.hidden) return;
        if (running) {
          wanted = true;
          return;
        }
        running = true;
        wanted = false;
        let pause = ms;
        try {
          if ((await work()) !== false) show_connection(true);
        } catch (e) {
          if (e.name === "AbortError" || stop.signal.aborted) return;
          show_connection(e instanceof problem, e);
          pause = Math.max(ms, failed_ms);
        } finally {
          running = false;
        }
        if (!stop.signal.aborted) timer = setTimeout(once, wanted ? 0 : pause);
      };
      polls.add(once);
      once();
      return once;
    },
    on(target, event, handler) {
      target.addEventListener(event, handler, { signal: stop.signal });
    },
    /// Changes the query of the address without leaving the page.
    set_query(values) {
      const kept = Object.entries(values).filter(
        ([, x]) => x !== "" && x !== undefined,
      );
      const path = location.hash.split("?")[0];
      history.replaceState(
        null,
        "",
        path + (kept.length ? `?${new URLSearchParams(kept)}` : ""),
      );
      context.query = Object.fromEntries(kept);
    },
    stop: () => {
      stop.abort();
      polls.clear();
    },
  };
  context.on(document, "visibilitychange", () => polls.forEach((x) => x()));
  return context;
}

function show_connection(good, error) {
  const light = document.getElementById("light");
  if (!light) return;
  light.className = good && !error ? "good" : "bad";
  light.textContent = error ? error.message : "live";
}

function open_page() {
  if (!session.role) return;
  mounted?.stop();
  const where = place();
  const page = pages[where.name];
  mounted = context_of(where);
  document.title = `${page.title} · Hansom`;
  for (const link of document.querySelectorAll(".side a"))
    link.toggleAttribute("aria-current", link.dataset.page === where.name);
  for (const link of document.querySelectorAll(".side a[aria-current]"))
    link.setAttribute("aria-current", "page");
  main.className = page.wide ? "main wide" : "main";
  main.replaceChildren();
  main.scrollTop = 0;
  page.mount(main, mounted);
}

// -- the frame ----------------------------------------------------------------

function set_theme(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
  dispatchEvent(new Event("theme"));
}

function show_frame() {
  main = h("main", { class: "main", id: "main", tabindex: "-1" });
  const side = h(
    "nav",
    { class: "side", "aria-label": "Pages" },
    h("div", { class: "brand" }, "Hansom"),
    Object.entries(pages).map(([name, page]) =>
      h(
        "a",
        { href: `#/${name}`, "data-page": name },
        page.title,
        h("kbd", { "aria-hidden": "true" }, `g ${page.key}`),
      ),
    ),
    h(
      "div",
      { class: "foot" },
      h("span", { id: "light", class: "faint", role: "status" }, "…"),
      h("span", { class: "faint" }, `${session.role} ${session.subject}`),
      h(
        "button",
        {
          onclick: () =>
            set_theme(
              document.documentElement.dataset.theme === "dark"
                ? "light"
                : "dark",
            ),
        },
        "Light or dark",
      ),
      h("button", { onclick: show_keys }, "Keys ", h("kbd", {}, "?")),
      h(
        "button",
        {
          onclick: async () => {
            await log_out();
            show_login();
          },
        },
        "Log out",
      ),
    ),
  );
  fill(app, h("div", { class: "shell" }, side, main));
  open_page();
}

function show_keys() {
  if (document.querySelector("dialog")) return;
  const rows = [
    ...Object.values(pages).map((x) => [`g ${x.key}`, x.title]),
    ["/", "Search or filter on this page"],
    ["space", "Freeze, on the map and on lists that move"],
    ["t", "Light or dark"],
    ["?", "This list"],
    ["Esc", "Close, or leave a field"],
  ];
  const dialog = h(
    "dialog",
    { "aria-label": "Keys", onclose: () => dialog.remove() },
    h("h2", {}, "Keys"),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        rows.map(([key, what]) =>
          h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, what)),
        ),
      ),
    ),
    h(
      "form",
      { method: "dialog" },
      h("div", { class: "bar" }, h("button", { class: "primary" }, "Close")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

let went = 0; // When "g" was pressed.
document.addEventListener("keydown", (e) => {
  if (!session.role || e.ctrlKey || e.metaKey || e.altKey) return;
  const typing =
    /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) &&
    e.target.type !== "range";
  if (typing) {
    if (e.key === "Escape") e.target.blur();
    return;
  }
  if (document.querySelector("dialog")) return;
  if (Date.now() - went < 1500) {
    went = 0;
    const found = Object.entries(pages).find(([, x]) => x.key === e.key);
    if (found) location.hash = `#/${found[0]}`;
  } else if (e.key === "?") show_keys();
  else if (e.key === "t")
    set_theme(
      document.documentElement.dataset.theme === "dark" ? "light" : "dark",
    );
  else if (e.key === "/") {
    const field = main.querySelector("[data-search]");
    if (!field) return;
    e.preventDefault();
    field.focus();
    field.select?.();
  } else if (e.key === " " && e.target.tagName !== "BUTTON") {
    const freeze = main.querySelector("[data-freeze]");
    if (!freeze) return;
    e.preventDefault();
    freeze.click();
  } else if (e.key === "g") went = Date.now();
});

// -- getting in ---------------------------------------------------------------

function show_login(message = "") {
  mounted?.stop();
  mounted = null;
  session.role = "";
  document.title = "Log in · Hansom";
  const wrong = h("p", { class: "bad", role: "alert" }, message);
  const token = h("textarea", {
    id: "token",
    name: "token",
    required: true,
    spellcheck: "false",
    autocomplete: "off",
  });
  const enter = async (e) => {
    e.preventDefault();
    wrong.textContent = "";
    const text = token.value.trim();
    token.value = "";
    try {
      await log_in(text.includes(".") ? { token: text } : { code: text });
      show_frame();
    } catch (x) {
      wrong.textContent = x.message;
      token.focus();
    }
  };
  fill(
    app,
    h(
      "main",
      { class: "login card" },
      h("h1", {}, "Hansom console"),
      h(
        "form",
        { onsubmit: enter },
        h(
          "label",
          { for: "token" },
          "A token of role viewer, operator or admin, or a one-time code",
        ),
        token,
        wrong,
        h("button", { class: "primary", type: "submit" }, "Log in"),
        h(
          "p",
          { class: "hint" },
          "On the node's machine, ",
          h("code", {}, "hansom console"),
          " prints a link that logs you in once. ",
          "Elsewhere ask whoever issues tokens; ",
          h("code", {}, "hansom token --role viewer"),
          " makes one for development.",
        ),
      ),
    ),
  );
  token.focus();
}

async function begin() {
  set_theme(
    localStorage.getItem("theme") ??
      (matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"),
  );
  when_logged_out(() => show_login("The session has ended. Log in again."));
  // "#/login?code=...": the part after the hash never reaches a server or a log.
  const code = /^#\/login\?code=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (code) {
    history.replaceState(null, "", "#/overview");
    try {
      await log_in({ code });
      return show_frame();
    } catch (e) {
      return show_login(e.message);
    }
  }
  try {
    await who_am_i();
    show_frame();
  } catch (e) {
    if (e instanceof problem && e.status === 401) show_login();
    else {
      show_login();
      say(e.message, true);
    }
  }
}

addEventListener("hashchange", open_page);
begin();
