/** `zabsim replay`, `explain` and `view` on the traces of three live servers (test/live/traces). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_NONDETERMINISM, EXIT_OK } from "../../cli/exit-codes.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

const FOLDER = fileURLToPath(new URL("../live/traces", import.meta.url));
const traceOf = (id: number): string => join(FOLDER, `server-${id}.jsonl`);
const temporary = mkdtempSync(join(tmpdir(), "zabsim-live-trace-"));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

let changes = 0;

/** Writes a changed trace of server 2, and returns its path. */
function changed(change: (text: string) => string): string {
  const file = join(temporary, `changed-${++changes}.jsonl`);
  writeFileSync(file, change(readFileSync(traceOf(2), "utf8")));
  return file;
}

describe("zabsim replay TRACE", () => {
  it("prints the timeline and the decisions of a leader", () => {
    const { code, stdout } = zabsim(["replay", traceOf(2), "--from", "0.5"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/ {2}2 {2}proposes epoch 1$/m);
    expect(stdout).not.toContain("starts ZooKeeper");
    expect(stdout).toMatch(/^ {2}1 follower {2}0\/1\/0 {3}0:0 {11}0:0 {3}0:0 {3}DIFF 0:0 {2}0/m);
    expect(stdout).toMatch(/no invariant is violated\na new core does the same with the recorded inputs\n$/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("prints what a learner received, with --messages its packets", () => {
    const { code, stdout } = zabsim(["replay", traceOf(3), "--messages"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/ {2}3 {2}receives LEADERINFO 1:0 from 2$/m);
    expect(stdout).toMatch(/^ {2}leader 2, epoch 1\n {2}3 follower {2}SNAP 1:0 {2}0 {5}\d+ ms$/m);
    const json = zabsim(["replay", traceOf(3), "--json", "--only", "active"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ event: "active", server: 3, epoch: 1, leader: 2 });
  });

  it("exits with 3 if the core does something else", () => {
    const file = changed((text) => text.replace(/^\{"effect":"writeAcceptedEpoch".*\n/m, ""));
    const { code, stdout } = zabsim(["replay", file]);
    expect(code).toBe(EXIT_NONDETERMINISM);
    expect(stdout).toMatch(/^a new core differs at line \d+:\n {2}recorded: .*\n {2}replayed: .*writeAcceptedEpoch/m);
  });

  it("refuses damaged traces and options of simulated runs", () => {
    const cases = [
      [[changed((text) => text.replace('{"input":"timer"', "{input"))], "is not a line of a trace"],
      [[changed((text) => text.replace('"input":"timer"', '"input":"constructor"'))], "is not a line of a trace"],
      [[changed((text) => text.replace(/^\{"input":"timer".*$/m, "null"))], "is not a line of a trace"],
      [
        [changed((text) => text.replace('"release":"3.9.4"', '"release":"9.9.9"'))],
        ".jsonl:1: is not a line of a trace",
      ],
      [[traceOf(2), "--seed", "7"], "--seed cannot be combined with a trace"],
      [[traceOf(2), "--step"], "--step cannot be combined with a trace"],
      [[traceOf(2), "--server", "3"], "is a trace of another server (accepted: 2)"],
    ] as const;
    for (const [args, message] of cases) {
      const ended = zabsim(["replay", ...args]);
      expect(isBadInput(ended)).toBe(true);
      expect(ended.stderr).toContain(message);
    }
  });
});

describe("zabsim explain and view", () => {
  it("explain the traces of three servers together, as logs", () => {
    const { code, stdout } = zabsim(["explain", FOLDER]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/^ {2}1 follower {2}empty +0:0 {3}0:0 {3}DIFF 0:0/m);
    expect(stdout).toMatch(/^ {2}3 follower {2}empty +1:0 {3}0:0 {3}SNAP 1:0/m);
    expect(stdout).toContain("Of 2 decisions, 2 are those of zabsim's model of the release.");
  });

  it("write a page of a trace", () => {
    const out = join(temporary, "page.html");
    expect(zabsim(["view", traceOf(2), traceOf(3), "--out", out]).code).toBe(EXIT_OK);
    expect(readFileSync(out, "utf8")).toContain("<!doctype html>");
  });
});
