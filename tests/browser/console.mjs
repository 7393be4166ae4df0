// The web console in a real browser, with a live fleet behind it.

import * as http from "node:http";
import * as path from "node:path";

import { judge, launch, log_in, open, pictures, url } from "./browser.mjs";

const { VIEWER, OPERATOR, DRIVER, LINK } = process.env;
const faults = [];
let steps = 0;

async function step(name, work) {
  const before = faults.length;
  const began = Date.now();
  ++steps;
  try {
    await work();
  } catch (e) {
    faults.push(`${name}: ${e.message.split("\n").slice(0, 4).join(" ")}`);
  }
  const good = faults.length === before;
  console.log(
    `${good ? "ok    " : "FAILED"} ${name} (${Date.now() - began} ms)`,
  );
  for (const x of faults.slice(before)) console.log(`         ${x}`);
}

function expect(truth, what) {
  if (!truth) throw new Error(what);
}

const ask = (page, method, to, headers = {}, body = undefined) =>
  page.evaluate(
    async ([m, t, h, b]) => {
      const x = await fetch(t, { method: m, headers: h, body: b });
      return { status: x.status, text: await x.text() };
    },
    [method, to, headers, body],
  );

const csrf_of = async (page) =>
  JSON.parse((await ask(page, "GET", "/v1/console/session")).text).csrf;

/// What the page says after `work`; what it said before does not count.
async function said_after(page, work) {
  await page.evaluate(() => document.querySelector(".toast")?.remove());
  await work();
  return page.locator(".toast").innerText();
}

const shot = (page, name) =>
  page.screenshot({ path: path.join(pictures, `${name}.png`) });

// What must be there for a page to count as alive.
const pages = {
  o: ["Overview", ".stat .value"],
  m: ["Live map", "#map-status[data-fps]"],
  t: ["Trips", "tbody tr a[href^='#/trips/']"],
  a: ["Actors", "tbody tr a[href^='#/actors/']"],
  c: ["Cluster", ".shards button, table"],
  s: ["Store", ".stat .value"],
  x: ["Trouble", ".card h2, .banner"],
};

async function go(page, key) {
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("g");
  await page.keyboard.press(key);
  // The page before may have the same things on it: first the new one's title.
  const [name, sign] = pages[key];
  await page.waitForFunction((x) => document.title.startsWith(x), name);
  await page.waitForSelector(sign, { timeout: 15000 });
}

async function try_pages(page) {
  for (const [key, [name]] of Object.entries(pages))
    await step(
      `page ${name}: reached by keys, alive, accessible, fits`,
      async () => {
        await go(page, key);
        expect(
          (await page.locator("h1").innerText()).startsWith(name),
          "no heading",
        );
        await page.waitForTimeout(300);
        await judge(page, name, faults);
        const wide = await page.evaluate(() => {
          const x = document.querySelector("main");
          return Math.max(
            document.documentElement.scrollWidth - innerWidth,
            x.scrollWidth - x.clientWidth,
          );
        });
        expect(wide <= 0, `is ${wide} px wider than 1280 px leave room for`);
        await shot(page, `${name.toLowerCase().replace(" ", "_")}_dark`);
        await page.keyboard.press("t");
        await page.waitForTimeout(150);
        await judge(page, `${name}, light`, faults);
        await shot(page, `${name.toLowerCase().replace(" ", "_")}_light`);
        await page.keyboard.press("t");
      },
    );
}

async function try_keys(page) {
  await step("keys: ? lists them, / searches, Escape leaves", async () => {
    await go(page, "a");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    expect(
      (await page.locator("dialog kbd").count()) >= 10,
      "too few keys listed",
    );
    await judge(page, "keys", faults);
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    await page.keyboard.press("/");
    expect(
      await page.evaluate(() =>
        document.activeElement.matches("[data-search]"),
      ),
      "/ does not reach the search",
    );
    await page.keyboard.type("driver");
    await page.waitForFunction(() => location.hash.includes("text=driver"));
    await page.waitForFunction(() =>
      [...document.querySelectorAll("tbody tr td:first-child")].every((x) =>
        x.textContent.startsWith("driver/"),
      ),
    );
    await page.reload();
    await page.waitForSelector("tbody tr");
    expect(
      (await page.locator("[data-search]").inputValue()) === "driver",
      "the address does not keep the filter",
    );
  });
}

