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
const drains = new Map(); // Node -> {began, had}: how a drain goes.

export function mount(root, page) {
  const state = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  const part = () => h("section", { class: "card" });
  const parts = {
    nodes: part(),
    shards: part(),
    moves: part(),
    events: part(),
  };
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Cluster")),
    state,
    parts.nodes,
    h("div", { class: "panels" }, parts.shards, parts.moves, parts.events),
  );
  page.poll(async () => {
    const [members, owners, balance, happened] = await Promise.all(
      ["nodes", "shards", "rebalance", "events?last=50"].map((x) =>
        get_if(`/v1/admin/${x}`, page.signal),
      ),
    );
    if (page.ended()) return;
    show_events(parts.events, happened?.events ?? []);
    if (!members?.nodes?.length) return alone(page, state, parts);
    const nodes = [...members.nodes].sort((a, b) =>
      a.name.localeCompare(b.name, "en", { numeric: true }),
    );
    show_state(state, nodes, balance);
    const names = nodes.map((x) => x.name);
    show_nodes(parts.nodes, nodes, names);
    show_shards(parts.shards, owners?.shards ?? [], names);
    show_moves(parts.moves, balance);
  }, 2000);
}

const hue = (names, x) => hues[Math.max(0, names.indexOf(x)) % hues.length];

function swatch(names, x) {
  const dot = h("span", { class: "dot" });
  dot.style.background = hue(names, x);
  return dot;
}

/// What one node can say of itself without a cluster around it.
async function alone(page, state, parts) {
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
    parts.nodes,
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
          hint: "In memory",
          cell: () => totals.reduce((n, x) => n + x.actors, 0),
        },
      ],
      [health],
      { label: "Node" },
    ),
  );
  const seen = new Map();
  for (const x of actors)
    if (x.shard !== undefined)
      seen.set(x.shard, { shard: x.shard, owner: node, epoch: x.epoch });
  if (seen.size)
    show_shards(
      parts.shards,
      [...seen.values()].sort((a, b) => a.shard - b.shard),
      [node],
    );
  else
    fill(
      parts.shards,
      h("h2", {}, "Shards"),
      h("p", { class: "faint" }, "All are here."),
    );
  const checks = Object.entries(health.checks).map(([name, x]) => [
    name,
    x.detail ? `${x.status}: ${x.detail}` : x.status,
  ]);
  fill(
    parts.moves,
    h("h2", {}, "Checks"),
    facts(Object.fromEntries(checks), "Checks"),
  );
}

function show_state(box, nodes, balance) {
  const off = nodes.filter((x) => x.status !== "active");
  const doubted = nodes.filter((x) => x.suspected?.length);
  const wrong = [
    ...off.map((x) => `${x.name} is ${x.status}`),
    ...doubted.map((x) => `${x.name} is suspected by ${x.suspected.length}`),
    ...(balance?.nobody ? [`${balance.nobody} shards have no owner`] : []),
    ...(balance?.paused ? ["rebalancing is paused"] : []),
  ];
  box.className = `card banner ${balance?.nobody ? "bad" : wrong.length ? "warn" : ""}`;
  fill(
    box,
    wrong.length
      ? `${wrong.join(", ")}.`
      : `${number(nodes.length)} nodes, all active; every shard has its owner.`,
  );
}

function show_nodes(box, nodes, names) {
  fill(
    box,
    h("h2", {}, "Nodes"),
    table(
      [
        {
          name: "node",
          cell: (x) =>
            h(
              "span",
              {},
              swatch(names, x.name),
              x.url?.startsWith("http")
                ? h("a", { href: `${x.url}/console/` }, x.name)
                : x.name,
            ),
        },
        {
          name: "status",
          hint: "active takes shards; draining gives them away",
          cell: (x) => h("span", { class: "tag" }, x.status),
        },
        {
          name: "incarnation",
          key: "incarnation",
          num: true,
          hint: "Rises with each start of a process",
        },
        {
          name: "shards",
          key: "shards",
          num: true,
          hint: "That it owns now",
        },
        {
          name: "share",
          key: "share",
          num: true,
          hint: "That it should own",
        },
        { name: "pins", key: "pins", num: true, hint: "Shards held to it" },
        {
          name: "heartbeat",
          num: true,
          hint: "Since the last one; seconds mean trouble",
          cell: (x) => `${duration(x.beat_ago_ms / 1000)} ago`,
        },
        { name: "since", cell: (x) => ago(x.since) },
        { name: "version", key: "version" },
        {
          name: "doubts",
          optional: true,
          cell: (x) =>
            [
              ...(x.suspected ?? []).map((y) => `${y.by}: ${y.evidence}`),
              ...(x.cannot_reach ?? []).map((y) => `cannot reach ${y}`),
            ].join(", "),
        },
        {
          name: "orders",
          cell: (x) =>
            h(
              "span",
              {},
              x.status === "active"
                ? order_button(x.name, "drain")
                : order_button(x.name, "undrain"),
              " ",
              order_button(x.name, "remove"),
            ),
        },
      ],
      nodes,
      { label: "Nodes" },
    ),
    nodes.map((x) => progress_of(x)).filter(Boolean),
  );
}

/// How far a drain is, and how long it will take at the rate so far.
function progress_of(x) {
  if (x.status !== "draining") {
    drains.delete(x.name);
    return null;
  }
  if (!drains.has(x.name))
    drains.set(x.name, { began: Date.now(), had: x.shards });
  const { began, had } = drains.get(x.name);
  const done = Math.max(0, had - x.shards);
  const rate = done / Math.max(1, (Date.now() - began) / 1000);
  const bar = h("div");
  bar.style.width = `${had ? (100 * done) / had : 100}%`;
  return h(
    "div",
    {
      role: "progressbar",
      "aria-label": `Drain of ${x.name}`,
      "aria-valuenow": String(done),
      "aria-valuemin": "0",
      "aria-valuemax": String(had),
    },
    `${x.name}: ${number(x.shards)} shards left` +
      (rate > 0 && x.shards ? `, about ${duration(x.shards / rate)}` : ""),
    h("div", { class: "meter" }, bar),
  );
}

