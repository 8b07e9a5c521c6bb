/**
 * Opens a page in Debian's Firefox, the second browser engine. playwright-core drives only a Firefox of its own
 * build, so puppeteer-core drives this one. Without Firefox, the test is skipped.
 */
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";
import { expect, test } from "vitest";
import { pageWith } from "../../../cli/page-file.ts";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { addressOf, dataOf, firefoxPath } from "./browser.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

const executablePath = firefoxPath();
if (executablePath === undefined)
  console.warn("test/view/page: skipped: no Firefox in PATH (on Debian: apt-get install firefox-esr)");

test.skipIf(executablePath === undefined)(
  "Firefox opens the page of a bug without errors, and computes the digest of Node",
  { timeout: 120_000 },
  async () => {
    const scenario = readFileSync(`scenarios/bugs/${BUG}.yaml`, "utf8");
    const browser = await puppeteer.launch({ browser: "firefox", executablePath: executablePath as string });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (["error", "warn"].includes(message.type())) errors.push(message.text());
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      await page.goto(addressOf(pageWith(dataOf(BUG, scenario))));
      await page.waitForFunction(() => performance.getEntriesByName("zabsim-recorded").length > 0, { timeout: 60_000 });
      const { digest } = runScenario(loadScenario(scenario, "x.yaml"), { seed: 1n });
      expect(await page.$eval("header code", ({ textContent }) => textContent)).toBe(digest);
      expect(await page.$$eval("canvas", ({ length }) => length)).toBe(1);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