async function try_one_of_each(page) {
  await step("an actor: state, last messages, live tail", async () => {
    // Where drivers drive, their cell hears of it all the time.
    await page.goto(`${url}/console/#/actors?kind=cell&sort=handled`);
    await page.locator("tbody a[href^='#/actors/cell/']").first().click();
    await page.waitForSelector("pre.json");
    await page.waitForSelector("text=Last messages");
    const follow = page.getByRole("button", { name: "Follow" });
    // Whatever the button goes through, one asks.
    for (let i = 0; i < 3; ++i) await follow.click();
    await page.waitForSelector("[aria-label='Live messages'] tbody tr", {
      timeout: 15000,
    });
    await judge(page, "one actor", faults);
    await shot(page, "actor");
  });
  await step("Enter opens the actor of that name, and only a name", async () => {
    await page.goto(`${url}/console/#/actors?kind=driver`);
    const link = page.locator("tbody a[href^='#/actors/driver/']").first();
    const name = await link.innerText();
    await page.fill("[data-search]", "driver");
    const said = await said_after(page, () =>
      page.press("[data-search]", "Enter"),
    );
    expect(said.includes("driver/7"), said);
    await page.fill("[data-search]", name);
    await page.press("[data-search]", "Enter");
    await page.waitForSelector("pre.json");
    expect((await page.locator("h1").innerText()) === name, "somebody else");
  });
  await step("a silent actor is followed past the end of a poll", async () => {
    const { actors } = JSON.parse(
      (await ask(page, "GET", "/v1/admin/actors?kind=rider&sort=handled")).text,
    );
    const asked = [];
    const heard = (x) => x.url().includes("/tail?") && asked.push(x.status());
    page.on("response", heard);
    await page.goto(`${url}/console/#/actors/${actors.at(-1).actor}`);
    const follow = page.getByRole("button", { name: "Follow" });
    await follow.click();
    await page.waitForTimeout(6500);
    page.off("response", heard);
    const text = await page.locator("main").innerText();
    expect(!text.includes("cannot be followed"), text);
    expect(
      (await follow.getAttribute("aria-pressed")) === "true",
      "it is not followed any more",
    );
    expect(
      asked.length > 0 && asked.every((x) => x === 200),
      `polls answered ${asked}`,
    );
  });
  await step("an address that leads elsewhere is the overview", async () => {
    for (const x of ["actors/../nodes/n1", "actors/trip/%2e%2e%2fx", "trips/%"]) {
      await page.goto(`${url}/console/#/store`);
      await page.waitForFunction(() => document.title.startsWith("Store"));
      await page.goto(`${url}/console/#/${x}`);
      await page.waitForFunction(() => document.title.startsWith("Overview"));
    }
  });
  await step("a trip: timeline, why this driver", async () => {
    await page.goto(`${url}/console/#/trips`);
    await page.locator("tbody a[href^='#/trips/']").first().click();
    await page.waitForSelector(".timeline li");
    await page.waitForSelector("h2:text-matches('^Why (this|no) driver')");
    await judge(page, "one trip", faults);
    await shot(page, "trip");
  });
}

async function try_viewer(page) {
  await step(
    "a viewer sees no button that works, and the node refuses him",
    async () => {
      await page.goto(`${url}/console/#/trips`);
      await page.locator("tbody a[href^='#/trips/']").first().click();
      await page.waitForSelector("[data-act=end]");
      for (const x of await page.locator("[data-act]").all())
        expect(await x.isDisabled(), "a button is not disabled");
      const trip = (await page.evaluate(() => location.hash)).split("/").pop();
      const answer = await ask(
        page,
        "POST",
        `/v1/admin/trips/${trip}/end`,
        {
          "X-Hansom-Csrf": await csrf_of(page),
          "Content-Type": "application/json",
        },
        JSON.stringify({ id: "viewer-1", as: "cancelled", reason: "no" }),
      );
      expect(
        answer.status === 403 && !answer.text.includes("csrf"),
        `answered ${answer.status} ${answer.text}`,
      );
    },
  );
}

