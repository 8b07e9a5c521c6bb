/** Tests `zabsim judge`: its text, its JSON, its exit codes and its campaigns. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { JUDGED_BEHAVIORS } from "../../fuzz/judged-behaviors.ts";
import schema from "../../schema/judge.schema.json" with { type: "json" };
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-judge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIXED = "zookeeper-5094-interrupted-trunc-memory-ahead-of-disk";
/** Pull request 1925 replaces a fix of 3.9.4 by an older version of it, so it breaks this scenario there. */
const BREAKING = ["judge", "1925", "--zookeeper", "3.9.5"];
const BROKEN = "learner-from-before-zab-1-times-out";
const validate = new Ajv.default({ strict: false }).compile(schema);

/** Returns a JSON answer after a check against the published schema. */
function answerOf(stdout: string): unknown {
  const answer = JSON.parse(stdout) as unknown;
  expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
  return answer;
}

describe("zabsim judge", () => {
  it("reports a scenario that a pull request fixes, and exits with 0", () => {
    const { code, stdout } = zabsim(["judge", "ZOOKEEPER-5094", "--time", "0s", "--scenarios", FIXED]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/^pull-2459 \(ZOOKEEPER-5094\) on ZooKeeper 3\.9\.5\n/);
    expect(stdout).toMatch(new RegExp(`^Scenarios that it fixes \\(1\\)\n {2}${FIXED}\n {4}claimed-quorums, `, "m"));
    expect(stdout).toMatch(/total-order -> no failure$/m);
  });

  it("reports a scenario that a behavior breaks, and exits with 1", () => {
    const args = [...BREAKING, "--time", "0s", "--scenarios", BROKEN];
    const { code, stdout } = zabsim(args);
    expect(code).toBe(EXIT_FINDING);
    expect(stdout).toContain(`Scenarios that it breaks (1)\n  ${BROKEN}\n    no failure -> commit-completeness\n`);
    const json = zabsim([...args, "--json"]);
    expect(json.code).toBe(EXIT_FINDING);
    expect(answerOf(json.stdout)).toMatchObject({
      ...{ behavior: "pull-1925", tickets: ["ZOOKEEPER-4541"], release: "3.9.5", breaks: true, interrupted: false },
      ...{ scenarioCount: 1, campaigns: null },
      scenarios: [{ scenario: BROKEN, before: [], after: ["commit-completeness"], verdict: "breaks", known: [] }],
    });
  });

  it.each([
    ["snapReplacesLog", "snapReplacesLog"],
    ["open-trunc-keeps-one-txn-too-many", "truncRemovesEverythingAbove"],
    ["4203", "startupKeepsError"],
  ])("judges the fix that %s names", (name, fix) => {
    const { code, stdout } = zabsim(["judge", name, "--time", "0s", "--scenarios", "follower-ahead-trunc", "--json"]);
    expect(code).toBe(EXIT_OK);
    expect(answerOf(stdout)).toMatchObject({ behavior: fix, tickets: [], difference: null });
  });

  it("lists the pull requests with their tickets, and the fixes with their scenarios", () => {
    const { code, stdout } = zabsim(["judge", "--list"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/^open pull requests\n {2}pull-2459 +ZOOKEEPER-5094\. /);
    const text = stdout.replace(/\s+/g, " ");
    expect(text).toContain(" fixes open-snapshot-survives-trunc, open-trunc-keeps-one-txn-too-many ");
    const list = JSON.parse(zabsim(["judge", "--list", "--json"]).stdout) as { readonly name: string }[];
    expect(list.map(({ name }) => name)).toEqual(JUDGED_BEHAVIORS.map(({ name }) => name));
  });

  it("runs the same plans without and with the behavior, and saves the finding that the behavior causes", () => {
    const out = join(folder, "a folder");
    const campaign = ["--seed", "27", "--plans", "1", "--scenarios", "follower-ahead-trunc", "--out", out];
    const { code, stdout } = zabsim([...BREAKING, ...campaign]);
    expect(code).toBe(EXIT_FINDING);
    const file = "commit-completeness-following-leading-27.yaml";
    expect(readdirSync(out)).toEqual([file]);
    expect(stdout).toContain(
      "Campaigns of 1 plan without it and 1 with it, from seed 27\n" +
        "    0.0 -> 1000.0  failing plans of 1,000\n    0.0 -> 1000.0  commit-completeness (following, leading)\n" +
        "  breaks  commit-completeness (following, leading), seed 27: ZOOKEEPER-3023\n" +
        `          reproduce: npx zabsim run '${join(out, file)}'\n`,
    );
    // The file expects its violation, which does not occur without the behavior.
    const codes = [[], ["--set", "behaviors=[]"]].map((more) => zabsim(["run", join(out, file), ...more]).code);
    expect(codes).toEqual([EXIT_OK, EXIT_FINDING]);
  }, 120_000);

  it("after Ctrl-C, prints the scenarios that have run, and exits with 130", async () => {
    const run = spawn(process.execPath, [LAUNCHER, "judge", "2172", "--plans", "100000", "--scenarios", FIXED]);
    let stdout = "";
    run.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    // The first line on stderr says that the first campaign has started.
    run.stderr.once("data", () => run.kill("SIGINT"));
    const [code] = (await once(run, "close")) as [number];
    expect(code).toBe(EXIT_INTERRUPTED);
    expect(stdout).toContain(`Scenarios that still fail (1)\n  ${FIXED}\n`);
    expect(stdout).toMatch(/\nInterrupted before the second campaign, so no campaigns are compared\.\n$/);
  }, 60_000);

  it.each([
    [["21"], "21: unknown behavior (accepted: a name, a ticket or a scenario from `zabsim judge --list`)"],
    [["snapReplacesLogs"], "snapReplacesLogs: unknown behavior, did you mean snapReplacesLog? (accepted: "],
    [[], "judge: missing behavior (accepted: one of `zabsim judge --list`)"],
    [["2172", "--list"], "--list cannot be combined with 2172"],
    [["--list", "--plans", "3"], "--list cannot be combined with --plans"],
    [["2172", "--time", "0s", "--seed", "3"], "--seed cannot be combined with --time 0s, which runs no campaign"],
    [["2172", "--out", LAUNCHER], "zabsim.js: not a folder"],
    [["2172", "--out", ""], "--out '': not a folder"],
    [["2172", "--plans", "0"], "--plans 0: not a count"],
    [["2172", "--zookeeper", "3.9.7"], "--zookeeper 3.9.7: unknown release"],
    [["2172", "--scenarios", "no-such-scenario"], "no-such-scenario: no such file or shipped scenario"],
  ])("rejects %j", (args, message) => {
    const ended = zabsim(["judge", ...args]);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });
});
