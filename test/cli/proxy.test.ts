/** Tests `zabsim proxy` as a process, between live servers of this process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { type ProxiedServers, pairText } from "../../proxy/proxy-config.ts";
import { ProxiedEnsemble, proxiedServers, until } from "../proxy/proxied-ensemble.ts";
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

let folder = "";
let servers: ProxiedServers;
let ensemble: ProxiedEnsemble | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-proxy-cli-"));
  servers = await proxiedServers([1, 2]);
  const lines = [...servers].map(([id, { address, proxy }]) => {
    return `  ${id}: { address: "${pairText(address)}", proxy: "${pairText(proxy)}" }`;
  });
  writeFileSync(join(folder, "proxy.yaml"), ["servers:", ...lines, ""].join("\n"));
});

afterEach(() => {
  ensemble?.stop();
  ensemble = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string): string => join(folder, name);

/** Runs the proxy with a scenario while servers 1 and 2 elect a leader. Sends the signal when both serve. */
async function proxying(scenario: string, args: readonly string[], signal?: "SIGINT") {
  writeFileSync(file("steps.yaml"), scenario);
  const command = ["proxy", "--config", file("proxy.yaml"), "--scenario", file("steps.yaml"), ...args];
  const run = spawn(process.execPath, [LAUNCHER, ...command], { env: { ...process.env, NO_COLOR: "1" } });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    run[name].on("data", (chunk: Buffer) => {
      texts[name] += chunk.toString();
    });
  }
  const closed = once(run, "close") as Promise<[number]>;
  await until(() => texts.stderr.includes("listens"));
  const staged = new ProxiedEnsemble(servers);
  ensemble = staged;
  staged.start(1, 2);
  await until(() => staged.serves(1, 2));
  if (signal !== undefined) run.kill(signal);
  const [code] = await closed;
  return { code, ...texts };
}

const STEPS = `servers: 2
steps:
  - { when: { message: NEWLEADER, on: sent }, delay: { type: UPTODATE, by: 100ms, count: 1 } }
`;

describe("zabsim proxy", () => {
  it("prints the packets, the steps and the sync decisions after Ctrl-C, and exits with 130", async () => {
    const { code, stderr, stdout } = await proxying(STEPS, ["--trace", file("trace.jsonl")], "SIGINT");
    expect(code).toBe(EXIT_INTERRUPTED);
    expect(stderr).toContain("the proxy of servers 1, 2 listens; Ctrl-C ends it");
    expect(stdout).toMatch(/ {2}2 {2}receives FOLLOWERINFO from 1$/m);
    expect(stdout).toMatch(
      /^Sync decisions\n.*\n {2}leader 2, epoch 1\n {2}1 follower {2}0\/1\/0 {3}0:0 {3}DIFF 0:0 /m,
    );
    expect(stdout).toMatch(/^ {4}peer zxid 0:0 equals the leader's lastProcessedZxid/m);
    expect(stdout).toMatch(/^at the end, server 2 leads epoch 1; these servers serve: 1, 2$/m);
    expect(stdout).toMatch(/^ {2}1 delay .*: at \d+\.\d+ s, 1 message$/m);
    expect(stdout).toMatch(/^ {2}2 → 1 +\d+ +\d+ +[1-9]/m);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    const [head, ...events] = readFileSync(file("trace.jsonl"), "utf8").trimEnd().split("\n");
    expect(JSON.parse(head as string)).toMatchObject({
      source: "proxy",
      version: 1,
      servers: [{ server: 1 }, { server: 2 }],
    });
    const packets = events.map((line) => JSON.parse(line)).filter(({ message }) => message === "UPTODATE");
    expect(packets.map(({ kind }) => kind)).toEqual(["send", "deliver"]);
    expect(packets[1].atUs - packets[0].atUs).toBeGreaterThanOrEqual(100_000);
  });

  it("ends at the time of the scenario, and exits with 1 if an expectation is not met", async () => {
    const scenario = "servers: 2\nuntil: 4s\nexpect: { leader: 1, epoch: 1, decisions: [{ 1: TRUNC }] }";
    const { code, stdout } = await proxying(scenario, ["--json"]);
    expect(code).toBe(EXIT_FINDING);
    expect(JSON.parse(stdout)).toMatchObject({
      handshakes: [{ leader: 2, learner: 1, decision: "DIFF", zxid: "0:0", rules: ["in-sync"] }],
      ...{ leader: 2, epoch: 1, active: [1, 2], steps: [] },
      unmet: ["sync decision 1: expected 1: TRUNC, got 1: DIFF 0:0 from 2", "leader at the end: expected 1, got 2"],
    });
  });

  it("exits with 0 at the end of --until if nothing is expected", () => {
    const { code, stdout } = zabsim(["proxy", "--config", file("proxy.yaml"), "--until", "100ms"]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("no learner started a handshake with a leader");
    expect(stdout).toContain("no server has connected");
  });

  it("refuses a port in use", async () => {
    const { host, quorum } = (servers.get(2) as { proxy: { host: string; quorum: number } }).proxy;
    const other = createServer();
    await new Promise<void>((done) => other.listen(quorum, host, done));
    const ended = zabsim(["proxy", "--config", file("proxy.yaml")]);
    other.close();
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain(`proxy.yaml: servers.2.proxy: cannot listen at ${host}:${quorum}`);
  });

  it.skipIf(!existsSync("/dev/full"))("ends if it cannot write its trace", () => {
    const ended = zabsim(["proxy", "--config", file("proxy.yaml"), "--trace", "/dev/full"]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain("/dev/full: cannot be written: no space left on device (ENOSPC)");
  });

  it("refuses files that do not exist, and steps that it cannot perform, with their line", () => {
    const config = ["--config", file("proxy.yaml")];
    writeFileSync(file("crash.yaml"), "servers: 2\nsteps:\n  - crash: 1\n");
    const cases = [
      [["--config", file("none.yaml")], "none.yaml: does not exist"],
      [[...config, "--scenario", file("none.yaml")], "none.yaml: does not exist"],
      [[...config, "--scenario", file("crash.yaml")], "crash.yaml:3: steps[0].crash: changes a server or a message"],
      [[...config, "--until", "soon"], "--until"],
      [[], "required option '--config <file>' not specified"],
    ] as const;
    for (const [args, message] of cases) {
      const ended = zabsim(["proxy", ...args]);
      expect(isBadInput(ended)).toBe(true);
      expect(ended.stderr).toContain(message);
    }
  });
});
