/** Writes a page to a file, and opens it in the browser if the user asks for it. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { saveWhole } from "../campaign/output-files.ts";
import { DATA_MARK, type LogPageData, type PageData } from "../view/page/page-data.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";

export interface PageFileOptions {
  readonly json?: boolean;
  readonly open?: boolean;
}

/** Returns the text of a file that the build has written for pages. */
export function builtFile(name: "view.html" | "playground.js"): string {
  return readFileSync(new URL(`../dist/${name}`, import.meta.url), "utf8");
}

/** Returns text in the form that view/page/packed.ts reads. It contains no markup, whatever the text contains. */
export function pack(text: string): string {
  return gzipSync(text, { level: 9 }).toString("base64");
}

/** Returns the page of `zabsim view` with its data. */
export function pageWith(data: PageData | LogPageData): string {
  return builtFile("view.html").replace(DATA_MARK, pack(JSON.stringify(data)));
}

export async function savePage(file: string, page: string, { json, open }: PageFileOptions): Promise<number> {
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
