// Trips: find one, see what became of it and why this driver.

import { get, get_if, may_order, post, query } from "./api.js";
import {
  clock,
  confirm_change,
  duration,
  facts,
  fill,
  h,
  json_view,
  number,
  say,
  table,
} from "./dom.js";

export const title = "Trips";
export const key = "t";

const phases = [
  "",
  "requested",
  "matching",
  "offered",
  "assigned",
  "arrived",
  "on_trip",
  "completed",
  "cancelled",
  "expired",
];

export function mount(root, page) {
  if (page.parts[0]) show_one(root, page, page.parts[0]);
  else show_list(root, page);
}

function show_list(root, page) {
  const list = h("section", { class: "card" });
  const phase = h(
    "select",
    { "aria-label": "Phase" },
    phases.map((x) => h("option", { value: x }, x || "any phase")),
  );
  const search = h("input", {
    "data-search": true,
    size: "42",
    placeholder: "trip id, rider 12, driver 7, cell 89c259",
    "aria-label": "Search trips",
  });
  const { rider, driver, cell } = page.query;
  search.value = rider
    ? `rider ${rider}`
    : driver
      ? `driver ${driver}`
      : cell
        ? `cell ${cell}`
        : "";
  phase.value = page.query.phase ?? "";
  const wrong = h("span", { class: "bad", role: "alert" });
  let again = () => {};
  const changed = () => {
    const text = search.value.trim();
    wrong.textContent = "";
    if (/^[0-9a-f]{16}$/i.test(text)) {
      location.hash = `#/trips/${text.toLowerCase()}`;
      return;
    }
    const found = /^(rider|driver|cell)[ :/]+([0-9a-f]+)$/i.exec(text);
    if (text && !found) {
      wrong.textContent =
        "A trip's 16 digits, or rider, driver or cell and its number.";
      return;
    }
    page.set_query({
      ...(found ? { [found[1].toLowerCase()]: found[2] } : {}),
      phase: phase.value,
    });
    again();
  };
  phase.addEventListener("change", changed);
  root.append(
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Trips"),
      h("span", { class: "faint", id: "matched" }),
    ),
    h(
      "form",
      {
        class: "bar",
        onsubmit: (e) => {
          e.preventDefault();
          changed();
        },
      },
      search,
      phase,
      h("button", { class: "primary" }, "Find"),
      wrong,
    ),
    list,
  );
  again = page.poll(async () => {
    const q = { ...page.query, limit: 200 };
    const answer = await get(`/v1/admin/trips${query(q)}`, page.signal);
    if (page.ended()) return;
    root.querySelector("#matched").textContent =
      `${number(answer.matched)} in memory; older ones by their id`;
    fill(
      list,
      table(
        [
          {
            name: "trip",
            cell: (x) =>
              h("a", { href: `#/trips/${x.trip}`, class: "mono" }, x.trip),
          },
          {
            name: "phase",
            cell: (x) => h("span", { class: "tag" }, x.phase || "–"),
          },
          {
            name: "rider",
            cell: (x) =>
              x.rider && h("a", { href: `#/actors/rider/${x.rider}` }, x.rider),
          },
          {
            name: "driver",
            cell: (x) =>
              x.driver &&
              h("a", { href: `#/actors/driver/${x.driver}` }, x.driver),
          },
          {
            name: "cell",
            cell: (x) =>
              x.cell &&
              h(
                "a",
                { href: `#/actors/cell/${x.cell}`, class: "mono" },
                x.cell,
              ),
          },
          {
            name: "in memory",
            num: true,
            hint: "Since it was asked for or last loaded",
            cell: (x) => duration(x.age_s),
          },
          {
            name: "waiting",
            key: "mailbox",
            num: true,
            hint: "Messages in its mailbox",
          },
        ],
        answer.trips,
        { empty: "No trip is like that.", label: "Trips" },
      ),
    );
  }, 2000);
}

const path_of = (trip) => `/v1/admin/trips/${encodeURIComponent(trip)}`;

function show_one(root, page, trip) {
  const path = path_of(trip);
  const state = h("section", { class: "card" });
  const line = h("section", { class: "card" });
  const why = h("section", { class: "card" });
  const note = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  root.append(
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Trip ", h("span", { class: "mono" }, trip)),
      h("span", { class: "grow" }),
      actions(trip),
    ),
    note,
    h("div", { class: "panels" }, line, why, state),
  );
  let before;
  page.poll(async () => {
    const [found, trace, reasons] = await Promise.all([
      get_if(path, page.signal),
      get_if(`${path}/trace`, page.signal).catch(() => null),
      get_if(`${path}/why`, page.signal),
    ]);
    if (page.ended()) return;
    if (!found) {
      note.className = "card banner warn";
      return fill(note, "The store knows no such trip.");
    }
    const t = found.trip;
    fill(
      note,
      `${t.phase ?? "?"}: rider ${t.rider ?? "–"}, ${t.driver ? `driver ${t.driver}` : "no driver"}${t.fare ? `, ${money(t.fare)}` : ""}`,
    );
    fill(state, h("h2", {}, "As stored"), json_view(t, before));
    before = t;
    show_line(line, found, trace);
    show_why(why, reasons);
  }, 2000);
}

