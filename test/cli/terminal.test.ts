/**
 * Tests what a user sees on a terminal with 80 and with 120 columns. When a command has ended, the screen must look as
 * if no progress had been shown. If the machine has no pseudo-terminal, the tests fail in CI and are skipped elsewhere.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { pty, reason, runInTerminal, type Screen } from "./terminal.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-terminal-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folders = 0;
const folder = (): string => join(base, String(++folders));

/** Matches a progress line, or the `^C` of a terminal, but no other output. */
const PROGRESS = /\d+% \||runs\/s, |matrix: campaign|plan-roll: \d|\^C/;

/** The configuration files of rolls. */
const ROLLS = fileURLToPath(new URL("../roll/rolls", import.meta.url));

/** Returns the lines of a screen without the parts that differ between two runs of a command. */
function stable({ lines }: Screen): string[] {
  return lines.map((line) => (/^ {2}rate /.test(line) ? "  rate" : line.replaceAll(base, "").replace(/\/\d+\//, "/")));
}

function expectClean({ cursor, lines, raw }: Screen): void {
  expect(lines.filter((line) => PROGRESS.test(line))).toEqual([]);
  expect(cursor).toEqual({ column: 0, line: lines.length });
  expect(raw.lastIndexOf("\u001b[?25l"), "the cursor is visible").toBeLessThanOrEqual(raw.lastIndexOf("\u001b[?25h"));
}

if (pty === undefined && process.env.CI !== undefined) throw new Error(`CI needs a pseudo-terminal: ${reason}`);
if (pty === undefined) console.warn(`skipped: ${reason}`);

describe.skipIf(pty === undefined).each([80, 120])("a terminal of %i columns", (columns) => {
  const fuzz = (): string[] => ["fuzz", "--zookeeper", "3.6.2", "--seeds", "705..712", "--strict", "--out", folder()];

  it("shows every line of fuzz, and its progress only while it runs", async () => {
    const shown = await runInTerminal(fuzz(), { columns });
    const expected = await runInTerminal(fuzz(), { columns, stderr: false });
    expect([shown.code, expected.code]).toEqual([EXIT_FINDING, EXIT_FINDING]);
    expect(shown.raw).toMatch(PROGRESS);
    expect(expected.raw).not.toMatch(PROGRESS);
    expect(stable(shown)).toEqual(stable(expected));
    expect(shown.lines.filter((line) => line.startsWith("found "))).not.toEqual([]);
    expectClean(shown);
  });

  it("shows the summary of fuzz after Ctrl-C", async () => {
    const args = ["fuzz", "--zookeeper", "patched", "--time", "60s", "--out", folder()];
    const shown = await runInTerminal(args, { columns, interruptAt: PROGRESS });
    expect(shown.code).toBe(EXIT_INTERRUPTED);
    expect(shown.lines[0]).toMatch(/^ {2}runs +[\d ]+ \(interrupted\)$/);
    expect(shown.lines.join("\n")).toContain("interrupted; --resume continues the campaign");
    expectClean(shown);
  });

  it("shows the failures and the summary of run --seeds, also after Ctrl-C", async () => {
    const args = ["run", "cold-start-of-three-epoch-1", "--set", "expect.leader=1", "--seeds"];
    const shown = await runInTerminal([...args, "1..100000000"], { columns, interruptAt: PROGRESS });
    expect(shown.code).toBe(EXIT_INTERRUPTED);
    expect(shown.lines.at(-1)).toMatch(/^\d+ runs, \d+ events: 0 ok, \d+ failed \(interrupted\)$/);
    expectClean(shown);
  });

  it("shows the orders of plan-roll, and its progress only while it runs", async () => {
    const [from, to] = ["three", "four"].map((name) => join(ROLLS, `${name}.cfg`));
    const shown = await runInTerminal(["plan-roll", from as string, to as string], { columns });
    expect(shown.code).toBe(EXIT_OK);
    expect(shown.raw).toMatch(/plan-roll: \d+ runs/);
    expect(shown.lines.filter((line) => line.length > columns)).toEqual([]);
    expectClean(shown);
  });

  it("shows the table of matrix, also after Ctrl-C", async () => {
    const whole = await runInTerminal(["matrix", "--bug", "4643", "--time", "0s"], { columns });
    const args = ["matrix", "--bug", "4643", "--time", "60s"];
    const shown = await runInTerminal(args, { columns, interruptAt: PROGRESS });
    expect([whole.code, shown.code]).toEqual([EXIT_OK, EXIT_INTERRUPTED]);
    expect(shown.raw).toMatch(PROGRESS);
    expect(shown.lines.slice(0, 3).map((line) => line.replaceAll("SC", "S"))).toEqual(whole.lines.slice(0, 3));
    expectClean(shown);
    expectClean(whole);
  });
});
