import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { LAUNCHER, zabsim, zabsimOnce } from "./zabsim.ts";

/** A scenario file that `zabsim fuzz --zookeeper 3.6.2` writes for a finding. */
const FINDING = `
zookeeper: 3.6.2
servers:
  1: { history: 1:1, acceptedEpoch: 3, currentEpoch: 3 }
  2: { history: "1:1, 3:1..3:6" }
  3: { history: "1:1, 3:1..3:6" }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
threads: { electionWakeUp: 0ms, queueNewLeader: 0ms }
committed: 3:1
steps:
  - { at: 0ms, crash: 3 }
  - { from: 0ms, when: { event: epoch-current, server: 1 }, crash: 1, for: 0ms }
  - { from: 0ms, when: { event: epoch-current, server: 1 }, start: 3 }
until: 445ms
expect: { violates: trunc-keeps-committed }
`;

const COLD_START = "cold-start-of-three-epoch-1";

describe("zabsim run", () => {
  it("prints with --json one document with a digest for each scenario", () => {
    const first = zabsimOnce("run", "--json", "--seed", "7");
    expect(first.code).toBe(EXIT_OK);
    const { runs, failed } = JSON.parse(first.stdout);
    expect(failed).toBe(0);
    expect(runs.length).toBeGreaterThanOrEqual(24);
    for (const run of runs) expect(run.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  it("prints with --json the same bytes in every call, also if Node hashes strings with another seed", () => {
    const other = zabsim(["run", "--json", "--seed", "0x7"], "", {}, ["--hash-seed=12345", "--random-seed=99"]);
    expect(other.stdout).toBe(zabsimOnce("run", "--json", "--seed", "7").stdout);
  });

  it("accepts the largest seed in decimal and in hexadecimal notation", () => {
    const decimal = zabsim(["run", COLD_START, "--json", "--seed", "18446744073709551615"]);
    expect(decimal.code).toBe(EXIT_OK);
    expect(zabsim(["run", COLD_START, "--json", "--seed", "0xffffffffffffffff"]).stdout).toBe(decimal.stdout);
  });

  it("prints another digest for another seed", () => {
    const digest = (seed: string): string =>
      JSON.parse(zabsim(["run", "--json", "--seed", seed, COLD_START]).stdout).runs[0].digest;
    expect(digest("1")).not.toBe(digest("2"));
  });

  it("prints at most 100 columns and no color if stdout is no terminal", () => {
    const stdout = zabsimOnce("run").stdout + zabsimOnce("run", "-v", "--seed", "7").stdout;
    const long = stdout.split("\n").filter((line) => [...line].length > 100 && !line.startsWith("  replay"));
    expect(long).toEqual([]);
    expect(stdout).not.toContain("\u001b[");
  });

  it("prints without arguments a summary by group, and what to try next", () => {
    const { code, stdout } = zabsimOnce("run");
    expect(code).toBe(EXIT_OK);
    expect(stdout.split("\n").length).toBeLessThan(40);
    expect(stdout).not.toMatch(/violat|digest/);
    expect(stdout).toMatch(/ {2}bugs with a ticket +\d+ reproduced, 0 failed\n/);
    expect(stdout).toMatch(/\d+ scenarios: \d+ ok, \d+ reproduced, 0 failed\n/);
    expect(stdout).toContain("What to try next:");
  });

  it("prints without arguments the full report of a failed scenario, and nothing of the others", () => {
    const { code, stdout } = zabsim(["run", "--set", "expect.leader=2"]);
    const reports = stdout.match(/^\S+ {2}(ok|reproduced|FAILED)$/gm) ?? [];
    expect(code).toBe(EXIT_FINDING);
    expect(reports.length).toBeGreaterThan(10);
    expect(reports.filter((line) => !line.endsWith("FAILED"))).toEqual([]);
    expect(stdout).toMatch(/ \d+ ok, \d+ failed\n/);
    expect(stdout).not.toContain("What to try next:");
  });

  it("prints with -v the report of each scenario, with its digest", () => {
    const { stdout } = zabsimOnce("run", "-v", "--seed", "7");
    const { runs } = JSON.parse(zabsimOnce("run", "--json", "--seed", "7").stdout);
    const digests = [...stdout.matchAll(/digest\s+([0-9a-f]{16})/g)].map(([, digest]) => digest);
    expect(digests).toEqual(runs.map(({ digest }: { digest: string }) => digest));
  });

  it("calls a scenario that shows a bug reproduced, and its violations expected", () => {
    const { stdout } = zabsim(["run", "open-trunc-keeps-one-txn-too-many"]);
    expect(stdout).toContain("open-trunc-keeps-one-txn-too-many  reproduced\n");
    expect(stdout).toContain("expected violation of follower-is-prefix");
    expect(stdout).toContain("1 scenario: 1 reproduced, 0 failed");
  });

  it("prints color if FORCE_COLOR is set", () => {
    const { stdout } = zabsim(["run", COLD_START], "", { FORCE_COLOR: "1", NO_COLOR: "" });
    expect(stdout).toContain("\u001b[");
  });

  it("runs a scenario twice with --check-determinism and finds no difference", () => {
    const { code, stdout } = zabsim(["run", "--check-determinism", COLD_START]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("two identical runs");
  });

  it("prints only failing runs with --seeds, and runs drawn plans with --noise", () => {
    const { code, stdout } = zabsim(["run", COLD_START, "--seeds", "1..40"]);
    expect([code, stdout]).toEqual([EXIT_OK, expect.stringMatching(/^40 runs, \d+ events: 40 ok, 0 failed\n$/)]);
    const noisy = JSON.parse(zabsim(["run", COLD_START, "--seeds", "1..20", "--noise", "--json"]).stdout);
    expect([noisy.runs, noisy.interrupted]).toEqual([20, false]);
    expect(noisy.events).toBeGreaterThan(10_000);
  });

  it("prints its results so far and exits with 130 after Ctrl-C during --seeds", () => {
    const start = `"${process.execPath}" "${LAUNCHER}" run ${COLD_START} --seeds 1..100000000 --json & p=$!`;
    const script = `${start}; sleep 2; kill -INT $p; wait $p; echo "code $?"`;
    const { stdout } = spawnSync("bash", ["-m", "-c", script], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(stdout).toContain(`code ${EXIT_INTERRUPTED}`);
    expect(stdout).toContain('"interrupted": true');
  });

  it("reports an unmet expectation with a replay command, and exits with 1", () => {
    const { code, stdout } = zabsim(["run", COLD_START, "--set", "expect.leader=1"]);
    expect(code).toBe(EXIT_FINDING);
    expect(stdout).toContain("not as expected: leader at the end: expected 1, got 3");
    expect(stdout).toContain(`replay: zabsim replay ${COLD_START} --seed 1 --set 'expect.leader=1'`);
  });

  it("says that a release is free of the bug that a finding reproduces, and exits with 1", () => {
    const finding = join(mkdtempSync(join(tmpdir(), "zabsim-run-")), "finding.yaml");
    writeFileSync(finding, FINDING);
    expect(zabsim(["run", finding]).stdout).toContain("finding  reproduced");
    const { code, stdout } = zabsim(["run", finding, "--zookeeper", "3.9.4"]);
    expect(code).toBe(EXIT_FINDING);
    expect(stdout).toContain("finding  not reproduced");
    expect(stdout).not.toContain("FAILED");
    expect(stdout).toContain("not reproduced on 3.9.4, which is free of ZOOKEEPER-4643: A follower writes");
    expect(stdout).toContain("1 scenario: 0 ok, 1 failed (1 not reproduced)");
    const { failed, runs } = JSON.parse(zabsim(["run", finding, "--zookeeper", "3.9.4", "--json"]).stdout);
    expect([failed, runs[0].verdict]).toEqual([1, "not reproduced"]);
    expect(zabsim(["replay", finding, "--zookeeper", "3.9.4"]).stdout).toContain("which is free of ZOOKEEPER-4643");
  });

  it("repeats --zookeeper in the replay command", () => {
    const { stdout } = zabsim(["run", COLD_START, "--zookeeper", "3.6.2", "--set", "expect.leader=1"]);
    expect(stdout).toContain(`--seed 1 --set 'expect.leader=1' --set 'zookeeper=3.6.2'`);
  });

  it("counts one scenario in the singular", () => {
    expect(zabsim(["run", COLD_START]).stdout).toMatch(/\n1 scenario: 1 ok, 0 failed\n$/);
  });
});

describe("zabsim replay", () => {
  it("prints the events that its filters select", () => {
    const { code, stdout } = zabsim(["replay", COLD_START, "--server", "1", "--only", "active"]);
    expect(code).toBe(EXIT_OK);
    const lines = stdout.split("\n\n")[0]?.split("\n") ?? [];
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^ +0\.\d{6} +1 {2}serves in epoch 1 of leader 3/);
  });

  it("prints with --json one record per line", () => {
    const { stdout } = zabsim(["replay", COLD_START, "--json", "--only", "sync-decided"]);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map((record) => record.event)).toEqual(["sync-decided", "sync-decided"]);
    expect(records[0].why).toContain("→ empty DIFF");
  });

  it("explains a violation after the report, with --json in the last line", () => {
    const bug = "open-acked-proposal-truncated-committed-lost";
    const why = "claimed-quorums: server 3 commits 1:2, but no quorum has it on disk, only\n";
    expect(zabsim(["replay", bug, "--only", "active"]).stdout).toContain(`\n\n${why}`);
    const lines = zabsim(["replay", bug, "--json", "--only", "active"]).stdout.trimEnd().split("\n");
    const last = JSON.parse(lines[lines.length - 1] as string);
    expect(last.event).toBe("why");
    expect(last.text.startsWith(why)).toBe(true);
  });
});

describe("the end of a report", () => {
  const end = (args: readonly string[]): string => {
    const { stdout } = zabsim(args);
    return stdout.slice(stdout.indexOf("at the end")).replace(/\s+/g, " ");
  };

  it.each(["run", "replay"])("of %s says why a server refused to start", (command) => {
    expect(end([command, "open-crash-before-current-epoch-cannot-start"])).toContain(
      "server 1: refused to start at 2.251305 s (exit code 1): epoch-older-than-zxid: currentEpoch 1 is older than " +
        "epoch 2 of the last zxid; it saved snapshot 2:0 (1.251305 s) and crashed (1.251305 s) before it wrote",
    );
  });

  it.each(["run", "replay"])("of %s says why servers are stuck", (command) => {
    expect(end([command, "zookeeper-3756-unreachable-voter-holds-up-votes"])).toMatch(
      /no server leads .* server 2 does not answer: servers 1 and 3 wait up to 5\.00 s for an election connection/,
    );
  });

  it("says why the expected leader does not lead", () => {
    const ended = end(["run", "follower-ahead-trunc", "--set", "expect.leader=3"]);
    expect(ended).toMatch(/server 2 is elected leader in round 1: its .* server 3: serves with leader 2 since/);
  });

  it.each(["run", "replay"])("of %s names the known bug of the release", (command) => {
    const bug = "zookeeper-4643-current-epoch-before-diff-is-logged";
    const text = zabsim([command, bug, "--zookeeper", "3.6.2"]).stdout.replace(/\s+/g, " ");
    expect(text).toContain("known bug: ZOOKEEPER-4643: A follower writes currentEpoch before");
    expect(text).toContain("the scenario can fail there because of another bug): 3.8.5, 3.8.6, 3.9.2");
    expect(zabsim([command, bug, "--zookeeper", "3.9.4"]).stdout).not.toContain("known bug");
  });
});

describe("zabsim list", () => {
  it.each(["scenarios", "invariants", "faults", "rules", "releases"])("%s, as text and as JSON", (what) => {
    const text = zabsim(["list", what]);
    const json = zabsim(["list", what, "--json"]);
    expect(text.code).toBe(EXIT_OK);
    const entries = JSON.parse(json.stdout)[what] as { name: string; about: string }[];
    expect(entries.length).toBeGreaterThan(0);
    for (const { name } of entries) expect(text.stdout).toContain(name);
  });

  it("prints one bug in full, by the number of its ticket", () => {
    const { code, stdout } = zabsim(["list", "bugs", "4643"]);
    expect(code).toBe(EXIT_OK);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("zookeeper-4643-current-epoch-before-diff-is-logged");
    for (const label of ["ticket", "cause", "effect", "affected", "not affected", "fix", "scenario", "run it"]) {
      expect(lines.some((line) => line.startsWith(`  ${label} `))).toBe(true);
    }
    expect(stdout).toMatch(/^ {2}not affected {2}.*3\.8\.6/m);
    const json = JSON.parse(zabsim(["list", "bugs", "ZOOKEEPER-4643", "--json"]).stdout);
    expect(json.details).toContainEqual({ label: "ticket", text: "ZOOKEEPER-4643" });
  });

  const kinds = Object.entries(JSON.parse(zabsim(["list", "--json"]).stdout) as Record<string, { name: string }[]>);

  it.each(kinds)("%s: prints one entry in full", (kind, entries) => {
    const { name } = entries[0] as { name: string };
    const { code, stdout } = zabsim(["list", kind, name]);
    expect(code).toBe(EXIT_OK);
    expect(stdout.split("\n")[0]).toBe(name);
    expect(stdout.split("\n").length).toBeGreaterThan(2);
  });
});

describe("--help", () => {
  const { stdout } = zabsim(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name as string);

  it.each(commands)("of zabsim %s has a usage line, examples and exit codes", (command) => {
    const ended = zabsim([command, "--help"]);
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(EXIT_OK);
    expect(ended.stdout).toContain(`Usage: zabsim ${command}`);
    expect(ended.stdout).toMatch(/^Examples:\n {2}\$ zabsim /m);
    expect(ended.stdout).toMatch(/^Exit codes:\n {2}0 /m);
  });

  it.each(commands)("of zabsim lists %s, which has its own module", (command) => {
    expect(existsSync(new URL(`../../cli/${command}.ts`, import.meta.url))).toBe(true);
  });

  it("of zabsim lists the commands", () => {
    expect(commands).toEqual(expect.arrayContaining(["run", "replay", "fuzz", "matrix", "shrink", "decide", "list"]));
  });
});
