import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as exitCodes from "../../cli/exit-codes.ts";
import { LAUNCHER } from "./zabsim.ts";

it("the launcher's copies of exit codes equal those of cli/exit-codes.ts", () => {
  const copies = [...readFileSync(LAUNCHER, "utf8").matchAll(/^const (EXIT_\w+) = (\d+);$/gm)];
  expect(copies.length).toBeGreaterThan(0);
  const known = new Map(Object.entries(exitCodes));
  for (const [, name, code] of copies) expect(Number(code), name).toBe(known.get(name as string));
});
