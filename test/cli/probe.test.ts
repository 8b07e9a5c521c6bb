/** Tests `zabsim probe` as a process, against a scripted leader. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import Ajv from "ajv";
import { afterEach, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { DIFF, SNAP, TRUNC } from "../../protocol/packets.ts";
import schema from "../../schema/probe.schema.json" with { type: "json" };
import {
  answering,
  type FakeLeader,
  fakeLeader,
  NEW_LEADER,
  packetOf,
  type Script,
  snapshotBytes,
} from "../probe/fake-leader.ts";
import { sampleSnapshot } from "../wire/wire-sample.ts";
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

const MAX = 0x4_0000_0004n;
let leader: FakeLeader | undefined;
afterEach(() => leader?.close());

/** Probes a leader that does this. The leader runs in this process, so the probe must not block it. */
async function probing(script: Script, args: readonly string[], signal?: "SIGINT") {
  leader = await fakeLeader((count) => {
    if (signal !== undefined) run?.kill(signal);
    return script(count);
  });
  const run = spawn(process.execPath, [LAUNCHER, "probe", `127.0.0.1:${leader.port}`, ...args]);
  let stdout = "";
  run.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const [code] = (await once(run, "close")) as [number];
  return { code, stdout };
}

const validate = new Ajv.default({ strict: false }).compile(schema);

/** Returns a JSON answer after a check against the published schema. */
function answerOf(stdout: string): unknown {
  const answer = JSON.parse(stdout) as unknown;
  expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
  return answer;
}

describe("zabsim probe", () => {
  it("prints the decision and the rule, and exits with 0", async () => {
    const { code, stdout } = await probing(answering(packetOf(DIFF, MAX), NEW_LEADER), ["--zxid", "4:4"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toMatch(/^ {2}decided {3}DIFF 4:4, then no packet before NEWLEADER$/m);
    expect(stdout).toMatch(/^ {2}in-sync: /m);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("exits with 1 if no rule fits, also with --json", async () => {
    const args = ["--zxid", "5:0", "--json"];
    const { code, stdout } = await probing(answering(packetOf(TRUNC, MAX), NEW_LEADER), args);
    expect(code).toBe(EXIT_FINDING);
    expect(answerOf(stdout)).toMatchObject({
      sent: { sid: "-1000", zxid: "0x500000000", epoch: -1 },
      ...{ proposedEpoch: 5, operation: "TRUNC", zxid: "0x400000004", packets: {}, snapshot: null, rules: [] },
    });
  });

  it("prints JSON of a SNAP that matches the schema", async () => {
    const snapshot = snapshotBytes(sampleSnapshot());
    const { code, stdout } = await probing(answering(packetOf(SNAP, MAX), snapshot, NEW_LEADER), ["--json"]);
    expect(code).toBe(EXIT_OK);
    expect(answerOf(stdout)).toMatchObject({ operation: "SNAP", snapshot: { maxZxid: expect.stringMatching(/^0x/) } });
  });

  it("exits with 130 after Ctrl-C, and prints nothing", async () => {
    expect(await probing(() => [], [], "SIGINT")).toEqual({ code: EXIT_INTERRUPTED, stdout: "" });
  });

  it.each([
    [["zk1"], "zk1: not an address (accepted: HOST:PORT"],
    [["zk1:99999"], "zk1:99999: not an address"],
    [["zk1:2888", "--zxid", "abc"], "--zxid abc"],
    [["zk1:2888", "--epoch", "-2"], "--epoch -2: not a whole number in range (accepted: -1 to 2147483647)"],
    [["zk1:2888", "--timeout", "0s"], "--timeout 0ms: not in range (accepted: 1ms to "],
    [["zk1:2888", "--timeout", "9999h"], "not in range"],
    [["zk1:2888", "--zookeeper", "3.3"], "--zookeeper 3.3: unknown release"],
  ])("rejects %j", (args, message) => {
    const ended = zabsim(["probe", ...args]);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });
});
