/** Runs the packed scripts of a page, in the order in which they stand in the page. */
import { unpack } from "./packed.ts";

async function load(): Promise<void> {
  for (const element of document.querySelectorAll('script[type="application/gzip"][data-run]')) {
    const script = document.createElement("script");
    script.textContent = await unpack(element);
    document.body.append(script);
  }
}

if ("DecompressionStream" in globalThis) void load();
else {
  const app = document.getElementById("app");
  if (app)
    app.textContent = "The page needs a browser with DecompressionStream: Chrome 80, Firefox 113 or Safari 16.4.";
}
