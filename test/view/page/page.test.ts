/** Opens pages in a real Chromium. Without Chromium, the tests are skipped, because `npm test` needs only Node. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { playgroundPage } from "../../../cli/playground.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { writeScenario } from "../../../scenarios/write-scenario.ts";
import type { PageModel } from "../../../view/page/model.ts";
import type { PageData } from "../../../view/page/page-data.ts";
import type { RunModel } from "../../../view/page/run-model.ts";
import { Recording } from "../../../view/session/recording.ts";
import { Session } from "../../../view/session/session.ts";
import { chaosPlan, largeChaosPlan, largestScenario, shipped } from "../scenarios.ts";
import { chromiumPath, dataOf, launch, NO_CHROMIUM, open, openText, seriousFindings } from "./browser.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const VIOLATIONS = "open-committed-txn-truncated-before-leader-applies-it";
const COLD_START = "cold-start-of-three-epoch-1";
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

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
declare const zabsim: {
  readonly model: PageModel;
  readonly loadScenario: typeof loadScenario;
  readonly runScenario: typeof runScenario;
};

function textOf(folder: "bugs" | "shipped", name: string): string {
  return readFileSync(`scenarios/${folder}/${name}.yaml`, "utf8");
}

function bugPage(): PageData {
  return dataOf(BUG, textOf("bugs", BUG));
}

/** A page of a run with more than one violation. */
function violationsPage(): PageData {
  return dataOf(VIOLATIONS, textOf("bugs", VIOLATIONS));
}

const COMPARISON: PageData = {
  ...bugPage(),
  runs: [
    { label: "3.9.1", seed: "1", set: ["zookeeper=3.9.1"] },
    { label: "3.9.4", seed: "1", set: ["zookeeper=3.9.4"] },
  ],
};

async function shownEvent(page: Page): Promise<number> {
  return page.evaluate(() => zabsim.model.at.value);
}

