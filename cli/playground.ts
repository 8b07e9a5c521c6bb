/**
 * `zabsim playground` writes one HTML file: the page of view/page with an editor next to it, and the shipped scenarios
 * as a gallery.
 */
import { readFileSync } from "node:fs";
import { loadScenario } from "../scenarios/load.ts";
import { DATA_MARK, type GalleryEntry, type PlaygroundData } from "../view/page/page-data.ts";
import { builtFile, type PageFileOptions, pack, savePage } from "./page-file.ts";
import { bugPaths, shippedPaths } from "./scenario-files.ts";
import { groupOf } from "./scenario-groups.ts";
import { VERSION } from "./version.ts";

/** Returns the page of the playground: the page, an editor next to it, and the gallery. */
export function playgroundPage(): string {
  const data: PlaygroundData = { playground: true, version: VERSION };
  const side = [
    '<section class="playground-side" aria-label="Editor">',
    '<p><label>gallery <select id="gallery-list"></select></label></p>',
    '<div id="editor"></div>',
    "</section>",
    '<div id="app">',
  ].join("\n");
  const scripts = [
    `<script id="gallery" type="application/gzip">${pack(JSON.stringify(galleryEntries()))}</script>`,
    `<script type="application/gzip" data-run>${pack(builtFile("playground.js"))}</script>`,
    "</html>",
  ].join("\n");
  return builtFile("view.html")
    .replace('<div id="app">', side)
    .replace(DATA_MARK, pack(JSON.stringify(data)))
    .replace("</html>", scripts);
}

function galleryEntries(): readonly GalleryEntry[] {
  const entry = (path: string): GalleryEntry => {
    const text = readFileSync(path, "utf8");
    const { about, name } = loadScenario(text, path);
    return { name, group: groupOf(name), about: about.trim(), text };
  };
  return [...shippedPaths(), ...bugPaths()].map(entry);
}

export interface PlaygroundOptions extends PageFileOptions {
  readonly out?: string;
}

/** Writes the page of the playground. */
export async function playground(options: PlaygroundOptions): Promise<number> {
  return savePage(options.out ?? "playground.html", playgroundPage(), options);
}
