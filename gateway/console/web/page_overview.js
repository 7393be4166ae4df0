// The city in one look: is it well, how fast is it, what happened last.

import { get, get_if } from "./api.js";
import { ago, clock, duration, fill, h, number, stat, table } from "./dom.js";
import { readings } from "./metrics.js";

export const title = "Overview";
export const key = "o";

const every_ms = 2000;
const kept = 60; // Two minutes.
const history = new Map(); // Outlives the page, so that coming back shows it.
const since_last = readings();

function remember(name, value) {
  const values = history.get(name) ?? [];
  values.push(value);
  if (values.length > kept) values.shift();
  history.set(name, values);
  return values;
}

export function mount(root, page) {
  const banner = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  const numbers = h("div", { class: "grid" });
  const latencies = h("section", { class: "card" });
  const alarms = h("section", { class: "card" });
  const events = h("section", { class: "card" });
  const kinds = h("section", { class: "card" });
  root.append(
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Overview"),
      h("span", { class: "faint", id: "node" }),
    ),
    banner,
    numbers,
    h("div", { class: "panels" }, alarms, events, kinds, latencies),
  );
  const again = page.poll(async () => {
    const [view, actors, stuck, dead, happened, members] = await Promise.all([
      get("/v1/admin/vitals", page.signal),
      get("/v1/admin/actors?limit=1", page.signal),
      get_if("/v1/admin/stuck", page.signal),
      get_if("/v1/admin/deadletters", page.signal),
      get_if("/v1/admin/events?last=10", page.signal),
      get_if("/v1/admin/nodes", page.signal),
    ]);
    if (page.ended()) return;
    const vitals = view.vitals;
    const w = since_last(vitals);
    const found = [
      ...alarms_of_nodes(vitals, view.silent_nodes, members?.nodes),
      ...alarms_of(stuck, dead, w),
    ];
    root.querySelector("#node").textContent = who_speaks(vitals);
    show_banner(banner, found, members?.nodes?.length ?? 0);
    show_numbers(numbers, w, actors);
    show_latencies(latencies, w);
    show_alarms(alarms, found);
    show_kinds(kinds, actors.totals ?? []);
    show_events(events, happened, stuck, dead);
  }, every_ms);
  setTimeout(again, 700); // Rates need two readings.
}

/// "node n1, version 0.1.0, up 3 min", or how many speak.
function who_speaks(vitals) {
  const versions = [...new Set(vitals.map((x) => x.health?.version ?? "?"))];
  const up = Math.min(...vitals.map((x) => x.health?.uptime_seconds ?? 0));
  const names = vitals.map((x) => x.node).sort();
  return (
    `${names.length > 1 ? "nodes" : "node"} ${names.join(", ")}; ` +
    `version ${versions.sort().join(" and ")}, up ${duration(up)}` +
    (names.length > 1 ? " or longer" : "")
  );
}

/// What is wrong with nodes as a whole.
function alarms_of_nodes(vitals, silent, members) {
  const out = [];
  const of = (node) => (vitals.length > 1 ? ` on ${node}` : "");
  for (const { node, health } of vitals)
    for (const [name, x] of Object.entries(health?.checks ?? {}))
      if (x.status !== "healthy")
        out.push({
          level: x.status === "unhealthy" ? "bad" : "warn",
          health: true,
          what: `${name}${of(node)} is ${x.status}: ${x.detail ?? ""}`,
          where: name === "store" ? `#/store?node=${node}` : "#/overview",
        });
  for (const x of members ?? [])
    if (x.status !== "active" || x.suspected?.length)
      out.push({
        level: x.status === "draining" ? "warn" : "bad",
        health: true,
        what:
          x.status === "active"
            ? `node ${x.name} is suspected by ${x.suspected.join(", ")}`
            : `node ${x.name} is ${x.status}`,
        where: "#/cluster",
      });
  if (silent?.length)
    out.push({
      level: "warn",
      health: true,
      what: `${silent.length} of the nodes did not answer; the figures are without them`,
      where: "#/cluster",
    });
  return out;
}