/// Another page in the same browser, on another port of the same machine: the
/// cookie would be sent there, so only our own checks stand in the way.
async function try_foreign_page(browser, page) {
  await step(
    "a foreign page can change nothing in an operator's name",
    async () => {
      const server = http.createServer((_, answer) => {
        answer.setHeader("Content-Type", "text/html");
        answer.end("<!doctype html><title>evil</title>");
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const evil = await page.context().newPage();
        await evil.goto(`http://127.0.0.1:${server.address().port}/`);
        const heard = page
          .context()
          .waitForEvent("response", (x) =>
            x.url().includes("/v1/admin/trips/"),
          );
        await evil.evaluate(
          (to) =>
            fetch(to, {
              method: "POST",
              mode: "no-cors",
              credentials: "include",
              body: "{}",
            }).catch(() => {}),
          `${url}/v1/admin/trips/0000000000000001/end`,
        );
        expect(
          (await heard).status() === 403,
          `answered ${(await heard).status()}`,
        );
        await evil.close();
      } finally {
        server.close();
      }
      const bare = await ask(
        page,
        "POST",
        "/v1/admin/trips/0000000000000001/end",
        {},
        "{}",
      );
      expect(
        bare.status === 403 && bare.text.includes("console.csrf"),
        `without the header: ${bare.status} ${bare.text}`,
      );
      const good = await ask(
        page,
        "POST",
        "/v1/admin/trips/0000000000000001/end",
        { "X-Hansom-Csrf": await csrf_of(page) },
        "{}",
      );
      expect(
        good.status !== 403,
        "with it refused, too: the check proves nothing",
      );
    },
  );
}

async function try_ending_a_trip(page) {
  await step("an operator ends a trip, after typing its name", async () => {
    let said = "";
    // Simulated rides are short: one may be over before it is ended.
    for (let i = 0; i < 4 && !said.includes("durably"); ++i) {
      const { full } = JSON.parse(
        (await ask(page, "GET", "/v1/admin/map")).text,
      );
      const waiting = full.asks.filter((_, n) => n % 5 === 0);
      expect(waiting.length > 0, "nobody waits for a ride");
      await page.goto(`${url}/console/#/trips/${waiting.at(-1)}`);
      await page.waitForSelector(".timeline li");
      await page.click("[data-act=end]");
      const go_on = page.getByRole("button", { name: "End it" });
      expect(await go_on.isDisabled(), "it may be ended without typing");
      if (i === 0) await judge(page, "confirmation", faults);
      const trip = (await page.evaluate(() => location.hash)).split("/").pop();
      await page.fill("dialog [name=reason]", "a test of the console");
      await page.fill("dialog [name=typed]", trip);
      if (i === 0) await shot(page, "confirm");
      said = await said_after(page, () => go_on.click());
    }
    expect(said.includes("durably"), said);
  });
}

async function try_map(page) {
  await step(
    "the map: cars move, cells have prices, a car can be picked",
    async () => {
      await page.goto(`${url}/console/#/map`);
      await page.waitForFunction(
        () => window.hansom_map?.city.cars.size > 0,
        null,
        { timeout: 20000 },
      );
      const places = () =>
        page.evaluate(() =>
          [...window.hansom_map.city.cars.values()]
            .map((x) => `${x.id} ${x.lat} ${x.lon}`)
            .sort()
            .join(),
        );
      const before = await places();
      for (let i = 0; (await places()) === before; ++i) {
        expect(i < 40, "no car has moved in 10 s");
        await page.waitForTimeout(250);
      }
      await page.waitForFunction(() => window.hansom_map.city.cells.size > 0);
      // It is drawn some frames after the map has gone there, and drives on.
      await page.waitForFunction(
        () => {
          const { city, map, pick } = window.hansom_map;
          const [car] = city.cars.values();
          map.jumpTo({ center: [car.lon, car.lat], zoom: 14 });
          const done = Math.min(1, (performance.now() - car.began) / car.took);
          const at = map.project([
            car.from_lon + (car.lon - car.from_lon) * done,
            car.from_lat + (car.lat - car.from_lat) * done,
          ]);
          return Boolean(pick(at.x, at.y));
        },
        null,
        { polling: 500 },
      );
      await shot(page, "map_close");
      // Without waiting for it to stand still: the list is new every second.
      await page.locator("[data-cell]").first().dispatchEvent("click");
      await page.waitForSelector("aside >> text=price");
      await page.evaluate(() => document.activeElement.blur());
      await page.keyboard.press("Space");
      await page.waitForSelector("[data-freeze][aria-pressed=true]");
      await page.keyboard.press("Space");
    },
  );
}

/// Three nodes, one of them draining, as a cluster's node would tell it.
async function try_cluster(page) {
  await step(
    "three nodes: shards by owner, a drain shows its plan",
    async () => {
      const node = (name, status, shards) => ({
        name,
        status,
        shards,
        share: 85,
        pins: 0,
        incarnation: 7,
        beat_ago_ms: 120,
        since: Date.now() - 60_000,
        version: "0.1.0",
        suspected: [],
        cannot_reach: [],
        url: "",
      });
      const owners = ["n1", "n2", "n3"];
      const said = {
        nodes: {
          version: 9,
          nodes: [
            node("n1", "active", 100),
            node("n2", "active", 100),
            node("n3", "draining", 56),
          ],
        },
        shards: {
          shards: Array.from({ length: 256 }, (_, shard) => ({
            shard,
            owner: owners[shard % 3],
            wanted: owners[shard % 2],
            epoch: 3,
            pin: "",
          })),
        },
        rebalance: {
          paused: false,
          nobody: 0,
          moves: [{ shard: 2, from: "n3", to: "n1", why: "drain" }],
        },
        events: {
          events: [
            {
              at: Date.now(),
              kind: "node.drains",
              subject: "node/n3",
              by: "operator/anna",
              reason: "new disk",
            },
          ],
        },
      };
      const orders = [];
      for (const [name, json] of Object.entries(said))
        await page.route(new RegExp(`/v1/admin/${name}(\\?.*)?$`), (route) =>
          route.fulfill({ json }),
        );
      await page.route("**/v1/admin/nodes/n1/drain", (route) => {
        orders.push(route.request().postDataJSON());
        const csrf = route.request().headers()["x-hansom-csrf"];
        if (!csrf) faults.push("an order without the header");
        const dry_run = orders.at(-1).dry_run === true;
        return route.fulfill({
          json: {
            node: "n1",
            order: "drain",
            dry_run,
            changed: !dry_run,
            already: false,
            why: "",
            confirm: "n1 is the only active node: without it nobody is served",
            from: "active",
            to: "draining",
            moves: [
              { shard: 0, from: "n1", to: "n2", why: "it would go to n2" },
            ],
            blocked: [],
            unpin: [],
          },
        });
      });
      await page.goto(`${url}/console/#/overview`);
      await page.goto(`${url}/console/#/cluster`);
      await page.waitForSelector("[role=progressbar]");
      expect(
        (await page.locator(".shards button").count()) === 256,
        "not all shards are shown",
      );
      await page.waitForSelector("text=new disk");
      await judge(page, "cluster of three", faults);
      await shot(page, "cluster_of_three");
      await page.locator("[data-act=drain]").first().click();
      await page.waitForSelector("dialog >> text=1 shards would move");
      await page.waitForSelector("dialog >> text=the only active node");
      await page.fill("dialog [name=reason]", "a test");
      await page.fill("dialog [name=typed]", "n1");
      const told = await said_after(page, () =>
        page.locator("dialog button[type=submit]").click(),
      );
      expect(told === "n1: drain has begun.", told);
      expect(
        orders.length === 2 &&
          orders[0].dry_run === true &&
          orders[1].confirm === "n1" &&
          orders[1].reason === "a test",
        `the orders were ${JSON.stringify(orders)}`,
      );
      await page.unrouteAll({ behavior: "ignoreErrors" });
    },
  );
}

/// Ten thousand cars, a fifth of which move each second, as the node would say.
async function try_ten_thousand(page) {
  await step("ten thousand moving drivers", async () => {
    const n = 10_000;
    let frame = 0;
    const cars = Array.from({ length: n }, (_, i) => ({
      id: String(i + 1),
      lat: 4_060_000 + ((i * 7919) % 30_000),
      lon: -7_402_000 + ((i * 104_729) % 24_000),
      state: 1 + (i % 3),
    }));
    const row = (x) => [x.id, x.lat, x.lon, x.state];
    await page.route("**/v1/admin/map?after=*", async (route) => {
      if (!route.request().url().endsWith("after=0"))
        await new Promise((resolve) => setTimeout(resolve, 1000));
      const body = {
        frame: ++frame,
        at: Date.now(),
        cut: 0,
        cells: [],
        asks: [],
      };
      const moved =
        frame === 1 ? cars : cars.filter((_, i) => i % 5 === frame % 5);
      for (const x of moved) {
        x.lat += frame % 2 ? 40 : -40;
        x.lon += 25;
      }
      body.cars = moved.flatMap(row);
      await route
        .fulfill({
          json:
            frame === 1
              ? { full: body }
              : { frames: [{ ...body, gone: [], cells_gone: [] }] },
        })
        .catch(() => {});
    });
    await page.goto(`${url}/console/#/overview`);
    await page.goto(`${url}/console/#/map`);
    await page.waitForFunction(
      () => window.hansom_map?.city.cars.size === 10_000,
      null,
      { timeout: 20000 },
    );
    await page.evaluate(() =>
      window.hansom_map.map.jumpTo({ center: [-73.9, 40.75], zoom: 10.4 }),
    );
    const measured = await page.evaluate(async () => {
      const script = [];
      const { points } = window.hansom_map;
      const set = points.set.bind(points);
      points.set = (...x) => {
        const t = performance.now();
        set(...x);
        script.push(performance.now() - t);
      };
      const render = points.render.bind(points);
      const renders = [];
      points.render = (...x) => {
        const t = performance.now();
        render(...x);
        renders.push(performance.now() - t);
      };
      const [frames, since] = [points.frames, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 4000));
      const mean = (x) => x.reduce((a, b) => a + b, 0) / Math.max(1, x.length);
      return {
        fps: ((points.frames - frames) * 1000) / (performance.now() - since),
        count: points.count,
        set_ms: mean(script),
        render_ms: mean(renders),
      };
    });
    console.log(
      `         ${measured.count} points, ${measured.fps.toFixed(1)} frames a second (software renderer), script: ${measured.render_ms.toFixed(2)} ms a frame, ${measured.set_ms.toFixed(1)} ms a picture`,
    );
    expect(measured.count === n, `${measured.count} points are drawn`);
    expect(measured.fps > 1, "it does not move");
    expect(measured.render_ms < 16, "a frame costs the script too much");
    await shot(page, "map_10000");
    await page.unroute("**/v1/admin/map?after=*");
  });
}