const money = (x) =>
  x?.minor !== undefined
    ? `${(x.minor / 100).toFixed(2)} ${x.unit ?? ""}`
    : JSON.stringify(x);

function show_line(box, found, trace) {
  const events =
    trace?.events ??
    found.journal.map((x) => ({
      source: "journal",
      name: x.event,
      actor: "",
      at_ms: x.data?.at ?? 0,
      data: x.data,
    }));
  fill(
    box,
    h("h2", {}, "From request to receipt"),
    trace?.live?.active &&
      h(
        "p",
        { class: "warn" },
        `A live trace is on: ${trace.live.recorded} of ${trace.live.messages_max} messages, until ${clock(trace.live.until_ms)}.`,
      ),
    h(
      "ol",
      { class: "timeline" },
      events.map((x) =>
        h(
          "li",
          { class: x.source },
          h(
            "span",
            { class: "when", title: clock(x.at_ms) },
            x.after_ms === undefined
              ? clock(x.at_ms)
              : `+${duration(x.after_ms / 1000)}`,
          ),
          h("strong", {}, (x.name ?? "").replaceAll("_", " ")),
          " ",
          x.actor && h("a", { href: `#/actors/${x.actor}` }, x.actor),
          " ",
          x.took_us > 0 &&
            h("span", { class: "faint" }, `took ${duration(x.took_us / 1e6)}`),
          x.text && h("div", { class: "hint mono" }, x.text),
        ),
      ),
    ),
    events.length === 0 &&
      h("p", { class: "faint" }, "Nothing is remembered of it."),
  );
}

function show_why(box, x) {
  if (!x)
    return fill(
      box,
      h("h2", {}, "Why this driver, or none"),
      h(
        "p",
        { class: "faint" },
        "Its cell keeps no explanation: it was matched too long ago, before a restart, or not yet.",
      ),
    );
  const removed = (x.removed ?? []).map((r) => `${r.why} ${number(r.drivers)}`);
  const chosen = (x.drivers ?? []).some((d) => d.verdict === "chosen");
  fill(
    box,
    h("h2", {}, chosen ? "Why this driver" : "Why no driver"),
    table(
      [
        {
          name: "driver",
          cell: (d) =>
            h("a", { href: `#/actors/driver/${d.driver}` }, d.driver),
        },
        {
          name: "verdict",
          cell: (d) =>
            h(
              "span",
              { class: d.verdict === "chosen" ? "good" : undefined },
              d.verdict,
              d.why && d.why !== "none" ? `: ${d.why}` : "",
            ),
        },
        {
          name: "drive",
          num: true,
          hint: "Estimated time to the pickup",
          cell: (d) => (d.eta_s === undefined ? "–" : duration(d.eta_s)),
        },
        {
          name: "distance",
          num: true,
          cell: (d) =>
            d.distance_m === undefined ? "–" : `${number(d.distance_m)} m`,
        },
        {
          name: "cost",
          num: true,
          hint: "Milliseconds of pickup, with all that counts; the cheapest assignment of all requests wins",
          cell: (d) => number(d.cost),
        },
      ],
      x.drivers ?? [],
      { empty: "Nobody was considered.", label: "Drivers considered" },
    ),
    removed.length > 0 &&
      h("p", { class: "hint" }, `Removed by a gate: ${removed.join(", ")}`),
    x.omitted > 0 &&
      h("p", { class: "hint" }, `${number(x.omitted)} more are not listed.`),
    h(
      "details",
      {},
      h("summary", {}, "All of it"),
      facts(
        Object.fromEntries(Object.entries(x).filter(([k]) => k !== "drivers")),
        "Explanation",
      ),
    ),
  );
}

function actions(trip) {
  const path = path_of(trip);
  const locked = !may_order();
  const hint = locked ? "Needs a token of role operator" : undefined;
  const id = () =>
    `console-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  return h(
    "div",
    { class: "bar" },
    h(
      "button",
      {
        disabled: locked,
        title: hint,
        "data-act": "trace",
        onclick: async () => {
          const x = await confirm_change({
            title: "Trace this trip",
            text: "Every message about it is recorded for 30 s, at most 200. That costs a little; it ends by itself.",
            go: "Trace",
            danger: false,
          });
          if (x)
            await attempt(
              () =>
                post(`${path}/trace`, {
                  messages: 200,
                  seconds: 30,
                }),
              "The trace is on.",
            );
        },
      },
      "Trace",
    ),
    h(
      "button",
      {
        disabled: locked,
        title: hint,
        class: "danger",
        "data-act": "end",
        onclick: async () => {
          const x = await confirm_change({
            title: "End this trip",
            type: trip,
            go: "End it",
            text: "Cancelled, nobody pays. Completed, the rider pays the promised fare. Both are told the reason; this cannot be undone.",
            fields: [
              { name: "as", label: "As", options: ["cancelled", "completed"] },
              { name: "reason", label: "Reason" },
            ],
          });
          if (x)
            await attempt(
              () =>
                post(`${path}/end`, {
                  id: id(),
                  as: x.as,
                  reason: x.reason,
                }),
              "The trip has ended, durably.",
            );
        },
      },
      "End …",
    ),
  );
}

async function attempt(work, done) {
  try {
    await work();
    say(done);
  } catch (e) {
    say(e.message, true);
  }
}
