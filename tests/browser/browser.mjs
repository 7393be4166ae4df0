// A browser and what every test of the console wants of it: nothing foreign is
// asked, no policy is broken, no script fails.

import { createRequire } from "node:module";
import * as fs from "node:fs";
import * as path from "node:path";

const require = createRequire(path.join(process.env.BROWSER_MODULES, "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const url = process.env.CONSOLE_URL;
export const host = new URL(url).host;
export const pictures = process.env.PICTURES;

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Root may not sandbox; the software renderer draws where there is no card.
    args: [
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
      "--ignore-gpu-blocklist",
    ],
  });

/// A window of its own, whose sins are gathered in `faults`.
export async function open(browser, faults, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    colorScheme: "dark",
    reducedMotion: "reduce",
    ...options,
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) =>
      console.error(`POLICY ${e.violatedDirective} ${e.blockedURI}`),
    );
  });
  context.setDefaultTimeout(12_000);
  if (process.env.CONSOLE_WEB)
    await context.route(/\/console\/[\w.]+\.(js|css)$/, async (route) => {
      const file = path.join(
        process.env.CONSOLE_WEB,
        path.basename(new URL(route.request().url()).pathname),
      );
      if (!fs.existsSync(file)) return route.continue();
      const response = await route.fetch();
      await route.fulfill({ response, body: fs.readFileSync(file, "utf8") });
    });
  const page = await context.newPage();
  page.on("request", (x) => {
    const to = new URL(x.url());
    if (!["data:", "blob:"].includes(to.protocol) && to.host !== host)
      faults.push(`asks a foreign host: ${x.url()}`);
  });
  page.on("pageerror", (e) => faults.push(`script error: ${e.message}`));
  page.on("console", (x) => {
    const text = x.text();
    // What the test itself provokes, and what a node does not serve, is said by
    // the browser as a failed load.
    if (x.type() === "error" && !/Failed to load resource/.test(text))
      faults.push(`console: ${text}`);
  });
  return page;
}

/// Accessibility: what axe-core calls serious or critical.
export async function judge(page, where, faults) {
  // The policy of the page forbids foreign scripts, as it should: axe goes in
  // through the debugger.
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "best-practice"],
    }),
  );
  for (const x of result.violations)
    if (["serious", "critical"].includes(x.impact))
      faults.push(
        `${where}: ${x.id}: ${x.help} (${x.nodes
          .slice(0, 3)
          .map((n) => n.target.join(" ") + " " + (n.any[0]?.message ?? ""))
          .join("; ")})`,
      );
}

export async function log_in(page, token) {
  await page.goto(`${url}/console/`);
  await page.fill("#token", token);
  await page.click("button[type=submit]");
}
