/**
 * `zabsim view` writes one HTML file that runs a scenario in the browser and shows the run: the page of view/page with
 * the text of the scenario inside.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { saveWhole } from "../campaign/output-files.ts";
import { loadScenario } from "../scenarios/load.ts";
import {
  DATA_MARK,
  type GalleryEntry,
  type PageData,
  type PlaygroundData,
  type RunData,
  scriptJson,
} from "../view/page/page-data.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { overridesOf, type ScenarioOptions } from "./options.ts";
import { write } from "./output.ts";
import { seedFor } from "./run.ts";
import { bugPaths, readScenario, scenarioPath, shippedPaths } from "./scenario-files.ts";
import { groupOf } from "./scenario-groups.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

interface OutputOptions {
  readonly json?: boolean;
  readonly open?: boolean;
}

export interface ViewOptions extends ScenarioOptions, OutputOptions {
  readonly out?: string;
  /** A second release to show below the first one. */
  readonly compare?: string;
  readonly compareSeed?: bigint;
}

export async function view(name: string, options: ViewOptions): Promise<number> {
  const path = scenarioPath(name);
  const { scenario } = readScenario(path, overridesOf(options));
  const first: RunData = {
    label: `${scenario.zookeeper}, seed ${seedFor(scenario, options.seed)}`,
    seed: String(seedFor(scenario, options.seed)),
    set: overridesOf(options),
  };
  const second = secondRun(first, path, options);
  const data: PageData = {
    file: `${scenario.name}.yaml`,
    scenario: readFileSync(path, "utf8"),
    runs: second === undefined ? [first] : [first, second],
    version: VERSION,
  };
  const file = options.out ?? `${scenario.name}.html`;
  if (resolve(file) === resolve(path)) throw new UsageError(`--out ${file}: is the scenario file itself`);
  return savePage(file, pageOf(data), options);
}

function secondRun(
  first: RunData,
  path: string,
  { compare, compareSeed, ...options }: ViewOptions,
): RunData | undefined {
  if (compare === undefined && compareSeed === undefined) return undefined;
  const set = overridesOf({ ...options, ...(compare === undefined ? {} : { zookeeper: compare }) });
  const { scenario } = readScenario(path, set);
  const seed = String(compareSeed ?? first.seed);
  return { label: `${scenario.zookeeper}, seed ${seed}`, seed, set };
}

/** Returns the page with its data. */
export function pageOf(data: PageData): string {
  const page = readFileSync(new URL("../dist/view.html", import.meta.url), "utf8");
  // The replacement is a function, because a text could contain patterns such as $&.
  return page.replace(DATA_MARK, () => scriptJson(data));
}

/** Returns the page of the playground: the page, an editor next to it, and the gallery. */
export function playgroundPage(): string {
  const read = (name: string): string => readFileSync(new URL(`../dist/${name}`, import.meta.url), "utf8");
  const gallery = gzipSync(JSON.stringify(galleryEntries()), { level: 9 }).toString("base64");
  const data: PlaygroundData = { playground: true, version: VERSION };
  const side = [
    '<section class="playground-side" aria-label="Editor">',
    '<p><label>gallery <select id="gallery-list"></select></label></p>',
    '<div id="editor"></div>',
    "</section>",
    '<div id="app">',
  ].join("\n");
  const scripts = [
    `<script id="gallery" type="text/plain">${gallery}</script>`,
    `<script>${read("playground.js")}</script>`,
    "</html>",
  ].join("\n");
  return read("view.html")
    .replace('<div id="app">', () => side)
    .replace(DATA_MARK, () => scriptJson(data))
    .replace("</html>", () => scripts);
}

function galleryEntries(): readonly GalleryEntry[] {
  const entry = (path: string): GalleryEntry => {
    const text = readFileSync(path, "utf8");
    const { about, name } = loadScenario(text, path);
    return { name, group: groupOf(name), about: about.trim(), text };
  };
  return [...shippedPaths(), ...bugPaths()].map(entry);
}

export interface PlaygroundOptions extends OutputOptions {
  readonly out?: string;
}

/** Writes the page of the playground. */
export async function playground(options: PlaygroundOptions): Promise<number> {
  return savePage(options.out ?? "playground.html", playgroundPage(), options);
}

async function savePage(file: string, page: string, { json, open }: OutputOptions): Promise<number> {
  saveWhole(file, page);
  await write(json ? `${JSON.stringify({ file })}\n` : `${file}\n`);
  if (open) openInBrowser(file);
  return EXIT_OK;
}

/** Opens a file with the program that the desktop uses for it. If there is none, the user opens the file. */
function openInBrowser(file: string): void {
  const commands: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: "open", win32: "explorer" };
  const child = spawn(commands[process.platform] ?? "xdg-open", [pathToFileURL(file).href], {
    detached: true,
    stdio: "ignore",
  });
  child.on("error", () => process.stderr.write(`no program opens ${file}; open it in a browser\n`));
  child.unref();
}
