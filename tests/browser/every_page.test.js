// What holds of every page: nothing leaves it, nothing overflows, nothing is wrong for those who use it without a mouse or eyes.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launch, open, screenshot } from "./browser.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folder = join(import.meta.dirname, "pages");
const pages = readdirSync(folder).filter((name) => name.endsWith(".html"));
mkdirSync(join(import.meta.dirname, "screenshots"), { recursive: true });

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

test("there are pages of each kind", () => {
  for (const kind of ["finding", "night", "matrix"]) assert.ok(pages.some((name) => name.startsWith(kind)), kind);
});

for (const name of pages) {
  describe(name, () => {
    for (const size of ["desktop", "phone"]) {
      for (const colorScheme of ["light", "dark"]) {
        test(`${size}, ${colorScheme}: no complaint, no overflow, accessible`, async () => {
          const { page, context, complaints } = await open(browser, name, { size, colorScheme });
          await page.screenshot({ path: screenshot(`${name.replace(".html", "")}-${size}-${colorScheme}`) });
          const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          assert.ok(wide[0] <= wide[1], `${wide[0]} wide on a screen of ${wide[1]}`);
          // The chosen step, its panel and an opened case are looked at too.
          const mark = page.locator(".side.marked").first();
          if (await mark.count()) await page.evaluate((id) => { location.hash = id; }, await mark.getAttribute("id"));
          await page.evaluate(AXE);
          const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
          const violations = found.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`);
          assert.deepEqual(violations, []);
          await page.screenshot({ path: screenshot(`${name.replace(".html", "")}-${size}-${colorScheme}-step`) });
          assert.deepEqual(complaints, []);
          await context.close();
        });
      }
    }

    test("every anchor leads somewhere, every id is its own", async () => {
      const { page, context } = await open(browser, name, { javaScriptEnabled: false });
      const html = readFileSync(join(folder, name), "utf8");
      const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map((m) => m[1]);
      assert.equal(new Set(ids).size, ids.length);
      const anchors = new Set([...html.matchAll(/href="#([^"]*)"/g)].map((m) => m[1]));
      for (const anchor of anchors) assert.ok(ids.includes(anchor), anchor);
      await context.close();
    });
  });
}
