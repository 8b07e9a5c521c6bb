/** Opens pages of logs in a real Chromium. Without Chromium, the tests are skipped. */
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageWith } from "../../../cli/page-file.ts";
import type { PageModel } from "../../../view/page/model.ts";
import { RECORDINGS } from "../../explain/recording.ts";
import { recordedPage } from "../log-pages.ts";
import { chromiumPath, launch, NO_CHROMIUM, open, seriousFindings } from "./browser.ts";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const PAGE_BYTES_MAX = 1_000_000;

const executablePath = chromiumPath();
if (executablePath === undefined) console.warn(`test/view/page: ${NO_CHROMIUM}`);

let browser: Browser;
beforeAll(async () => {
  if (executablePath !== undefined) browser = await launch(executablePath);
});
afterAll(async () => {
  await browser?.close();
});

/** The objects that the page offers to tests. */
declare const zabsim: { readonly model: PageModel };

test.each(RECORDINGS)("the page of %s is smaller than 1 MB", (name) => {
  expect(pageWith(recordedPage(name)).length).toBeLessThan(PAGE_BYTES_MAX);
});

describe.skipIf(executablePath === undefined)("in Chromium, a page of logs", () => {
  test.each(["3.4.10", "3.5.10", "3.9.5", "mixed-3.8.6-3.9.4-3.9.5"])("of %s opens without errors", async (name) => {
    const data = recordedPage(name);
    const { errors, page } = await open(browser, data, { hash: "#at=5" });
    expect(await page.textContent("header h1")).toBe(name);
    expect(await page.textContent("header")).toContain(`${data.events.events.length} events`);
    expect(await page.locator(".card").count()).toBe(3);
    for (const tab of await page.locator("[role=tab]").all()) await tab.click();
    expect(errors).toEqual([]);
    await page.close();
  });

  test("has no panel that needs the simulator, whatever its address names", async () => {
    const { errors, page } = await open(browser, recordedPage("3.9.5"), { hash: "#at=164&panel=whatif" });
    expect(await page.locator("[role=tab]").allTextContents()).toEqual(["Event", "Why", "Decisions", "Help"]);
    expect(await page.locator("[role=tab][aria-selected=true]").textContent()).toBe("Event");
    expect(await page.textContent("main")).not.toMatch(/odds|digest|playground/i);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("shows the lines of the log of an event, with file and line number", async () => {
    const { page } = await open(browser, recordedPage("3.9.5"), { hash: "#at=0" });
    await page.fill("[type=search]", "Cannot send TRUNC to peer sid: 2");
    await page.keyboard.press("Enter");
    expect(await page.textContent(".event h3")).toBe("3 synchronizes 2: SNAP 2:7");
    expect(await page.locator(".log-line").allTextContents()).toContain(
      "server-3.log:338Cannot send TRUNC to peer sid: 2 peer zxid is from different epoch",
    );
    await page.close();
  });

  test("opens at the first problem, with its cause, its known bug, its lines and what helps", async () => {
    const data = recordedPage("3.4.10");
    const { page } = await open(browser, data);
    expect(await page.locator("[role=tab][aria-selected=true]").textContent()).toBe("Why");
    expect(await page.textContent("header .verdict")).toBe("1 problem");
    expect(await page.textContent(".why")).toContain("ZOOKEEPER-2845");
    expect(await page.evaluate(() => zabsim.model.at.value)).toBe(data.events.findings[0]?.event);
    const [first] = data.answer.findings[0]?.evidence ?? [];
    await page.click(`.why li >> text=${first?.file}:${first?.line}`);
    expect(await page.evaluate(() => zabsim.model.at.value)).toBe(data.events.findings[0]?.lines[0]);
    await page.close();
  });

  test("has the decisions of the answer, and a tour of five steps", async () => {
    const data = recordedPage("3.9.5");
    const { page } = await open(browser, data, { hash: "#panel=decisions" });
    expect(await page.locator(".decisions tbody").count()).toBe(data.answer.handshakes.length);
    expect(await page.textContent(".decisions")).toContain("zabsim's model of 3.9.5 decides the same");
    await page.click("#tab-help");
    await page.click("text=explain these logs in five steps");
    for (const step of [1, 2, 3, 4, 5]) {
      expect(await page.textContent(".tour h2")).toMatch(new RegExp(`^${step}/5 `));
      if (step < 5) await page.click(".tour >> text=next");
    }
    await page.close();
  });

  test("says how many events are left out", async () => {
    const data = recordedPage("3.9.5", { limit: 100 });
    const { errors, page } = await open(browser, data, { hash: "#at=1" });
    expect(await page.textContent("header")).toContain(`${data.events.leftOut.before} older events left out`);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("fits a small window without scrolling sideways, with the axis of time, too", async () => {
    const { page } = await open(browser, recordedPage("3.4.10"), { hash: "#axis=time", width: 1000, height: 700 });
    const [wide, width] = await page.evaluate<[number, number]>("[document.documentElement.scrollWidth, innerWidth]");
    expect(wide).toBeLessThanOrEqual(width);
    await page.close();
  });

  test.each([false, true])("has no serious accessibility finding with any panel (dark: %s)", async (dark) => {
    const { page } = await open(browser, recordedPage("3.4.10"), { dark });
    await page.addScriptTag({ path: AXE });
    for (const tab of await page.locator("[role=tab]").all()) {
      await tab.click();
      expect(await seriousFindings(page)).toEqual([]);
    }
    await page.close();
  });

  test("keeps markup in a log inside the text", async () => {
    const markup = "</script><img src=x onerror=alert(1)>";
    const data = recordedPage("3.9.5", {}, (text) => text.replaceAll("/var/lib/zk-test", markup));
    const { errors, page } = await open(browser, data, { hash: "#at=1" });
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.textContent(".log-line")).toContain(markup);
    expect(errors).toEqual([]);
    await page.close();
  });
});
