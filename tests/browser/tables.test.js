// The pages of a matrix and of a night: what a cell or a finding opens.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open } from "./browser.js";

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

async function with_page(name, options, body) {
  const { page, context, complaints } = await open(browser, name, options);
  try {
    await body(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

for (const javaScriptEnabled of [true, false]) {
  describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test("a cell that loses opens its case, with its timeline", () => with_page("matrix.html", { javaScriptEnabled }, async (page) => {
      const section = page.locator("#hw0-v1-sampled-dirty");
      assert.equal(await section.isVisible(), false);
      const cell = page.locator('table.matrix a[href="#hw0-v1-sampled-dirty"]');
      assert.equal(await cell.textContent(), "L");
      await cell.click();
      await section.waitFor();
      assert.ok(await section.locator(".timeline").isVisible());
      assert.match(await section.locator(".command code").textContent(), /^lostwrite replay --impl v1 /);
      assert.equal(await section.locator(".key li").count(), 3);
      const box = await section.boundingBox();
      assert.ok(box.y >= 0 && box.y < 300, `the case is in sight: ${box.y}`);
    }));

    test("a cell that loses nothing opens its programs", () => with_page("matrix.html", { javaScriptEnabled }, async (page) => {
      const cell = page.locator('table.matrix a[href="#hw0-v3-sampled-dirty"]');
      assert.match(await cell.textContent(), /^ok \d+$/);
      await cell.click();
      const section = page.locator("#hw0-v3-sampled-dirty");
      await section.waitFor();
      assert.match(await section.textContent(), /All interleavings of \d+ program/);
      assert.match(await section.locator(".command code").first().textContent(), /^lostwrite exhaust --impl v3 'kernel=6\.0 /);
    }));

    test("every cell opens something", () => with_page("matrix.html", { javaScriptEnabled }, async (page) => {
      const cells = await page.locator("table.matrix td a").evaluateAll((all) => all.map((a) => a.getAttribute("href").slice(1)));
      assert.equal(cells.length, 16);
      const found = await page.locator("details.case > .inside").evaluateAll((all) => all.map((e) => e.id));
      assert.deepEqual(cells, found);
    }));
  });
}

test("keys step through the timeline that has the focus, and through no other", () => with_page("matrix.html", { fragment: "#hw0-v1-sampled-dirty" }, async (page) => {
  await page.keyboard.press("j");
  assert.equal(await page.locator(".pair.current").count(), 0, "a page with several timelines waits for one to have the focus");
  await page.focus("#hw0-v1-sampled-dirty .scroll");
  await page.keyboard.press("n");
  await page.keyboard.press("j");
  const current = await page.$$eval(".pair.current .side.losing", (all) => all.map((e) => e.id));
  assert.equal(current.length, 1);
  assert.match(current[0], /^hw0-v1-sampled-dirty-step-\d+$/);
  assert.ok(await page.locator("#hw0-v1-sampled-dirty .panel").isVisible());
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#hw0-v1-sampled-dirty .panel").isVisible(), false);
}));

test("a step of a case in the address opens the case", () => with_page("matrix.html", { fragment: "#hw0-v1-sampled-dirty-step-80" }, async (page) => {
  assert.ok(await page.locator("#hw0-v1-sampled-dirty-step-80").isVisible());
  assert.equal(await page.locator(".pair.current").count(), 1);
}));

test("a night begins with its verdict, and its findings have a timeline or a line that replays them", () => with_page("night.html", {}, async (page) => {
  assert.match(await page.textContent("h1"), /^Night: (GREEN|RED)$/);
  for (const id of ["compared", "findings", "canaries", "lanes", "goals"]) assert.equal(await page.locator(`#${id}`).count(), 1, id);
  const findings = await page.$$eval("td a[href^='#finding-']", (all) => all.map((a) => a.getAttribute("href").slice(1)));
  assert.ok(findings.length > 0, "this night finds something that is worth a timeline");
  for (const finding of findings.slice(0, 3)) {
    await page.click(`td a[href="#${finding}"]`);
    const section = page.locator(`#${finding}`);
    await section.waitFor();
    assert.ok(await section.locator(".command code").first().isVisible());
  }
  assert.ok(await page.locator(`#${findings[0]} .timeline`).isVisible());
}));