const browser = await launch();
try {
  const stranger = await open(browser, faults);
  await step("a wrong token is refused, and so is a driver's", async () => {
    await log_in(stranger, "e30.e30.wrong");
    await stranger.waitForFunction(
      () => document.querySelector("[role=alert]").textContent !== "",
    );
    expect(
      (await stranger.context().cookies()).length === 0,
      "a cookie was set",
    );
    await stranger.fill("#token", DRIVER);
    await stranger.click("button[type=submit]");
    await stranger.waitForFunction(() =>
      document.querySelector("[role=alert]").textContent.includes("viewer"),
    );
    await judge(stranger, "login", faults);
    await shot(stranger, "login");
    expect(
      (await ask(stranger, "GET", "/v1/admin/actors")).status === 401,
      "the node answers strangers",
    );
  });

  const viewer = await open(browser, faults);
  await step(
    "a viewer logs in; his cookie is out of reach of scripts",
    async () => {
      await log_in(viewer, VIEWER);
      await viewer.waitForSelector(".stat .value");
      const [cookie] = await viewer.context().cookies();
      expect(
        cookie.httpOnly && cookie.sameSite === "Strict",
        JSON.stringify(cookie),
      );
      expect(
        (await viewer.evaluate(() => document.cookie)) === "",
        "scripts can read it",
      );
    },
  );
  await try_pages(viewer);
  await try_keys(viewer);
  await try_one_of_each(viewer);
  await try_viewer(viewer);
  await try_map(viewer);
  await try_ten_thousand(viewer);

  const operator = await open(browser, faults);
  await step("a link logs in once", async () => {
    await operator.goto(LINK);
    await operator.waitForSelector(".stat .value");
    expect(!operator.url().includes("code"), "the code stays in the address");
    const second = await open(browser, faults);
    await second.goto(LINK);
    await second.waitForFunction(() =>
      document.querySelector("[role=alert]")?.textContent.includes("used"),
    );
    await second.context().close();
  });
  await try_foreign_page(browser, operator);
  await try_ending_a_trip(operator);
  await try_cluster(operator);
  await step(
    "an operator's own token works, too, and logging out ends it",
    async () => {
      await operator.goto(`${url}/console/#/overview`);
      await operator.getByRole("button", { name: "Log out" }).click();
      await operator.waitForSelector("#token");
      expect(
        (await ask(operator, "GET", "/v1/admin/actors")).status === 401,
        "the session goes on",
      );
      await log_in(operator, OPERATOR);
      await operator.waitForSelector(".stat .value");
    },
  );
} finally {
  await browser.close();
}
console.log(
  faults.length ? `${faults.length} faults` : `all ${steps} as expected`,
);
process.exit(faults.length ? 1 : 0);
