/** A real Chromium for the tests of the page, driven by playwright-core, and where browsers are installed. */
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { pageWith } from "../../../cli/page-file.ts";
import type { LogPageData, PageData } from "../../../view/page/page-data.ts";

/** Returns the path of Chromium: ZABSIM_CHROMIUM, or the first one in PATH; undefined if there is none. */
export function chromiumPath(): string | undefined {
  return process.env.ZABSIM_CHROMIUM ?? inPath(["chromium", "chromium-browser", "google-chrome", "chrome"]);
}

/** Returns the path of Firefox: ZABSIM_FIREFOX, or the first one in PATH; undefined if there is none. */
export function firefoxPath(): string | undefined {
  return process.env.ZABSIM_FIREFOX ?? inPath(["firefox-esr", "firefox"]);
}

function inPath(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

/** What to print if there is no Chromium. */
export const NO_CHROMIUM = "skipped: no Chromium in PATH (on Debian: apt-get install chromium)";

export async function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A page, and the errors that its console has shown. */
export interface OpenPage {
  readonly page: Page;
  readonly errors: string[];
}

export interface OpenOptions {
  readonly hash?: string;
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** Opens a page with this data, and waits until its runs are recorded. */
export async function open(
  browser: Browser,
  data: PageData | LogPageData,
  options: OpenOptions = {},
): Promise<OpenPage> {
  const opened = await openText(browser, pageWith(data), options);
  await opened.page.waitForFunction(() => performance.getEntriesByName("zabsim-recorded").length > 0, null, {
    timeout: 120_000,
  });
  return opened;
}

/** Writes a page to a file. Returns its address. */
export function addressOf(html: string): string {
  const file = join(mkdtempSync(join(tmpdir(), "zabsim-page-")), "page.html");
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

/** Writes a page to a file, and opens it. */
export async function openText(browser: Browser, html: string, options: OpenOptions = {}): Promise<OpenPage> {
  const { dark = false, hash = "", height = 800, width = 1280 } = options;
  const address = addressOf(html);
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error.stack ?? error)));
  await page.goto(`${address}${hash}`);
  return { page, errors };
}

/** Returns the data of a page with one run. */
export function dataOf(name: string, scenario: string, seed = "1", set: readonly string[] = []): PageData {
  return { file: `${name}.yaml`, scenario, runs: [{ label: `seed ${seed}`, seed, set }], version: "test" };
}

/** Returns what axe reports as serious or critical about a page that contains axe. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
