// Who is there, what is he doing: a list that can be sorted and filtered, and
// one actor with his state and his messages, live.

import { get, get_if, may_order, post, problem, query } from "./api.js";
import {
  ago,
  clock,
  confirm_change,
  duration,
  fill,
  h,
  json_view,
  number,
  say,
  table,
} from "./dom.js";

export const title = "Actors";
export const key = "a";

const kinds = ["", "driver", "rider", "trip", "cell"];
const sorts = ["mailbox", "rate", "busy", "handled", "age", "running", "name"];
const shown_max = 500;
const tail_wait_ms = 5000; // Half of what the gateway gives an answer.

export function mount(root, page) {
  if (page.parts.length >= 2) show_one(root, page, page.parts.slice(0, 2));
  else show_list(root, page);
}

function show_list(root, page) {
  const list = h("section", { class: "card" });
  const totals = h("span", { class: "faint" });
  const kind = h(
    "select",
    { "aria-label": "Kind" },
    kinds.map((x) => h("option", { value: x }, x || "all kinds")),
  );
  const sort = h(
    "select",
    { "aria-label": "Sort by" },
    sorts.map((x) => h("option", { value: x }, `by ${x}`)),
  );
  const text = h("input", {
    "data-search": true,
    placeholder: "part of a name, or driver/7",
    size: "26",
    "aria-label": "Filter by name",
  });
  const state = h("input", {
    placeholder: "state",
    size: "12",
    "aria-label": "Filter by state",
  });
  const freeze = h(
    "button",
    {
      type: "button",
      "data-freeze": true,
      "aria-pressed": "false",
      title: "Space",
    },
    "Freeze",
  );
  const q = page.query;
  [kind.value, sort.value, text.value, state.value] = [
    q.kind ?? "",
    q.sort ?? "mailbox",
    q.text ?? "",
    q.state ?? "",
  ];
  let again = () => {};
  let frozen = false;
  const changed = () => {
    page.set_query({
      ...page.query,
      kind: kind.value,
      sort: sort.value === "mailbox" ? "" : sort.value,
      text: text.value.trim(),
      state: state.value.trim(),
    });
    again();
  };
  for (const x of [kind, sort]) x.addEventListener("change", changed);
  for (const x of [text, state]) x.addEventListener("input", changed);
  freeze.addEventListener("click", () => {
    frozen = !frozen;
    freeze.setAttribute("aria-pressed", String(frozen));
  });
  root.append(
    h("div", { class: "head" }, h("h1", {}, "Actors"), totals),
    h(
      "form",
      {
        class: "bar",
        onsubmit: (e) => {
          e.preventDefault();
          const name = text.value.trim();
          if (/^\w+\/\w+$/.test(name)) location.hash = `#/actors/${name}`;
          else say("A whole name opens an actor, such as driver/7.", true);
        },
      },
      text,
      // Without it a form of two fields does not hear Enter.
      h("button", { title: "Enter" }, "Open"),
      kind,
      state,
      sort,
      freeze,
    ),
    list,
  );
  again = page.poll(async () => {
    if (frozen) return;
    const answer = await get(
      `/v1/admin/actors${query({ limit: 100, ...page.query })}`,
      page.signal,
    );
    if (page.ended() || frozen) return;
    totals.textContent =
      answer.totals.map((x) => `${number(x.actors)} ${x.kind}s`).join(", ") +
      (answer.matched !== undefined ? `; ${number(answer.matched)} match` : "");
    const by = {
      sort: sort.value,
      onsort: (x) => {
        sort.value = x;
        changed();
      },
      label: "Actors",
      empty: "Nobody is like that.",
    };
    fill(
      list,
      table(
        [
          {
            name: "actor",
            sort: "name",
            cell: (x) =>
              h("a", { href: `#/actors/${x.actor}`, class: "mono" }, x.actor),
          },
          {
            name: "state",
            optional: true,
            cell: (x) => x.state && h("span", { class: "tag" }, x.state),
          },
          { name: "node", optional: true, key: "node" },
          {
            name: "waiting",
            key: "mailbox",
            num: true,
            sort: "mailbox",
            hint: "Messages in the mailbox; should be near 0",
          },
          {
            name: "messages/s",
            optional: true,
            key: "rate",
            num: true,
            sort: "rate",
            hint: "Handled, since the look before",
          },
          {
            name: "busy %",
            optional: true,
            key: "busy_pct",
            num: true,
            sort: "busy",
            hint: "Of one core",
          },
          {
            name: "handled",
            key: "handled",
            num: true,
            sort: "handled",
            hint: "Since it came into memory",
          },
          {
            name: "age",
            num: true,
            sort: "age",
            cell: (x) => duration(x.age_s),
            hint: "Since it came into memory",
          },
          {
            name: "in",
            sort: "running",
            hint: "The message that it handles now, and since when",
            cell: (x) =>
              x.running && `${x.running} ${duration(x.running_ms / 1000)}`,
          },
        ],
        answer.actors,
        by,
      ),
    );
  }, 1000);
}

