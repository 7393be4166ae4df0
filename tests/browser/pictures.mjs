// What the README shows.

import * as fs from "node:fs";
import * as path from "node:path";

import { launch, open, pictures, url } from "./browser.mjs";

const browser = await launch();
const page = await open(browser, [], {
  viewport: { width: 1280, height: 760 },
});
const wire = await page.context().newCDPSession(page);
/// WebP, which is a fourth of a PNG.
const shot = async (name) => {
  const picture = await wire.send("Page.captureScreenshot", {
    format: "webp",
    quality: 80,
  });
  fs.writeFileSync(
    path.join(pictures, `${name}.webp`),
    Buffer.from(picture.data, "base64"),
  );
};
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
await page.locator("tbody a[href*='/actors/']").first().click();
await page.waitForTimeout(2500);
await shot("actor");
await go("cluster");
await page.waitForSelector(".shards button");
await page.waitForTimeout(1000);
await shot("cluster");
await go("trouble");
await page.waitForTimeout(2500);
await shot("trouble");
await browser.close();