const texts = {
  drain:
    "Its shards move to others and its clients are asked to go; the process runs on.",
  undrain: "It takes shards again.",
  remove: "It is drained, then forgotten.",
};

/// The node's own plan is shown before anything happens.
function order_button(name, what) {
  const locked = !may_order();
  const path = `/v1/admin/nodes/${encodeURIComponent(name)}/${what}`;
  const go = async () => {
    const plan = await post(path, { dry_run: true });
    if (plan.already) return say(`${plan.why}.`);
    const moves = plan.moves.length;
    const blocked = plan.blocked.length;
    const warning = plan.confirm ? `${plan.confirm}. ` : "";
    const answer = await confirm_change({
      title: `${what} ${name}`,
      text: `${texts[what]} ${warning}${number(moves)} shards would move${blocked ? `, ${blocked} have nowhere to go` : ""}.`,
      go: what,
      type: what === "undrain" ? undefined : name,
      fields: [{ name: "reason", label: "Reason" }],
    });
    if (!answer) return;
    await post(path, { reason: answer.reason, confirm: name });
    say(`${name}: ${what} has begun.`);
  };
  return h(
    "button",
    {
      disabled: locked,
      title: locked ? "Needs a token of role operator" : texts[what],
      "data-act": what,
      onclick: () => go().catch((e) => say(e.message, true)),
    },
    what,
  );
}

function show_shards(box, shards, names) {
  const of = (x) => shards.filter((s) => s.owner === x).length;
  fill(
    box,
    h("h2", {}, `Shards by owner (${number(shards.length)})`),
    h(
      "p",
      {},
      names.map((x) =>
        h("span", { class: "tag" }, swatch(names, x), `${x} ${number(of(x))}`),
      ),
    ),
    h(
      "div",
      { class: "shards" },
      shards.map((x) => {
        const moves = x.wanted && x.wanted !== x.owner;
        const label =
          `shard ${x.shard} on ${x.owner || "nobody"}, epoch ${x.epoch}` +
          (moves ? `, should be on ${x.wanted}` : "") +
          (x.pin ? `, pinned to ${x.pin}` : "");
        const cell = h("button", {
          title: label,
          "aria-label": label,
          class: moves && "moving",
          onclick: () => pin(x, names).catch((e) => say(e.message, true)),
        });
        cell.style.background = x.owner ? hue(names, x.owner) : "transparent";
        return cell;
      }),
    ),
    h(
      "p",
      { class: "hint" },
      may_order()
        ? "Choose one to move it, or to let it go where it belongs."
        : "Moving one needs a token of role operator.",
    ),
  );
}

async function pin(x, names) {
  if (!may_order()) return;
  const others = names.filter((n) => n !== x.owner);
  if (others.length === 0)
    return say("There is no other node to move it to.", true);
  const free = "where it belongs";
  const answer = await confirm_change({
    title: `Move shard ${x.shard}`,
    text: `It leaves ${x.owner || "nobody"} and stays where it is moved; its actors pause for some ten milliseconds.`,
    go: "Move",
    fields: [
      { name: "to", label: "To", options: x.pin ? [...others, free] : others },
      { name: "reason", label: "Reason" },
    ],
  });
  if (!answer) return;
  if (answer.to === free)
    await post(`/v1/admin/shards/${x.shard}/unpin`, { reason: answer.reason });
  else
    await post(`/v1/admin/shards/${x.shard}/pin`, {
      node: answer.to,
      reason: answer.reason,
    });
  say(`Shard ${x.shard} goes to ${answer.to}.`);
}

function show_moves(box, balance) {
  const what = balance?.paused ? "resume" : "pause";
  const change = async () => {
    const answer = await confirm_change({
      title: `${what} rebalancing`,
      text: balance.paused
        ? "Shards move to where they belong again."
        : "No shard moves for balance until it is resumed; drains go on.",
      go: what,
      danger: false,
      fields: [{ name: "reason", label: "Reason" }],
    });
    if (!answer) return;
    await post(`/v1/admin/rebalance/${what}`, { reason: answer.reason });
    say(`Rebalancing: ${what}.`);
  };
  fill(
    box,
    h(
      "div",
      { class: "bar" },
      h("h2", {}, "Moves"),
      h(
        "button",
        {
          disabled: !may_order() || !balance,
          title: may_order() ? undefined : "Needs a token of role operator",
          "data-act": what,
          onclick: () => change().catch((e) => say(e.message, true)),
        },
        `${what} rebalancing`,
      ),
    ),
    table(
      [
        { name: "shard", cell: (x) => String(x.shard) },
        { name: "from", key: "from" },
        { name: "to", key: "to" },
        { name: "why", key: "why" },
      ],
      balance?.moves ?? [],
      { empty: "Every shard is where it belongs.", label: "Moves" },
    ),
  );
}

function show_events(box, events) {
  fill(
    box,
    h("h2", {}, "Events"),
    table(
      [
        {
          name: "when",
          cell: (x) => h("span", { title: clock(x.at) }, ago(x.at)),
        },
        { name: "what", key: "kind" },
        { name: "whom", key: "subject" },
        { name: "by", key: "by" },
        { name: "why", key: "reason", optional: true },
      ],
      [...events].sort((a, b) => b.at - a.at),
      { empty: "Nothing has happened.", label: "Events" },
    ),
  );
}