function show_one(root, page, parts) {
  const name = parts.join("/");
  const path = `/v1/admin/actors/${parts.map(encodeURIComponent).join("/")}`;
  const probe = h("div", { class: "grid" });
  const state = h("section", { class: "card" });
  const last = h("section", { class: "card" });
  const note = h("p", { class: "bad", role: "alert" });
  const tail = tail_of(path, page);
  root.append(
    h(
      "div",
      { class: "head" },
      h("h1", { class: "mono" }, name),
      h("span", { class: "grow" }),
      passivate(path, name),
    ),
    note,
    probe,
    h("div", { class: "panels" }, state, last, tail),
  );
  let before;
  page.poll(async () => {
    const x = await get_if(path, page.signal);
    if (page.ended()) return;
    note.textContent = x
      ? ""
      : `${name} is not in this node's memory. The next message to it brings it back.`;
    if (!x) return;
    const p = x.probe;
    const small = (label, value, hint) =>
      h(
        "div",
        { class: "card stat" },
        h("div", { class: "faint" }, label),
        h("div", {}, value),
        h("div", { class: "hint" }, hint),
      );
    fill(
      probe,
      small("Waiting", number(p.mailbox), "Messages in its mailbox."),
      small("Handled", number(p.handled), "Since it came into memory."),
      p.rate !== undefined &&
        small("Messages/s", number(p.rate), "Since the look before."),
      small(
        "Now",
        (p.state ? `${p.state.replaceAll("_", " ")}; ` : "") +
          (p.running
            ? `in ${p.running} for ${duration(p.running_ms / 1000)}`
            : "at rest"),
        "What it is, and the message in its hands.",
      ),
      small("Age", duration(p.age_s), "Since it came into memory."),
      p.shard !== undefined &&
        small(
          "Shard",
          `${p.shard}, epoch ${p.epoch}`,
          `On node ${p.node ?? "?"}.`,
        ),
    );
    fill(state, h("h2", {}, "State"), json_view(x.state, before));
    before = x.state;
    fill(
      last,
      h("h2", {}, "Last messages"),
      table(
        [
          {
            name: "when",
            cell: (m) => `${duration(m.ago_ms / 1000)} ago`,
          },
          { name: "message", key: "message" },
          { name: "took", num: true, cell: (m) => duration(m.took_us / 1e6) },
          {
            name: "trip",
            cell: (m) =>
              m.trip &&
              h("a", { href: `#/trips/${m.trip}`, class: "mono" }, m.trip),
          },
        ],
        p.last_messages ?? [],
        { empty: "It has handled nothing yet.", label: "Last messages" },
      ),
    );
  }, 1000);
}

/// What it handles, as it happens; only while it is wanted.
function tail_of(path, page) {
  const rows = [];
  const body = h("div");
  const button = h(
    "button",
    { "data-freeze": true, "aria-pressed": "false", title: "Space" },
    "Follow",
  );
  let next = 0;
  let on = false;
  const show = (dropped = 0) =>
    fill(
      body,
      table(
        [
          {
            name: "when",
            cell: (m) => h("span", { title: ago(m.at_ms) }, clock(m.at_ms)),
          },
          {
            name: "message",
            cell: (m) =>
              h("span", { class: m.failed ? "bad" : undefined }, m.message),
          },
          { name: "took", num: true, cell: (m) => duration(m.took_us / 1e6) },
          { name: "text", cell: (m) => m.text && h("code", {}, m.text) },
        ],
        rows,
        {
          empty: on ? "Waiting for its next message …" : "Not followed.",
          label: "Live messages",
        },
      ),
      dropped > 0 &&
        h(
          "p",
          { class: "warn" },
          `${number(dropped)} more came too fast to be kept.`,
        ),
    );
  const again = page.poll(async () => {
    if (!on) return false;
    try {
      const x = await get_if(
        `${path}/tail?after=${next}&wait_ms=${tail_wait_ms}`,
        page.signal,
      );
      if (!x) throw new problem(404, { detail: "nothing here tells of it" });
      next = x.next;
      rows.unshift(...x.messages.reverse());
      rows.length = Math.min(rows.length, shown_max);
      if (on) show(x.dropped);
    } catch (e) {
      // A node that is away for a moment is asked again.
      if (!(e instanceof problem) || page.ended()) throw e;
      on = false;
      button.setAttribute("aria-pressed", "false");
      fill(
        body,
        h("p", { class: "warn" }, `It cannot be followed: ${e.message}`),
      );
    }
    return true;
  }, 200);
  button.addEventListener("click", () => {
    on = !on;
    button.setAttribute("aria-pressed", String(on));
    show();
    if (on) again();
  });
  show();
  return h(
    "section",
    { class: "card" },
    h("div", { class: "bar" }, h("h2", {}, "Live"), button),
    body,
  );
}

function passivate(path, name) {
  const locked = !may_order();
  return h(
    "button",
    {
      disabled: locked,
      title: locked
        ? "Needs a token of role operator"
        : "Ask it to leave memory",
      "data-act": "passivate",
      onclick: async () => {
        try {
          const plan = await post(`${path}/passivate`, { dry_run: true });
          const yes = await confirm_change({
            title: `Passivate ${name}`,
            text: `${plan.why ?? ""} It leaves memory when it can; the next message brings it back from the store.`,
            go: "Passivate",
          });
          if (!yes) return;
          const x = await post(`${path}/passivate`, { dry_run: false });
          say(
            x.left ? `${name} has left memory.` : `${name} stays: ${x.why}`,
            !x.left,
          );
        } catch (e) {
          say(e.message, true);
        }
      },
    },
    "Passivate …",
  );
}
