// How long the console takes to answer what somebody in a hurry asks: from the
// first click to the answer on the screen. Prints a table.

import { launch, open, url } from "./browser.mjs";

const runs = Number(process.env.RUNS ?? 7);
const faults = [];
const browser = await launch();
const page = await open(browser, faults, {
  viewport: { width: 1280, height: 800 },
});
const go_to = (name) => page.click(`.side a[data-page=${name}]`);
const text_of = (x) => page.locator(x).first().innerText();

/// Asks the node as the page would.
const get = (path) =>
  page.evaluate(async (x) => (await fetch(x)).json(), path);

/// A trip that has no driver if there is one, and a driver and a rider who are
/// there; anew for each run, since the city lives.
async function somebody() {
  const { trips } = await get("/v1/admin/trips?limit=1000");
  const without = trips.filter((x) => x.rider && !x.driver);
  const { actors } = await get("/v1/admin/actors?kind=driver&limit=50");
  return {
    trip: without.at(-1) ?? trips.find((x) => x.rider),
    driver: actors[Math.floor(Math.random() * actors.length)].actor,
  };
}

const questions = [
  {
    name: "Who is this actor, and what is it doing?",
    way: "Actors, its name, Enter",
    async ask({ driver }) {
      await go_to("actors");
      await page.fill("[data-search]", driver);
      await page.press("[data-search]", "Enter");
      await page.waitForSelector("h1.mono");
      await page.waitForSelector("pre.json");
      return text_of(".stat:has-text('Now')");
    },
  },
  {
    name: "What is stuck?",
    way: "Trouble",
    async ask() {
      await go_to("trouble");
      await page.waitForSelector("section h2:has-text('Stuck now')");
      return text_of(".banner");
    },
  },
  {
    name: "Why did this rider not get a car?",
    way: "Trips, the rider, Find, his trip",
    async ask({ trip }) {
      await go_to("trips");
      await page.fill("[data-search]", `rider ${trip.rider}`);
      await page.click("button.primary");
      await page.click(`tbody a[href='#/trips/${trip.trip}']`);
      await page.waitForSelector("section h2:text-matches('^Why ')");
      await page.waitForSelector(".timeline li");
      return text_of("section:has(h2:text-matches('^Why '))");
    },
  },
  {
    name: "What does the city look like now?",
    way: "Live map",
    async ask() {
      await go_to("map");
      await page.waitForFunction(() => window.hansom_map?.city.cars.size > 0);
      // Drawn, not only known.
      await page.waitForFunction(
        () => document.querySelector("#map-status")?.dataset.fps,
      );
      return text_of("#map-status");
    },
  },
  {
    name: "Is the cluster well?",
    way: "Overview",
    async ask() {
      await go_to("overview");
      await page.waitForSelector(".stat .value");
      return text_of(".banner");
    },
  },
  {
    name: "Whose shard is whose, who drains?",
    way: "Cluster",
    async ask() {
      await go_to("cluster");
      await page.waitForSelector(".shards button");
      return text_of(".banner");
    },
  },
];

const median = (x) => [...x].sort((a, b) => a - b)[Math.floor(x.length / 2)];
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

const began = performance.now();
await page.goto(process.env.LINK);
await page.waitForSelector(".stat .value");
const first = performance.now() - began;

for (const x of questions) x.took = [];
for (let i = 0; i < runs; ++i)
  for (const x of questions) {
    const whom = await somebody();
    await go_to("store"); // From somewhere else.
    await page.waitForSelector(".stat .value");
    const from = performance.now();
    x.answer = await x.ask(whom);
    x.took.push(performance.now() - from);
  }

console.log("| question | clicks | median | slowest |\n|---|---|---|---|");
console.log(
  `| (the link opened, logged in, the overview filled) | | ${seconds(first)} | |`,
);
for (const x of questions)
  console.log(
    `| ${x.name} | ${x.way} | ${seconds(median(x.took))} | ${seconds(Math.max(...x.took))} |`,
  );
console.log("\nWhat was answered last:");
for (const x of questions)
  console.log(`  ${x.name}  ${x.answer.replace(/\s+/g, " ").slice(0, 120)}`);
for (const x of faults) console.log(`FAILED ${x}`);
await browser.close();
process.exit(faults.length ? 1 : 0);
