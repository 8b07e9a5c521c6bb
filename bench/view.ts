/**
 * `npm run bench:view` opens pages of `zabsim view` in Chromium and prints how long they take: from the load to the
 * first picture, for a step back, and for each frame while the user scrubs. `npm run screenshots` takes the pictures of
 * docs/images.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { pageWith } from "../cli/page-file.ts";
import { writeScenario } from "../scenarios/write-scenario.ts";
import { logPage } from "../test/view/log-page-data.ts";
import { chromiumPath, dataOf, launch, NO_CHROMIUM, type OpenOptions, open } from "../test/view/page/browser.ts";
import { largeChaosPlan } from "../test/view/scenarios.ts";
import type { LogPageData, PageData } from "../view/page/page-data.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const COLD_START = "cold-start-of-three-epoch-1";
const STEPS = 40;
const FRAMES = 90;

interface Example {
  readonly name: string;
  readonly data: PageData;
}

function examples(): readonly Example[] {
  const bug = dataOf(BUG, readFileSync(`scenarios/bugs/${BUG}.yaml`, "utf8"));
  const runs: PageData["runs"] = [
    { label: "3.9.1", seed: "1", set: ["zookeeper=3.9.1"] },
    { label: "3.9.4", seed: "1", set: ["zookeeper=3.9.4"] },
  ];
  return [
    { name: "cold-start", data: dataOf(COLD_START, readFileSync(`scenarios/shipped/${COLD_START}.yaml`, "utf8")) },
    { name: "bug", data: bug },
    { name: "comparison", data: { ...bug, runs } },
    { name: "chaos", data: dataOf("chaos", writeScenario(largeChaosPlan()), "79") },
  ];
}

/** Returns the page of the recording in which a bug of the release loses data. */
function logsPage(): LogPageData {
  const name = "3.4.10";
  const textOf = (server: number): string =>
    gunzipSync(readFileSync(`test/recordings/${name}/server-${server}/zookeeper.log.gz`)).toString();
  return logPage(name, new Map([1, 2, 3].map((server) => [server, textOf(server)])));
}

/** The objects of the page that the measurements use. */
declare const zabsim: {
  readonly model: {
    readonly run: { readonly value: { readonly recording: { readonly length: number } } };
    readonly at: { readonly value: number };
    goTo(event: number): void;
  };
};

interface Figures {
  readonly shownMs: number;
  readonly recordedMs: number;
  readonly events: number;
  readonly stepsMs: readonly number[];
  readonly framesPerSecond: number;
}

async function measure(page: Page): Promise<Figures> {
  return page.evaluate(
    async ([steps, frames]) => {
      const frame = (): Promise<number> =>
        new Promise((resolve) => (globalThis as unknown as Window).requestAnimationFrame(resolve));
      const mark = (name: string): number => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN;
      const { model } = zabsim;
      const { length: events } = model.run.value.recording;
      model.goTo(Math.floor(events * 0.7));
      await frame();
      const stepsMs: number[] = [];
      for (let i = 0; i < steps; i++) {
        const start = performance.now();
        model.goTo(model.at.value - 1);
        await frame();
        stepsMs.push(performance.now() - start);
      }
      const start = performance.now();
      for (let i = 0; i < frames; i++) {
        model.goTo(Math.floor((events * i) / frames));
        await frame();
      }
      const framesPerSecond = (1000 * frames) / (performance.now() - start);
      return { shownMs: mark("zabsim-shown"), recordedMs: mark("zabsim-recorded"), events, stepsMs, framesPerSecond };
    },
    [STEPS, FRAMES] as const,
  );
}

/** The part of a browser's window that the measurements use. */
interface Window {
  requestAnimationFrame(callback: (time: number) => void): void;
}

async function printFigures(browser: Browser): Promise<void> {
  console.log("page        events   KB  first picture  whole run  step back (median, worst)  scrubbing");
  for (const { data, name } of examples()) {
    const { page } = await open(browser, data);
    const kilobytes = Math.round(Buffer.byteLength(pageWith(data)) / 1000);
    const { events, framesPerSecond, recordedMs, shownMs, stepsMs } = await measure(page);
    const sorted = stepsMs.toSorted((a, b) => a - b);
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ms) => ms?.toFixed(1));
    console.log(
      `${name.padEnd(10)}  ${String(events).padStart(6)}  ${String(kilobytes).padStart(3)}  ` +
        `${shownMs.toFixed(0).padStart(10)} ms  ${recordedMs.toFixed(0).padStart(6)} ms  ` +
        `${`${median} ms, ${worst} ms`.padStart(25)}  ${framesPerSecond.toFixed(0)} frames/s`,
    );
    await page.close();
  }
}

const PICTURES: readonly (OpenOptions & { readonly name: string; readonly of: string })[] = [
  { name: "cold-start", of: "cold-start", hash: "#at=60" },
  { name: "bug-why", of: "bug", hash: "#at=145&panel=why" },
  { name: "bug-dark", of: "bug", hash: "#at=145&panel=decisions", width: 1920, height: 1000, dark: true },
  { name: "comparison", of: "comparison", hash: "#at=88&panel=event", width: 1920, height: 1000 },
  { name: "chaos", of: "chaos", hash: "#at=30000" },
  { name: "logs-why", of: "logs", hash: "#panel=why" },
  { name: "phone", of: "bug", hash: "#at=145", width: 844, height: 390 },
];

async function takePictures(browser: Browser, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, of, ...options } of PICTURES) {
    const data = of === "logs" ? logsPage() : (examples().find((one) => one.name === of) as Example).data;
    const { page } = await open(browser, data, options);
    await page.waitForTimeout(300);
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    console.log(path);
    await page.close();
  }
}

const { values } = parseArgs({ options: { screenshots: { type: "string" } } });
const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.error(`bench: ${NO_CHROMIUM}`);
  process.exitCode = 2;
} else {
  const browser = await launch(executablePath);
  if (values.screenshots === undefined) await printFigures(browser);
  else await takePictures(browser, values.screenshots);
  await browser.close();
}
