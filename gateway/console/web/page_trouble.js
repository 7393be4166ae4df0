// Dead letters, what is stuck, what was slow, who died, which messages cost.

import { get_if } from "./api.js";
import { ago, clock, duration, fill, h, number, table } from "./dom.js";

export const title = "Trouble";
export const key = "x";

const actor_link = (x) => h("a", { href: `#/actors/${x.actor}` }, x.actor);
const when = {
  name: "when",
  cell: (x) => h("span", { title: clock(x.at_ms) }, ago(x.at_ms)),
};
const us = (x) => duration(x / 1e6);

export function mount(root, page) {
  const parts = Object.fromEntries(
    ["stuck", "slow", "deaths", "dead", "drops", "messages"].map((x) => [
      x,
      h("section", {
        class: ["stuck", "messages"].includes(x) ? "card whole" : "card",
      }),
    ]),
  );
  const verdict = h(
    "div",
    { class: "card banner", role: "status" },
    "Asking the node …",
  );
  let sort = page.query.sort ?? "handled";
  root.append(
    h(
      "div",
      { class: "head" },
      h("h1", {}, "Trouble"),
      h("span", { class: "faint" }, "What is stuck, lost, slow or dead"),
    ),
    verdict,
    h("div", { class: "panels" }, Object.values(parts)),
  );
  const again = page.poll(async () => {
    const [stuck, dead, messages] = await Promise.all([
      get_if("/v1/admin/stuck", page.signal),
      get_if("/v1/admin/deadletters", page.signal),
      get_if(`/v1/admin/messages?sort=${sort}`, page.signal),
    ]);
    if (page.ended()) return;
    if (!stuck) return fill(verdict, "This node does not tell what is stuck.");
    const now = stuck.running.length + stuck.backlog.length;
    verdict.className = `card banner ${now ? "bad" : ""}`;
    fill(verdict, stuck.verdict[0].toUpperCase() + stuck.verdict.slice(1));
    fill(
      parts.stuck,
      h("h2", {}, "Stuck now"),
      table(
        [
          { name: "actor", cell: actor_link },
          {
            name: "in",
            hint: "The message that it is handling",
            cell: (x) => x.message ?? x.running,
          },
          {
            name: "since",
            num: true,
            hint: "It should have been done long ago",
            cell: (x) => duration((x.running_ms ?? 0) / 1000),
          },
          {
            name: "waiting",
            key: "mailbox",
            num: true,
            hint: "Messages behind it",
          },
        ],
        [...stuck.running, ...stuck.backlog],
        { empty: "Nothing.", label: "Stuck now" },
      ),
    );
    fill(
      parts.slow,
      h("h2", {}, `Slow handlers (${number(stuck.slow.total)})`),
      table(
        [
          when,
          { name: "actor", cell: actor_link },
          { name: "message", key: "message" },
          { name: "took", num: true, cell: (x) => us(x.took_us) },
          {
            name: "may take",
            num: true,
            cell: (x) => duration(x.deadline_ms / 1000),
          },
        ],
        stuck.slow.last.slice(0, 50),
        { label: "Slow handlers" },
      ),
    );
    fill(
      parts.deaths,
      h("h2", {}, `Died of an exception (${number(stuck.deaths.total)})`),
      table(
        [
          when,
          { name: "actor", cell: actor_link },
          { name: "message", key: "message" },
          { name: "why", key: "why" },
        ],
        stuck.deaths.last.slice(0, 50),
        { label: "Deaths" },
      ),
    );
    if (dead) {
      fill(
        parts.dead,
        h("h2", {}, `Dead letters (${number(dead.total)})`),
        table(
          [
            { name: "reason", key: "reason" },
            { name: "how many", key: "count", num: true },
          ],
          dead.by,
          { empty: "None since the start.", label: "Dead letters by reason" },
        ),
        dead.last.length > 0 &&
          table(
            [
              when,
              { name: "for", cell: actor_link },
              { name: "message", key: "message" },
              { name: "reason", key: "reason" },
            ],
            dead.last.slice(0, 50),
            { label: "Last dead letters" },
          ),
        dead.unhandled?.total > 0 &&
          h(
            "p",
            { class: "warn" },
            `${number(dead.unhandled.total)} messages were not known to their receiver.`,
          ),
      );
      fill(
        parts.drops,
        h("h2", {}, "Dropped or refused"),
        table(
          [
            { name: "reason", key: "reason" },
            {
              name: "how many",
              key: "count",
              num: true,
              hint: "Since the start",
            },
          ],
          (dead.drops ?? [])
            .filter((x) => x.count > 0)
            .sort((a, b) => b.count - a.count),
          { empty: "Nothing.", label: "Drops" },
        ),
      );
    }
    if (messages)
      fill(
        parts.messages,
        h("h2", {}, "Messages"),
        table(
          [
            { name: "to", key: "kind" },
            { name: "message", key: "message" },
            { name: "handled", key: "handled", num: true, sort: "handled" },
            { name: "failed", key: "failed", num: true, sort: "failed" },
            { name: "slow", key: "slow", num: true, sort: "slow" },
            { name: "p50", num: true, cell: (x) => us(x.p50_us) },
            { name: "p99", num: true, sort: "p99", cell: (x) => us(x.p99_us) },
            {
              name: "busy",
              num: true,
              sort: "busy",
              hint: "Time in the handler, in all",
              cell: (x) => duration(x.busy_ms / 1000),
            },
          ],
          messages.messages,
          {
            sort,
            onsort: (x) => {
              sort = x;
              page.set_query({ sort });
              again();
            },
            label: "Messages",
          },
        ),
      );
  }, 2000);
}
