// The page of a finding: v1 loses the store that came between its read and its clear, v2 beside it does not.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { launch, open } from "./browser.js";

const PAGE = "finding-v1.html";
let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser.close(); });

/** The step that is chosen, by its anchor. */
const chosen = (page) => page.evaluate(() => document.querySelector(".pair.current .side")?.id ?? null);
/** The anchors of the marked steps in order. */
const marked = (page) => page.$$eval(".side.marked", (sides) => sides.map((side) => side.id));

async function with_page(options, body) {
  const { page, context, complaints } = await open(browser, PAGE, options);
  try {
    await body(page, context);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

describe("what the page says", () => {
  test("first what is lost, the marked steps, the line that replays it", () => with_page({}, async (page) => {
    assert.match(await page.title(), /^v1: store between read and clear of the pte lost/);
    assert.match(await page.textContent(".sentence"), /The value 1 that cpu1 stored to page 0 at step 29 is lost: .* returns 0; 1 is right/);
    const key = await page.$$eval(".key strong", (all) => all.map((e) => e.textContent));
    assert.deepEqual(key, ["DIRTY BIT LOST", "DATA LOST", "WRONG VALUE"]);
    assert.match(await page.textContent(".command code"), /^lostwrite replay --impl v1 'kernel=6\.0 /);
    const bottom = await page.$eval(".command", (e) => e.getBoundingClientRect().bottom);
    assert.ok(bottom < 860, "the line that replays it is on the first screen");
  }));

  test("a row for each step, both versions side by side, the first difference marked", () => with_page({}, async (page) => {
    const boxes = await page.$$eval("#step-8, #beside-8", (sides) => sides.map((s) => s.getBoundingClientRect().toJSON()));
    assert.equal(boxes.length, 2);
    assert.equal(boxes[0].top, boxes[1].top);
    assert.ok(boxes[0].right <= boxes[1].left + 1);
    const after_it = await page.$eval(".sep.difference", (e) => e.nextElementSibling.classList.contains("alike"));
    assert.equal(after_it, false);
    const before_it = await page.$$eval(".pair", (rows) => {
      const at = rows.findIndex((row) => !row.classList.contains("alike"));
      return rows[at].previousElementSibling.className;
    });
    assert.match(before_it, /difference/);
  }));

  test("each actor has its column", () => with_page({}, async (page) => {
    const left = (id) => page.$eval(`#${id} .act`, (e) => e.getBoundingClientRect().left);
    const heads = await page.$$eval(".heads .head:first-child .act", (all) => all.map((e) => e.getBoundingClientRect().left));
    assert.ok(Math.abs((await left("step-8")) - heads[0]) < 16);
    const other = await page.$$eval(".side.losing", (all) =>
      all.filter((s) => s.querySelector(".who")?.textContent.trim() === "cpu1").map((s) => s.id));
    assert.ok(other.length >= 4);
    assert.ok(Math.abs((await left(other[0])) - heads[1]) < 16);
  }));
});

describe("stepping", () => {
  test("by keys: j and k, arrows, Home and End, n and p", () => with_page({}, async (page) => {
    await page.keyboard.press("j");
    assert.equal(await chosen(page), "step-1");
    await page.keyboard.press("j");
    const second = await chosen(page);
    assert.notEqual(second, "step-1");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen(page), second);
    await page.keyboard.press("k");
    assert.equal(await chosen(page), "step-1");
    await page.keyboard.press("End");
    const marks = await marked(page);
    assert.equal(marks.length, 3);
    assert.equal(await chosen(page), marks[2]);
    await page.keyboard.press("p");
    assert.equal(await chosen(page), marks[1]);
    await page.keyboard.press("Home");
    assert.equal(await chosen(page), "step-1");
    for (const mark of marks) {
      await page.keyboard.press("n");
      assert.equal(await chosen(page), mark);
    }
    await page.keyboard.press("n");
    assert.equal(await chosen(page), marks[2], "there is no mark after the last");
  }));

  test("the chosen step has the focus, and is in sight above the panel", () => with_page({}, async (page) => {
    await page.keyboard.press("n");
    const seen = await page.evaluate(() => {
      const row = document.querySelector(".pair.current").getBoundingClientRect();
      const panel = document.querySelector(".panel").getBoundingClientRect();
      return { focus: document.activeElement.closest(".pair")?.classList.contains("current"), row: row.toJSON(), panel: panel.toJSON() };
    });
    assert.equal(seen.focus, true);
    assert.ok(seen.row.top >= 0 && seen.row.bottom <= seen.panel.top + 1, JSON.stringify(seen));
  }));

  test("by pointer: a row, and the buttons", () => with_page({}, async (page) => {
    await page.click("#step-8 .act");
    assert.equal(await chosen(page), "step-8");
    await page.click("[data-go=on]");
    assert.notEqual(await chosen(page), "step-8");
    await page.click("[data-go=back]");
    assert.equal(await chosen(page), "step-8");
    await page.click("[data-go=difference]");
    assert.equal(await page.$eval(".pair.current", (e) => e.previousElementSibling.classList.contains("difference")), true);
    await page.click("[data-go=last]");
    assert.equal(await chosen(page), (await marked(page)).at(-1));
  }));

  test("the panel shows both machines, with what the step changed", () => with_page({ fragment: "#step-13" }, async (page) => {
    const parts = page.locator(".machines > div");
    assert.equal(await parts.count(), 2);
    assert.match(await parts.nth(0).locator("h3").textContent(), /^v1, step 13, cpu0: F0 pte = clear$/);
    const entry = parts.nth(0).locator("dl > div", { hasText: "pte0" }).first();
    assert.equal((await entry.locator("ins").textContent()).trim(), "none");
    assert.equal((await entry.locator("del").textContent()).trim(), "f0 WDA");
  }));

  test("a step of the operation leads to its line in the listing, and why it is there", () => with_page({}, async (page) => {
    await page.keyboard.press("n");
    const link = page.locator(".panel .models a").first();
    assert.match(await page.locator(".panel .models").first().textContent(), /ptep_get_and_clear.* in migrate_vma_collect_pmd/);
    const href = await link.getAttribute("href");
    await link.click();
    const line = page.locator(`[id="${decodeURIComponent(href.slice(1))}"]`);
    assert.match(await line.textContent(), /clear \(returned word ignored\)/);
    await line.scrollIntoViewIfNeeded();
    assert.ok(await line.evaluate((e) => e.matches(":target")));
  }));

  test("the address names the step, and a step in the address is chosen, also one that tells nothing", async () => {
    await with_page({}, async (page) => {
      await page.keyboard.press("n");
      assert.equal(await page.evaluate(() => location.hash), `#${await chosen(page)}`);
    });
    await with_page({ fragment: "#step-27" }, async (page) => {
      assert.equal(await chosen(page), "step-27");
      const quiet = await page.$eval(".pair.quiet .side", (e) => e.id);
      await page.evaluate((id) => { location.hash = id; }, quiet);
      await page.waitForFunction((id) => document.querySelector(".pair.current .side")?.id === id, quiet);
      assert.ok(await page.isVisible(`#${quiet}`));
    });
  });

  test("letters can be turned off, and do nothing in a field", () => with_page({}, async (page) => {
    await page.uncheck(".letters input");
    await page.keyboard.press("j");
    assert.equal(await chosen(page), null);
    await page.focus(".scroll");
    await page.keyboard.press("ArrowDown");
    assert.equal(await chosen(page), "step-1");
  }));

  test("arrows are the page's own where no timeline has the focus", () => with_page({}, async (page) => {
    await page.keyboard.press("ArrowDown");
    assert.equal(await chosen(page), null);
  }));
});

describe("without scripts", () => {
  const no_script = { javaScriptEnabled: false };
  test("timeline, machine of each step and listing are there", () => with_page(no_script, async (page) => {
    assert.ok(await page.locator("#step-13 .act").isVisible());
    const summary = page.locator("#step-13 .machine summary");
    const machine = page.locator("#step-13 .machine .state");
    assert.equal(await machine.isVisible(), false);
    await summary.click();
    assert.ok(await machine.isVisible());
    assert.match(await machine.textContent(), /pte0\s*none, f0 WDA/);
    assert.ok(await page.locator(".listing .lines").first().isVisible());
    assert.equal(await page.locator(".stepping").isVisible(), false);
    assert.equal(await page.locator(".panel").isVisible(), false);
  }));

  test("the filter and the colours work", () => with_page(no_script, async (page) => {
    const quiet = page.locator(".pair.quiet").first();
    assert.equal(await quiet.isVisible(), false);
    await page.locator("input.all").check();
    assert.equal(await quiet.isVisible(), true);
    await page.locator("#colours-dark").check();
    assert.equal(await page.locator("body").evaluate((e) => getComputedStyle(e).backgroundColor), "rgb(20, 23, 26)");
  }));

  test("a step in the address is in sight", async () => {
    for (const fragment of ["#step-27", "#step-2"]) {
      await with_page({ ...no_script, fragment }, async (page) => {
        assert.ok(await page.locator(fragment).isVisible());
      });
    }
  });
});

describe("colours, paper, copying", () => {
  const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  test("as the system, or as chosen", async () => {
    await with_page({ colorScheme: "dark" }, async (page) => {
      assert.equal(await background(page), "rgb(20, 23, 26)");
      await page.check("#colours-light");
      assert.equal(await background(page), "rgb(255, 255, 255)");
    });
    await with_page({ colorScheme: "light" }, async (page) => assert.equal(await background(page), "rgb(255, 255, 255)"));
  });

  test("on paper: light, the timeline, no controls", () => with_page({ colorScheme: "dark" }, async (page) => {
    await page.keyboard.press("n");
    await page.emulateMedia({ media: "print" });
    assert.equal(await background(page), "rgb(255, 255, 255)");
    assert.ok(await page.locator("#step-13").isVisible());
    for (const hidden of [".controls", ".panel", ".copy", ".colours"]) {
      assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
    }
    await page.setViewportSize({ width: 718, height: 1000 });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "fits a sheet");
  }));

  test("the line that replays it is copied whole", () => with_page({ permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.click(".copy");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await page.textContent(".command code"));
  }));
});
