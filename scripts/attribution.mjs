// Writes docs/attribution.md, the known bugs that explain the failures of the kept scenarios. `npm run golden` calls
// this script.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importBundle, root } from "./import-bundle.mjs";

// The code finds the scenarios relative to its own folder, so the bundle is one folder deep.
const { pageOfKeptFindings } = await importBundle("test/fuzz/attribution-page.ts", "out/attribution-page.mjs");
writeFileSync(join(root, "docs", "attribution.md"), pageOfKeptFindings());
