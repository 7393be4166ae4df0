// What the README shows.

import * as path from "node:path";

import { launch, open, pictures, url } from "./browser.mjs";

const browser = await launch();
const page = await open(browser, [], {
  viewport: { width: 1280, height: 760 },
});
const shot = (name) =>
  page.screenshot({ path: path.join(pictures, `${name}.png`) });
const go = (where) => page.goto(`${url}/console/#/${where}`);

await page.goto(process.env.LINK);
await page.waitForSelector(".stat .value");
await page.waitForTimeout(12_000); // The curves need some points.
await shot("overview");
await go("map");
await page.waitForFunction(() => window.hansom_map?.city.cars.size > 0);
await page.waitForTimeout(3000);
await shot("map");
await go("trips");
await page.locator("tbody a[href^='#/trips/']").first().click();
await page.waitForSelector(".timeline li");
await page.waitForTimeout(1500);
await shot("trip");
await go("actors?sort=handled");
await page.waitForSelector("tbody tr");
await page.waitForTimeout(2500);
await shot("actors");
await browser.close();
