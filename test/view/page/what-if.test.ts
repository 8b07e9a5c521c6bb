/** Branches on the page, in a real Chromium. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { Recording } from "../../../view/session/recording.ts";
import { chromiumPath, dataOf, launch, open } from "./browser.ts";

const CUTS = "five-servers-minority-leader-uncommitted-txn-truncated";
const TEXT = readFileSync(`scenarios/shipped/${CUTS}.yaml`, "utf8");

const executablePath = chromiumPath();

let browser: Browser;
beforeAll(async () => {
  if (executablePath !== undefined) browser = await launch(executablePath);
});
afterAll(async () => {
  await browser?.close();
});

async function openAt(event: number, scenario = TEXT): Promise<Page> {
  const { page } = await open(browser, dataOf(CUTS, scenario), { hash: `#at=${event}&panel=whatif` });
  return page;
}

async function crash(page: Page, sid: number | undefined): Promise<void> {
  await page.click(`.what-if p.row:has-text("server ${sid}") >> text=crash`);
}

/** Returns the name of the file that the page saves for the branch that it shows. */
async function savedName(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.click("text=save the branch as a scenario"),
  ]);
  return download.suggestedFilename();
}

describe.skipIf(executablePath === undefined)("in Chromium, the panel What if", () => {
  const recording = new Recording(loadScenario(TEXT, `${CUTS}.yaml`), { seed: 1n }).finish();
  const eventOfCut = recording.eventOfSequence(recording.allTrace.find(({ kind }) => kind === "cut")?.sequence ?? 0);

  const [a, b] = recording.servers.filter((sid) => recording.serverAt(sid, 50).process === "running");

  test("keeps the first branch when the user makes a second one", async () => {
    const page = await openAt(50);
    const original = await page.textContent("header code");
    await crash(page, a);
    const first = await page.textContent("header code");
    await page.click("text=go to the same moment of seed 1");
    expect(await page.textContent("header code")).toBe(original);
    await crash(page, b);
    expect(await page.textContent("header code")).not.toBe(first);
    expect(await page.locator("canvas").count()).toBe(2);
    await page.click(`text=show crash ${a} after event 50`);
    expect(await page.textContent("header code")).toBe(first);
    await page.click(`text=close crash ${a} after event 50`);
    expect(await page.locator("figcaption").allTextContents()).toEqual(["seed 1", `crash ${b} after event 50`]);
    await page.click(`text=close crash ${b} after event 50`);
    expect(await page.locator("canvas").count()).toBe(1);
    expect(await page.textContent("header code")).toBe(original);
    await page.close();
  });

  test("saves each branch under a name of its own, and says so", async () => {
    const page = await openAt(50);
    await crash(page, a);
    expect(await savedName(page)).toBe(`${CUTS}-crash-${a}-after-event-50.yaml`);
    expect(await page.textContent(".notice")).toContain(`saves ${CUTS}-crash-${a}-after-event-50.yaml`);
    await page.click("text=go to the same moment of seed 1");
    await crash(page, b);
    expect(await savedName(page)).toBe(`${CUTS}-crash-${b}-after-event-50.yaml`);
    await page.close();
  });

  test("offers to heal links only while a link is cut", async () => {
    const page = await openAt(eventOfCut - 1);
    expect(await page.locator(".what-if >> text=heal all").count()).toBe(0);
    await page.keyboard.press(".");
    expect(await page.locator(".what-if >> text=heal all").count()).toBe(1);
    await page.close();
  });

  test("skips a step that the event performs", async () => {
    const page = await openAt(eventOfCut);
    await page.click(".what-if >> text=skip this step");
    expect(await page.locator("figcaption").nth(1).textContent()).toMatch(/^without step \d+ after event \d+$/);
    expect(await page.textContent("header code")).not.toBe(recording.run.digest);
    const links = page.locator('[aria-label="First consequence of the change"] button');
    expect(await links.count()).toBe(2);
    expect(await links.first().textContent()).not.toContain("step");
    await links.last().click();
    expect(await page.locator("figure.current figcaption").textContent()).toMatch(/^without step/);
    await page.close();
  });

  test("names what a run leaves open at its end", async () => {
    const steps = "steps: [{ at: 20ms, crash: 1 }, { at: 5s, start: 1 }]";
    const page = await openAt(20, `servers: 3\nsettings: { tickTime: 200 }\n${steps}\nuntil: 30ms\n`);
    expect(await page.textContent(".open-ends")).toMatch(/^ends at 0\.\d+ s; step 2 did not happen/);
    await page.close();
  });
});