function alarms_of(stuck, dead, w) {
  const out = [];
  for (const x of stuck?.running ?? [])
    out.push({
      level: "bad",
      what: `${x.actor} has been in ${x.message} for ${duration(x.running_ms / 1000)}`,
      where: `#/actors/${x.actor}`,
    });
  for (const x of stuck?.backlog ?? [])
    out.push({
      level: "warn",
      health: true,
      what: `${x.actor} has ${number(x.mailbox)} messages waiting`,
      where: `#/actors/${x.actor}`,
    });
  if (stuck?.deaths?.total)
    out.push({
      level: "warn",
      what: `${number(stuck.deaths.total)} actors have died of an exception since the start`,
      where: "#/trouble",
    });
  if (dead?.total)
    out.push({
      level: "warn",
      what: `${number(dead.total)} messages have found nobody since the start`,
      where: "#/trouble",
    });
  const refused = w.rate("hansom_journal_refused_total");
  if (refused > 0)
    out.push({
      level: "bad",
      what: `${number(refused)} writes a second are refused by the store`,
      where: "#/store",
    });
  return out;
}

function show_banner(banner, found, nodes) {
  const worst =
    found.find((x) => x.level === "bad") ?? found.find((x) => x.health);
  banner.className = `card banner ${worst?.level ?? ""}`;
  fill(
    banner,
    worst
      ? h("a", { href: worst.where }, worst.what)
      : `Healthy: ${nodes > 1 ? `${number(nodes)} nodes are active, ` : ""}every check passes, nothing is stuck.`,
  );
}

function show_numbers(box, w, actors) {
  const count = (kind) =>
    (actors.totals ?? []).find((x) => x.kind === kind)?.actors ?? 0;
  const requests = w.rate("hansom_rides_requested_total");
  const commits = w.rate("hansom_journal_commits_total");
  const writes = w.rate("hansom_journal_writes_total");
  const match = w.histogram("hansom_ride_match_seconds")[0];
  const card = (label, value, hint, shown = number(value)) =>
    stat(label, shown, hint, remember(label, value));
  const cards = [
    card(
      "Requests/s",
      requests,
      "Rides asked for; 0 when nobody gets in.",
    ),
    match &&
      card(
        "Time to match",
        match.quantile(0.5),
        match.count
          ? `Half are quicker; p95 ${duration(match.quantile(0.95))}, p99 ${duration(match.quantile(0.99))}.`
          : "Nobody has been matched yet.",
        duration(match.quantile(0.5)),
      ),
    w.after.has("hansom_cells_waiting_requests") &&
      card(
        "Waiting riders",
        w.value("hansom_cells_waiting_requests"),
        "Without a driver; grows when cars are short.",
      ),
    w.after.has("hansom_cells_free_drivers") &&
      card(
        "Free drivers",
        w.value("hansom_cells_free_drivers"),
        "That may be asked; at 0 riders wait.",
      ),
    card(
      "Trips in memory",
      count("trip"),
      "Open ones and those that have just ended.",
    ),
    card("Drivers in memory", count("driver"), "On shift or lately so."),
    card("Riders in memory", count("rider"), "With a ride or a connection."),
    card(
      "Commands/s",
      w.rate("hansom_gateway_command_seconds"),
      "All that clients ask and say, answered.",
    ),
    card(
      "Positions/s",
      w.rate("hansom_gateway_positions_total"),
      "Of drivers; a drop means they are cut off.",
    ),
    card(
      "Durable steps/s",
      writes,
      commits
        ? `In ${number(commits)} commits a second, ${number(writes / commits)} each.`
        : "Written to the journal.",
    ),
    card(
      "Connections",
      w.value("hansom_gateway_websockets"),
      "Open websockets of drivers and riders.",
    ),
    card(
      "Dropped/s",
      w.rate("hansom_drops_total"),
      "Messages dropped or refused; see Trouble.",
    ),
  ];
  fill(box, cards);
}

