// Nodes, whose shard is whose, what moves, what happened. A node that runs
// alone says so.

import { get, get_if, may_order, post } from "./api.js";
import {
  ago,
  clock,
  confirm_change,
  duration,
  facts,
  fill,
  h,
  number,
  say,
  table,
} from "./dom.js";

export const title = "Cluster";
export const key = "c";

const hues = [
  "#35c2ff",
  "#f2b705",
  "#b78cff",
  "#4cc38a",
  "#ff5d8f",
  "#ff9f4a",
  "#8ab8ff",
  "#c9d84a",
  "#e07be0",
  "#5fd3c4",
];
const list_of = (x, name) => (Array.isArray(x) ? x : (x?.[name] ?? []));
const text_of = (x) =>
  x === null || x === undefined
    ? "–"
    : typeof x === "object"
      ? JSON.stringify(x)
      : String(x);

export function mount(root, page) {
  const state = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  const nodes = h("section", { class: "card" });
  const shards = h("section", { class: "card" });
  const moves = h("section", { class: "card" });
  const events = h("section", { class: "card" });
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Cluster")),
    state,
    nodes,
    h("div", { class: "panels" }, shards, moves, events),
  );
  page.poll(async () => {
    const [members, owners, balance, happened] = await Promise.all(
      ["nodes", "shards", "rebalance", "events?limit=50"].map((x) =>
        get_if(`/v1/admin/${x}`, page.signal),
      ),
    );
    if (page.ended()) return;
    if (!members) return alone(page, state, nodes, shards, events);
    const rows = list_of(members, "nodes");
    const bad = rows.filter(
      (x) => x.state && !/^(up|serving|active|healthy|alive)$/.test(x.state),
    );
    state.className = `card banner ${bad.length ? "warn" : ""}`;
    fill(
      state,
      rows.length < 2
        ? "This node runs alone."
        : bad.length
          ? `${bad.map((x) => `${x.node ?? x.name} is ${x.state}`).join(", ")}.`
          : `${rows.length} nodes, all well.`,
    );
    const owned = list_of(owners, "shards");
    const names = [
      ...new Set([...rows.map(name_of), ...owned.map(owner_of)]),
    ].filter(Boolean);
    show_nodes(nodes, rows, names);
    show_shards(shards, owned, names);
    show_moves(moves, balance, owned);
    show_events(events, list_of(happened, "events"));
  }, 2000);
}

const name_of = (x) => text_of(x.name ?? x.node);
const owner_of = (x) => text_of(x.owner ?? x.node);
const hue = (names, x) => hues[Math.max(0, names.indexOf(x)) % hues.length];
const swatch = (names, x) => {
  const dot = h("span", { class: "dot" });
  dot.style.background = hue(names, x);
  return dot;
};

/// What one node can say of itself without a cluster around it.
async function alone(page, state, nodes, shards, events) {
  const [health, { node, totals, actors }] = await Promise.all([
    get("/health/ready", page.signal),
    get("/v1/admin/actors?limit=1000", page.signal),
  ]);
  if (page.ended()) return;
  fill(
    state,
    "This node runs alone: it owns every shard, and there is nobody to hand anything to.",
  );
  fill(
    nodes,
    h("h2", {}, "Node"),
    table(
      [
        { name: "name", cell: () => node ?? location.host },
        { name: "version", cell: () => health.version },
        { name: "up", cell: () => duration(health.uptime_seconds) },
        { name: "health", cell: () => health.status },
        {
          name: "actors",
          num: true,
          cell: () => totals.reduce((n, x) => n + x.actors, 0),
        },
      ],
      [health],
      { label: "Node" },
    ),
  );
  const by_shard = new Map();
  for (const x of actors)
    if (x.shard !== undefined)
      by_shard.set(x.shard, { shard: x.shard, owner: node, epoch: x.epoch });
  if (by_shard.size)
    show_shards(
      shards,
      [...by_shard.values()].sort((a, b) => a.shard - b.shard),
      [node],
    );
  else
    fill(
      shards,
      h("h2", {}, "Shards"),
      h("p", { class: "faint" }, "All are here."),
    );
  fill(
    events,
    h("h2", {}, "Checks"),
    facts(
      Object.fromEntries(
        Object.entries(health.checks).map(([k, x]) => [
          k,
          x.detail ? `${x.status}: ${x.detail}` : x.status,
        ]),
      ),
      "Checks",
    ),
  );
}