describe.skipIf(executablePath === undefined)("in Chromium, a page", () => {
  const chaos = largeChaosPlan();
  test.each<[string, PageData, () => ReturnType<typeof runScenario>]>([
    [
      "of a cold start of three servers",
      dataOf(COLD_START, textOf("shipped", COLD_START)),
      () => runScenario(loadScenario(textOf("shipped", COLD_START), "x.yaml"), { seed: 1n }),
    ],
    ["of a bug", bugPage(), () => runScenario(loadScenario(textOf("bugs", BUG), "x.yaml"), { seed: 1n })],
    [
      "that compares two releases",
      COMPARISON,
      () => runScenario(loadScenario(textOf("bugs", BUG), "x.yaml", { set: ["zookeeper=3.9.1"] }), { seed: 1n }),
    ],
    [
      "of seven servers and 100,000 events",
      dataOf("chaos", writeScenario(chaos), "79"),
      () => runScenario(chaos, { seed: 79n }),
    ],
  ])("%s opens without errors and has the digest of Node", async (_name, data, run) => {
    const { errors, page } = await open(browser, data);
    const { digest, events } = run();
    expect(await page.textContent("header code")).toBe(digest);
    expect(await page.textContent("header")).toContain(`${events} event`);
    expect(await page.locator("canvas").count()).toBe(data.runs.length);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("of the largest scenario opens without errors", async () => {
    const { errors, page } = await open(browser, dataOf("largest", largestScenario()));
    expect(await page.textContent("header")).toContain("every invariant holds");
    expect(errors).toEqual([]);
    await page.close();
  });

  test("opens at the moment and with the panel that its address names, and keeps the address up to date", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=145&panel=why" });
    expect(await shownEvent(page)).toBe(145);
    expect(await page.locator("[role=tab][aria-selected=true]").textContent()).toBe("Why");
    await page.keyboard.press(".");
    await page.waitForURL(/#at=146&panel=why$/);
    await page.close();
  });

  test("of a run with violations opens at the first one, and its header goes to the next one", async () => {
    const { page } = await open(browser, violationsPage());
    const panel = (): Promise<string | null> => page.locator("[role=tab][aria-selected=true]").textContent();
    const violated = new Recording(loadScenario(violationsPage().scenario, "x.yaml"), { seed: 1n }).finish();
    const events = [...new Set(violated.violations.map((_, index) => violated.eventOfViolation(index)))];
    expect(await shownEvent(page)).toBe(events[0]);
    expect(await panel()).toBe("Why");
    expect(await page.locator(".tour").count()).toBe(1);
    expect(await page.locator(".scrub-violation").count()).toBe(events.length);
    await page.click("#tab-event");
    await page.click("header >> text=violation");
    expect(await shownEvent(page)).toBe(events[1] ?? events[0]);
    expect(await panel()).toBe("Why");
    await page.close();
  });

  test("opens with the panel and the axis that the address names, at the first violation", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#axis=time&panel=decisions" });
    const recording = new Recording(loadScenario(textOf("bugs", BUG), "x.yaml"), { seed: 1n }).finish();
    expect(await shownEvent(page)).toBe(recording.eventOfViolation(0));
    expect(await page.locator("[role=tab][aria-selected=true]").textContent()).toBe("Decisions");
    await page.close();
  });

  test("explains the run in five steps if the address names no moment", async () => {
    const { page } = await open(browser, bugPage());
    for (const step of [1, 2, 3, 4, 5]) {
      expect(await page.textContent(".tour h2")).toMatch(new RegExp(`^${step}/5 `));
      if (step < 5) await page.click(".tour >> text=next");
    }
    expect(await page.textContent(".tour p")).toContain("truncates 1:4, which is committed");
    await page.click(".tour >> text=close");
    expect(await page.locator(".tour").count()).toBe(0);
    await page.close();
  });

  test("can be used with the keyboard alone", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=0" });
    const session = new Session(new Recording(loadScenario(textOf("bugs", BUG), "x.yaml"), { seed: 1n }));
    const moves: readonly (readonly [key: string, move: (session: Session) => unknown])[] = [
      ["v", (one) => one.find({ what: "violation" })],
      ["c", (one) => one.goToCause()],
      ["D", (one) => one.find({ what: "decision" }, -1)],
      ["e", (one) => one.goToEffect()],
      ["ArrowDown", (one) => one.find({ server: one.recording.event(one.at).server })],
      ["ArrowUp", (one) => one.find({ server: one.recording.event(one.at).server }, -1)],
      [".", (one) => one.next()],
      [",", (one) => one.back()],
      ["End", (one) => one.goTo(1e9)],
      ["V", (one) => one.find({ what: "violation" }, -1)],
      ["Home", (one) => one.goTo(0)],
    ];
    for (const [key, move] of moves) {
      await page.keyboard.press(key);
      move(session);
      expect(await shownEvent(page), key).toBe(session.at);
    }
    await page.keyboard.press("ArrowLeft");
    expect(await page.textContent(".notice")).toBe("the start of the run");
    for (const name of ["Search events", "Event", "Panels"]) {
      expect(await page.locator(`[aria-label="${name}"]`).count(), name).toBe(1);
    }
    await page.close();
  });

  test("finds text and patterns of messages", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=0" });
    const search = async (text: string): Promise<number> => {
      await page.fill("[type=search]", text);
      await page.keyboard.press("Enter");
      return shownEvent(page);
    };
    expect(await search("NEWLEADER to 1 without an ACK from 1")).toBe(88);
    expect(await search("TRUNC 1:3")).toBe(145);
    expect(await page.textContent(".notice")).toMatch(/^hit \d+ of \d+/);
    await page.close();
  });

  test("shows the scenario, the legends, the broken rule, and a TRUNC of committed transactions in red", async () => {
    const { errors, page } = await open(browser, bugPage(), { hash: "#at=145&panel=scenario" });
    expect(await page.textContent(".scenario")).toContain("servers:");
    expect(await page.textContent(".log-legend")).toContain("synced, not committed");
    expect(await page.textContent(".log-legend")).toContain("only in a snapshot, not in the log");
    await page.click("#tab-help");
    expect(await page.textContent(".help")).toContain("NEWLEADER to 1 without ACK from 1");
    await page.click("#tab-why");
    expect(await page.textContent(".why")).toContain("The broken rule:");
    await page.click("#tab-decisions");
    expect(await page.textContent(".decisions b.violation")).toMatch(/^TRUNC 1:3$/);
    expect(errors).toEqual([]);
    await page.close();
  });

  test.each([false, true])("has no serious accessibility finding with any panel (dark: %s)", async (dark) => {
    const { page } = await open(browser, COMPARISON, { hash: "#at=88", dark });
    await page.addScriptTag({ path: AXE });
    for (const tab of await page.locator("[role=tab]").all()) {
      await tab.click();
      expect(await seriousFindings(page)).toEqual([]);
    }
    await page.close();
  });

  test.each([false, true])("with an editor has no serious accessibility finding (dark: %s)", async (dark) => {
    const { page } = await openText(browser, playgroundPage(), { dark });
    await page.waitForSelector(".cards");
    await page.selectOption("#gallery-list", BUG);
    await page.addScriptTag({ path: AXE });
    expect(await seriousFindings(page)).toEqual([]);
    await page.click(".cm-content");
    await page.keyboard.press("Control+End");
    await page.keyboard.type("setings: { tickTime: 100 }\nser");
    await page.waitForSelector(".cm-lint-marker-error");
    await page.waitForSelector(".cm-tooltip-autocomplete");
    expect(await seriousFindings(page)).toEqual([]);
    await page.close();
  });

  test("says to a screen reader what the rows and the boxes of a card mean", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=145" });
    const row = page.locator('.card dt:has-text("epochs")').first();
    expect(await row.textContent()).toContain("acceptedEpoch: the newest epoch that the server accepted");
    expect(await page.locator(".card .log [aria-label]").first().getAttribute("aria-label")).toBe(
      "1:1 (before the run): committed",
    );
    await page.close();
  });

  test("names the known bug that explains a failure, with its ticket", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#panel=why" });
    await page.waitForSelector(".known-bugs b");
    expect(await page.textContent(".known-bugs")).toContain(
      "ZOOKEEPER-4643: A follower writes currentEpoch before the transactions of a DIFF are on disk.",
    );
    expect(await page.textContent(".known-bugs")).toContain(BUG);
    await page.close();
  });

  test("shows only messages of one type, and its address keeps the type", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=0" });
    const count = (): Promise<number> => page.evaluate(() => zabsim.model.shown.value[0]?.events.length ?? 0);
    const all = await count();
    await page.selectOption('[aria-label="Type of messages"]', "NEWLEADER");
    expect(await count()).toBeLessThan(all);
    await page.waitForURL(/type=NEWLEADER/);
    await page.close();
  });

  test("names the root cause of a violation in words", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#panel=why" });
    expect(await page.locator(".why section:has(ol)").first().locator(".root").allTextContents()).toEqual([
      expect.stringMatching(/^root cause: server 1 writes currentEpoch 2 to disk, before it logs 1:4/),
    ]);
    await page.close();
  });

  test("fits a phone in landscape without scrolling sideways", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=145", width: 844, height: 390 });
    const [wide, width] = await page.evaluate<[number, number]>("[document.documentElement.scrollWidth, innerWidth]");
    expect(wide).toBeLessThanOrEqual(width);
    await page.close();
  });

  test("with an editor runs each change, and marks errors", async () => {
    const { errors, page } = await openText(browser, playgroundPage());
    await page.waitForSelector(".cards");
    expect(await page.textContent("header h1")).not.toBe("");
    await page.selectOption("#gallery-list", BUG);
    expect(await page.textContent("header code")).toBe(runScenario(shipped(BUG), { seed: 1n }).digest);
    await page.click(".cm-content");
    await page.keyboard.press("Control+End");
    await page.keyboard.type("setings: { tickTime: 100 }");
    await page.waitForSelector(".cm-lint-marker-error");
    expect(await page.textContent("header code")).toBe(runScenario(shipped(BUG), { seed: 1n }).digest);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("servers: 3");
    await page.waitForFunction(() => (zabsim.model.run.value as RunModel).recording.scenario.about === "");
    expect(await page.locator(".cm-lint-marker-error").count()).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  });

  test("says in one sentence how often the violation follows from an event", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=145&panel=odds" });
    await page.click("text=from this event");
    await page.waitForSelector('.odds [role=status]:has-text("of the continuations.")');
    expect(await page.locator(".odds details[open]").count()).toBe(0);
    await page.close();
  });

  test("saves a branch that zabsim run reproduces with the same digest", async () => {
    const { page } = await open(browser, bugPage(), { hash: "#at=84&panel=whatif" });
    await page.click(".what-if >> text=NEWLEADER 2:0 >> xpath=.. >> text=drop");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click("text=save the branch as a scenario"),
    ]);
    const file = join(mkdtempSync(join(tmpdir(), "zabsim-branch-")), "branch.yaml");
    await download.saveAs(file);
    const digest = await page.textContent("header code");
    const output = execFileSync(process.execPath, ["bin/zabsim.js", "run", file, "--json"], { encoding: "utf8" });
    expect(JSON.parse(output).runs[0].digest).toBe(digest);
    await page.close();
  });

  test("makes 20 branches whose files have the same digest in Node", async () => {
    const { page } = await open(browser, dataOf("chaos", writeScenario(chaosPlan(3)), "3"));
    const branches = await page.evaluate(() => {
      const { session } = zabsim.model.run.value as RunModel;
      const made: { readonly text: string; readonly digest: string }[] = [];
      for (let i = 1; made.length < 20; i++) {
        session.goTo(i * 12);
        const message = session.recording.inFlightAt(session.at)[0];
        const sid = session.recording.servers[i % session.recording.servers.length] as never;
        const changes = [{ drop: true }, { delay: "7ms" }, { deliver: true }] as const;
        const branch =
          message !== undefined && i % 2 === 0
            ? session.changeMessage(message, changes[i % 3] as { readonly drop: true })
            : session.change(i % 3 === 0 ? { pause: sid } : { isolate: sid });
        made.push({ text: branch.save(), digest: branch.recording.run.digest });
      }
      return made;
    });
    for (const { digest, text } of branches) {
      const scenario = loadScenario(text, "branch.yaml");
      expect(runScenario(scenario, { seed: BigInt(scenario.seed ?? 1) }).digest).toBe(digest);
    }
    await page.close();
  });

  test("computes the digests of Node for shipped scenarios and chaos plans with many seeds", async () => {
    const pairs = Number(process.env.CI ? 1000 : 150);
    const texts = (["shipped", "bugs"] as const).flatMap((folder) =>
      readdirSync(`scenarios/${folder}`)
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => readFileSync(`scenarios/${folder}/${file}`, "utf8")),
    );
    const cases = Array.from({ length: pairs }, (_, i) => ({
      seed: String(i),
      text: i % 2 === 0 ? (texts[(i / 2) % texts.length] as string) : writeScenario(chaosPlan(i)),
    }));
    const { page } = await open(browser, bugPage());
    const digests = await page.evaluate(
      (all) =>
        all.map(({ seed, text }) => {
          const scenario = zabsim.loadScenario(text, "x.yaml");
          return zabsim.runScenario(scenario, { seed: BigInt(seed), records: false }).digest;
        }),
      cases,
    );
    const expected = cases.map(({ seed, text }) => {
      const scenario = loadScenario(text, "x.yaml");
      return runScenario(scenario, { seed: BigInt(seed), records: false }).digest;
    });
    expect(digests).toEqual(expected);
    await page.close();
  }, 300_000);
});