/// All histograms of seconds, whatever they are called.
function show_latencies(box, w) {
  const rows = [];
  for (const f of w.after.values())
    if (f.type === "histogram" && f.name.endsWith("_seconds"))
      for (const x of w.histogram(f.name))
        if (x.all > 0)
          rows.push({
            name: [
              f.name.replace(/^hansom_|_seconds$/g, "").replaceAll("_", " "),
              ...Object.values(x.labels),
            ].join(" · "),
            hint: f.help,
            ...x,
          });
  rows.sort((a, b) => b.count - a.count);
  const q = (x) => ({
    name: `p${x * 100}`,
    num: true,
    hint: `${x * 100} % were quicker`,
    cell: (row) => duration(row.quantile(x)),
  });
  fill(
    box,
    h("h2", {}, "Latency"),
    table(
      [
        {
          name: "what",
          hint: "Of the last two seconds; of all time where nothing happened",
          cell: (x) => h("span", { title: x.hint }, x.name),
        },
        {
          name: "n",
          num: true,
          hint: "How often in that time",
          cell: (x) => x.count,
        },
        q(0.5),
        q(0.95),
        q(0.99),
      ],
      rows.slice(0, 40),
      { empty: "Nothing has been measured yet.", label: "Latency" },
    ),
  );
}

function show_alarms(box, found) {
  fill(
    box,
    h("h2", {}, "Alarms"),
    table(
      [
        {
          name: "",
          hint: "How bad",
          cell: (x) =>
            h("span", { class: x.level }, x.level === "bad" ? "now" : "look"),
        },
        { name: "what", cell: (x) => h("a", { href: x.where }, x.what) },
      ],
      found,
      { empty: "None.", label: "Alarms" },
    ),
  );
}

function show_kinds(box, totals) {
  fill(
    box,
    h("h2", {}, "Actors"),
    table(
      [
        {
          name: "kind",
          cell: (x) => h("a", { href: `#/actors?kind=${x.kind}` }, x.kind),
        },
        {
          name: "in memory",
          key: "actors",
          num: true,
          hint: "Grows with the city, not with time",
        },
        {
          name: "waiting",
          key: "mailbox",
          num: true,
          hint: "Messages in all mailboxes; should stay near 0",
        },
        {
          name: "deepest",
          key: "mailbox_max",
          num: true,
          hint: "The fullest mailbox: one actor that cannot follow",
        },
        { name: "messages/s", num: true, hint: "Handled", cell: (x) => x.rate },
        {
          name: "busy %",
          num: true,
          hint: "Of one core",
          cell: (x) => x.busy_pct,
        },
      ],
      totals,
      { label: "Actors by kind" },
    ),
  );
}

/// "node.drains n2: for an upgrade (operator/anna)"
function sentence_of(x) {
  const about = x.subject && x.subject !== x.by ? ` ${x.subject}` : "";
  return `${x.kind}${about}${x.reason ? `: ${x.reason}` : ""} (${x.by})`;
}

function show_events(box, happened, stuck, dead) {
  const rows = happened?.events?.length
    ? happened.events.map((x) => ({ at: x.at, what: sentence_of(x) }))
    : [
        ...(stuck?.deaths?.last ?? []).map((x) => ({
          at: x.at_ms,
          what: `${x.actor} died in ${x.message}: ${x.why}`,
        })),
        ...(stuck?.slow?.last ?? []).map((x) => ({
          at: x.at_ms,
          what: `${x.actor} took ${duration(x.took_us / 1e6)} for ${x.message}`,
        })),
        ...(dead?.last ?? []).map((x) => ({
          at: x.at_ms,
          what: `${x.message} for ${x.actor} found nobody (${x.reason})`,
        })),
      ];
  rows.sort((a, b) => b.at - a.at);
  fill(
    box,
    h("h2", {}, "Last events"),
    table(
      [
        {
          name: "when",
          cell: (x) => h("span", { title: clock(x.at) }, ago(x.at)),
        },
        { name: "what", key: "what" },
      ],
      rows.slice(0, 10),
      {
        empty: "Nothing out of the ordinary since the start.",
        label: "Last events",
      },
    ),
  );
}
