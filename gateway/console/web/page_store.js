// What keeps the word: commits, what waits, what was refused, what follows.

import { get, get_if } from "./api.js";
import { duration, facts, fill, h, number, stat, table } from "./dom.js";
import { readings } from "./metrics.js";

export const title = "Store";
export const key = "s";

let since_last = readings();
let steps = [];

export function mount(root, page) {
  const numbers = h("div", { class: "grid" });
  const upkeep = h("section", { class: "card" });
  const all = h("section", { class: "card" });
  const state = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  const whose = h("select", {
    "aria-label": "Node",
    onchange: () => {
      page.set_query({ node: whose.value });
      forget();
      again();
    },
  });
  const forget = () => {
    since_last = readings();
    steps = [];
  };
  forget(); // The last window may be of another node.
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Store"), whose),
    state,
    numbers,
    h("div", { class: "panels" }, upkeep, all),
  );
  const again = page.poll(async () => {
    const [{ node, vitals }, keeping] = await Promise.all([
      get("/v1/admin/vitals", page.signal),
      get_if("/v1/admin/upkeep", page.signal),
    ]);
    if (page.ended()) return;
    const wanted = page.query.node ?? node;
    show_choice(whose, vitals, wanted);
    const one = vitals.find((x) => x.node === wanted);
    if (!one) {
      state.className = "card banner bad";
      return fill(state, `Node ${wanted} does not answer.`);
    }
    const w = since_last([one]);
    const check = one.health?.checks?.store ?? {};
    state.className = `card banner ${check.status === "healthy" ? "" : "warn"}`;
    fill(
      state,
      check.status === "healthy"
        ? "The store answers, and nothing waits longer than it should."
        : `The store is ${check.status}: ${check.detail ?? ""}`,
    );
    show_numbers(numbers, w);
    fill(
      upkeep,
      h("h2", {}, "Upkeep"),
      keeping && wanted === node
        ? facts(keeping, "Upkeep")
        : h(
            "p",
            { class: "faint" },
            wanted === node
              ? "This node says nothing of its upkeep."
              : `Node ${wanted} tells of its upkeep in its own console.`,
          ),
    );
    show_all(all, w);
  }, 2000);
  setTimeout(again, 700); // Rates need two readings.
}

/// The nodes to choose from; left alone while they are the same, since it may
/// be open.
function show_choice(box, vitals, wanted) {
  const names = [...new Set([...vitals.map((x) => x.node), wanted])].sort();
  if ([...box.options].map((x) => x.value).join() !== names.join())
    fill(
      box,
      names.map((x) => h("option", { value: x }, `node ${x}`)),
    );
  if (box.value !== wanted) box.value = wanted;
}

function show_numbers(box, w) {
  const commits = w.rate("hansom_journal_commits_total");
  const writes = w.rate("hansom_journal_writes_total");
  const busy = w.rate("hansom_journal_busy_seconds_total");
  const [commit] = w.histogram("hansom_journal_commit_seconds");
  const lag = w.after.get("hansom_relay_lag_seconds");
  steps.push(writes);
  if (steps.length > 60) steps.shift();
  fill(
    box,
    stat(
      "Durable steps/s",
      number(writes),
      "What entities have written.",
      steps,
    ),
    stat("Commits/s", number(commits), "Groups of them: one disk flush each."),
    stat(
      "Batch size",
      commits ? number(writes / commits) : "–",
      "Steps a commit; grows under load, which is what it is for.",
    ),
    stat("Commit p50", duration(commit?.quantile(0.5)), "Half are quicker."),
    stat(
      "Commit p99",
      duration(commit?.quantile(0.99)),
      "Above 100 ms every ride feels it.",
    ),
    stat(
      "Busy",
      Number.isFinite(busy) ? `${number(busy * 100)} %` : "–",
      "Of the time the writer spends in the store; near 100 % it is the limit.",
    ),
    stat(
      "Waiting",
      number(w.value("hansom_journal_queue_writes")),
      "Writes in the queue; grows while the store is gone.",
    ),
    stat(
      "Refused",
      number(w.value("hansom_journal_refused_total")),
      "Since the start, fenced ones too: another node owned the shard.",
    ),
    stat(
      "Behind",
      lag ? duration(w.value(lag.name)) : "–",
      lag ? lag.help : "No event stream is configured.",
    ),
  );
}

function show_all(box, w) {
  const rows = [];
  for (const f of w.after.values()) {
    if (
      !/journal|store|upkeep|redis|stream|outbox|relay|retention/.test(f.name)
    )
      continue;
    for (const x of f.samples)
      if (!/_(bucket|sum)$/.test(x.name))
        rows.push({
          name: x.name.replace(/^hansom_/, ""),
          labels: Object.values(x.labels).join(" "),
          help: f.help,
          value: x.value,
          rate: f.type === "gauge" ? NaN : w.gained(x) / w.seconds,
        });
  }
  fill(
    box,
    h("h2", {}, "All that is counted"),
    table(
      [
        {
          name: "what",
          cell: (x) => h("span", { title: x.help }, `${x.name} ${x.labels}`),
        },
        {
          name: "value",
          num: true,
          cell: (x) =>
            x.name.endsWith("_seconds") && x.value > 0
              ? duration(x.value)
              : number(x.value),
        },
        {
          name: "/s",
          num: true,
          hint: "Over the last two seconds",
          cell: (x) => number(x.rate),
        },
      ],
      rows,
      { label: "All figures of the store" },
    ),
  );
}
