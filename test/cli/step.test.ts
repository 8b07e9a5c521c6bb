/** Drives `zabsim replay --step` through a pseudo-terminal. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { runScenario } from "../../scenarios/run.ts";
import { writeScenario } from "../../scenarios/write-scenario.ts";
import { largeChaosPlan } from "../view/scenarios.ts";
import { openTerminal, pty, type RunningTerminal } from "./terminal.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const ENTER = "\r";
const folder = mkdtempSync(join(tmpdir(), "zabsim-step-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(columns: number, rows = 24): RunningTerminal {
  return openTerminal(["replay", BUG, "--step"], { columns, rows, cwd: folder });
}

/** Returns the number of the event and the digest that the first line of the screen shows. */
function positionIn(lines: readonly string[]): { event: number; digest: string } {
  const [, event = "", digest = ""] = /^event (\d+)\/\d+ · .* digest ([0-9a-f]{16})/.exec(lines[0] ?? "") ?? [];
  return { event: Number(event), digest };
}

describe.runIf(pty)("the debugger in a terminal", () => {
  it.each([80, 120])("steps forward and back at %i columns; the digest is that of the first visit", async (columns) => {
    const terminal = open(columns);
    await terminal.until(/^event 0\//);
    terminal.press(`g150${ENTER}`);
    const first = await terminal.until(/^event 150\//);
    terminal.press("n");
    const later = await terminal.until(/^event 151\//);
    terminal.press("b");
    const again = await terminal.until(/^event 150\//);
    expect(positionIn(again)).toEqual(positionIn(first));
    expect(again).toEqual(first);
    expect(positionIn(later).digest).not.toBe(positionIn(first).digest);
    expect(first.filter((line) => line.length > columns)).toEqual([]);
    terminal.press("q");
    const { code, lines } = await terminal.end();
    expect([code, lines]).toEqual([EXIT_OK, []]);
  });

  it("runs to a violation, inspects a server, branches, saves, and quits; the file reproduces the branch", async () => {
    const terminal = open(120, 40);
    await terminal.until(/^event 0\//);
    terminal.press("v");
    await terminal.until(/violates trunc-keeps-committed: server 2 truncates 1:4/);
    terminal.press("2");
    await terminal.until(/── server 2 [\s\S]*last processed +1:3/);
    terminal.press("l");
    await terminal.until(/sync decisions so far[\s\S]*1 synchronizes 2: peer zxid 1:4 is above maxCommittedLog 1:3/);
    terminal.press(`GTRUNC 1${ENTER}`);
    terminal.press("m");
    await terminal.until(/messages in flight[\s\S]*1 {2}1 → 2 {2}TRUNC 1:3/);
    terminal.press(`wdrop 1${ENTER}`);
    await terminal.until(/branch: drop 1 after event \d+[\s\S]*the branch differs from event \d+ on/);
    terminal.press("\u001b[F");
    const end = positionIn(await terminal.until(/^event (\d+)\/\1 /));
    terminal.press("s");
    await terminal.until(/save to: .*\.branch\.yaml/);
    terminal.press(ENTER);
    await terminal.until(/saved; zabsim run .*\.branch\.yaml reproduces this run/);
    terminal.press("q");
    expect((await terminal.end()).code).toBe(EXIT_OK);
    const file = join(folder, `${BUG}.branch.yaml`);
    const { runs } = JSON.parse(zabsim(["run", file, "--json"]).stdout);
    expect(runs[0].digest).toBe(end.digest);
  });

  it("shows a first screen of a long run before it is recorded, and then has the whole run", async () => {
    const scenario = { ...largeChaosPlan(), until: "20s" };
    writeFileSync(join(folder, "long.yaml"), writeScenario(scenario));
    const terminal = openTerminal(["replay", "long.yaml", "--step"], { columns: 100, rows: 24, cwd: folder });
    const early: string[] = [];
    terminal.onData((raw) => early.push(raw));
    const { digest, events } = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1) });
    await terminal.until(new RegExp(`^event 0/${events} · `));
    expect(early.at(-1)).toMatch(/event 0\/\d+ so far, recording …/);
    terminal.press("\u001b[F");
    expect(positionIn(await terminal.until(new RegExp(`^event ${events}/`)))).toEqual({ event: events, digest });
    terminal.press("q");
    expect((await terminal.end()).code).toBe(EXIT_OK);
  });

  it("ends with Ctrl-C while it records a long run", async () => {
    writeFileSync(join(folder, "longest.yaml"), writeScenario(largeChaosPlan()));
    const terminal = openTerminal(["replay", "longest.yaml", "--step"], { columns: 100, rows: 24, cwd: folder });
    await new Promise<void>((resolve) => {
      terminal.onData((raw) => {
        if (/so far, recording …/.test(raw)) resolve();
      });
    });
    terminal.press("\u0003");
    const { code, raw } = await terminal.end();
    expect(code).toBe(EXIT_INTERRUPTED);
    expect(raw).not.toMatch(/event \d+\/\d+ · /);
  });

  it("does not replace a file", async () => {
    writeFileSync(join(folder, "mine.yaml"), "servers: 3\n");
    const terminal = open(80);
    await terminal.until(/^event 0\//);
    terminal.press("s");
    await terminal.until(/save to: /);
    terminal.press(`${"\u007f".repeat(80)}`);
    await terminal.until(/save to: █/);
    terminal.press(`mine.yaml${ENTER}`);
    await terminal.until(/not saved: mine\.yaml exists already/);
    terminal.press("q");
    await terminal.end();
    expect(existsSync(join(folder, "mine.yaml.tmp"))).toBe(false);
  });

  it("says that a terminal is too small, and ends with Ctrl-C", async () => {
    const terminal = open(40, 10);
    await terminal.until(/needs a terminal of at\s+least\s+60\s+x\s+18/);
    terminal.press("\u0003");
    expect((await terminal.end()).code).toBe(EXIT_INTERRUPTED);
  });
});

it.each([["--json"], ["--from", "1"], ["--only", "failed"], ["--messages"]])("--step refuses %s", (...args) => {
  const ended = zabsim(["replay", BUG, "--step", ...args]);
  expect(ended.stderr).toContain(`--step cannot be combined with ${args[0]}: the debugger shows the whole run`);
  expect(isBadInput(ended)).toBe(true);
});

it("--step needs a terminal", () => {
  const ended = zabsim(["replay", BUG, "--step"]);
  expect(ended.stderr).toContain("--step needs a terminal for input and output");
  expect(isBadInput(ended)).toBe(true);
});
