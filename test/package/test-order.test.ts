/** Checks that the test files that vitest.config.ts starts first exist. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const config = readFileSync(new URL("../../vitest.config.ts", import.meta.url), "utf8");
const list = /const LONGEST[^[]*\[\] = \[([^\]]*)\]/.exec(config)?.[1] ?? "";
const names = [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string);

it("vitest.config.ts has a list of the longest test files", () => expect(names.length).toBeGreaterThan(5));

it.each(names)("test/%s.test.ts exists", (name) => {
  expect(existsSync(new URL(`../${name}.test.ts`, import.meta.url))).toBe(true);
});