function show_nodes(box, rows, names) {
  const known = new Set([
    "name",
    "node",
    "state",
    "incarnation",
    "shards",
    "version",
  ]);
  const more = [...new Set(rows.flatMap((x) => Object.keys(x)))]
    .filter((x) => !known.has(x))
    .slice(0, 8);
  fill(
    box,
    h("h2", {}, "Nodes"),
    table(
      [
        {
          name: "node",
          cell: (x) => h("span", {}, swatch(names, name_of(x)), name_of(x)),
        },
        {
          name: "state",
          cell: (x) => h("span", { class: "tag" }, text_of(x.state)),
        },
        {
          name: "incarnation",
          num: true,
          hint: "Rises with each start of the process",
          cell: (x) => text_of(x.incarnation),
        },
        {
          name: "shards",
          num: true,
          hint: "That it owns",
          cell: (x) =>
            text_of(Array.isArray(x.shards) ? x.shards.length : x.shards),
        },
        { name: "version", cell: (x) => text_of(x.version) },
        ...more.map((k) => ({
          name: k.replaceAll("_", " "),
          cell: (x) =>
            /(_at|_ms|^since)$/.test(k) && x[k] > 1e12
              ? ago(x[k])
              : text_of(x[k]),
        })),
        {
          name: "",
          cell: (x) =>
            h(
              "span",
              {},
              act(
                x,
                "drain",
                "Its shards move to others, its clients are asked to go; it runs on.",
              ),
              " ",
              act(x, "undrain", "It takes shards again."),
            ),
        },
      ],
      rows,
      { label: "Nodes" },
    ),
    rows.filter((x) => x.drain).map((x) => progress(x)),
  );
}

function progress(x) {
  const { done = 0, total = 0, rate = 0 } = x.drain;
  const bar = h("div");
  bar.style.width = `${total ? (100 * done) / total : 0}%`;
  return h(
    "div",
    {
      role: "progressbar",
      "aria-label": `Drain of ${name_of(x)}`,
      "aria-valuenow": String(done),
      "aria-valuemax": String(total),
    },
    `${name_of(x)}: ${number(done)} of ${number(total)} moved${rate ? `, about ${duration((total - done) / rate)} left` : ""}`,
    h("div", { class: "meter" }, bar),
  );
}

function act(node, what, text) {
  const locked = !may_order();
  return h(
    "button",
    {
      disabled: locked,
      title: locked ? "Needs a token of role operator" : text,
      "data-act": what,
      onclick: async () => {
        const name = name_of(node);
        const yes = await confirm_change({
          title: `${what} ${name}`,
          text,
          go: what,
          type: what === "drain" ? name : undefined,
        });
        if (!yes) return;
        try {
          await post(`/v1/admin/nodes/${encodeURIComponent(name)}/${what}`);
          say(`${name}: ${what} has begun.`);
        } catch (e) {
          say(e.message, true);
        }
      },
    },
    what,
  );
}

function show_shards(box, owned, names) {
  fill(
    box,
    h("h2", {}, `Shards by owner (${number(owned.length)})`),
    h(
      "p",
      {},
      names.map((x) =>
        h(
          "span",
          { class: "tag" },
          swatch(names, x),
          `${x} ${number(owned.filter((s) => owner_of(s) === x).length)}`,
        ),
      ),
    ),
    h(
      "div",
      { class: "shards" },
      owned.map((x) => {
        const label = `shard ${x.shard ?? x.id} on ${owner_of(x)}, epoch ${text_of(x.epoch)}${x.state ? `, ${x.state}` : ""}`;
        const cell = h("button", {
          title: label,
          "aria-label": label,
          class: /mov|hand|drain|freez/.test(x.state ?? "")
            ? "moving"
            : undefined,
          onclick: () => move(x, names),
        });
        cell.style.background = hue(names, owner_of(x));
        return cell;
      }),
    ),
    h(
      "p",
      { class: "hint" },
      may_order()
        ? "Choose one to move it."
        : "Moving one needs a token of role operator.",
    ),
  );
}

async function move(x, names) {
  const others = names.filter((n) => n !== owner_of(x));
  const shard = x.shard ?? x.id;
  if (!may_order()) return;
  if (others.length === 0)
    return say("There is no other node to move it to.", true);
  const to = await confirm_change({
    title: `Move shard ${shard}`,
    text: `It leaves ${owner_of(x)}; its actors pause for some ten milliseconds.`,
    go: "Move",
    fields: [{ name: "to", label: "To", options: others }],
  });
  if (!to) return;
  try {
    await post(`/v1/admin/shards/${shard}/move`, { to: to.to });
    say(`Shard ${shard} moves to ${to.to}.`);
  } catch (e) {
    say(e.message, true);
  }
}

function show_moves(box, balance, owned) {
  const moving = owned.filter((x) =>
    /mov|hand|drain|freez/.test(x.state ?? ""),
  );
  fill(
    box,
    h("h2", {}, "Moves"),
    table(
      [
        { name: "shard", cell: (x) => text_of(x.shard ?? x.id) },
        { name: "from", cell: owner_of },
        { name: "to", cell: (x) => text_of(x.to ?? x.target) },
        { name: "state", key: "state" },
      ],
      moving,
      { empty: "Nothing moves.", label: "Moves" },
    ),
    balance && facts(balance, "Rebalance"),
  );
}

function show_events(box, rows) {
  fill(
    box,
    h("h2", {}, "Events"),
    table(
      [
        {
          name: "when",
          cell: (x) =>
            h("span", { title: clock(x.at_ms ?? x.at) }, ago(x.at_ms ?? x.at)),
        },
        { name: "who", cell: (x) => text_of(x.by ?? x.node) },
        {
          name: "what",
          cell: (x) =>
            text_of(x.text ?? x.what ?? x.event ?? x.kind) +
            (x.detail ? `: ${text_of(x.detail)}` : ""),
        },
      ],
      rows,
      { empty: "Nothing has happened.", label: "Events" },
    ),
  );
}
