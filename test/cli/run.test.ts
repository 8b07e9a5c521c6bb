import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { LAUNCHER, zabsim } from "./zabsim.ts";

const COLD_START = "cold-start-of-three-epoch-1";

describe("zabsim run", () => {
  it("--json prints one document, identical bytes each time, without a wall-clock value", () => {
    const first = zabsim(["run", "--json", "--seed", "7"]);
    const second = zabsim(["run", "--json", "--seed", "7"]);
    expect(first.code).toBe(0);
    expect(second.stdout).toBe(first.stdout);
    const { runs, failed } = JSON.parse(first.stdout);
    expect(failed).toBe(0);
    expect(runs.length).toBeGreaterThanOrEqual(24);
    for (const run of runs) expect(run.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  it("gives the same digests when strings and maps are hashed with another seed", () => {
    const usual = zabsim(["run", "--json", "--seed", "0xffffffffffffffff"]);
    const other = zabsim(["run", "--json", "--seed", "18446744073709551615"], "", {}, [
      "--hash-seed=12345",
      "--random-seed=99",
    ]);
    expect(other.stdout).toBe(usual.stdout);
  });

  it("another seed gives another digest", () => {
    const digest = (seed: string): string =>
      JSON.parse(zabsim(["run", "--json", "--seed", seed, COLD_START]).stdout).runs[0].digest;
    expect(digest("1")).not.toBe(digest("2"));
  });

  it("prints tables that fit 80 columns, without color when piped", () => {
    const { stdout } = zabsim(["run"]);
    const long = stdout.split("\n").filter((line) => [...line].length > 80 && !line.startsWith("  replay"));
    expect(long).toEqual([]);
    expect(stdout).not.toContain("\u001b[");
  });

  it("colors when FORCE_COLOR asks for it", () => {
    const { stdout } = zabsim(["run", COLD_START], "", { FORCE_COLOR: "1", NO_COLOR: "" });
    expect(stdout).toContain("\u001b[");
  });

  it("--check-determinism runs each twice and finds no difference", () => {
    const { code, stdout } = zabsim(["run", "--check-determinism", COLD_START]);
    expect(code).toBe(0);
    expect(stdout).toContain("same twice");
  });

  it("--seeds runs many and tells only what fails; --noise checks only invariants", () => {
    const { code, stdout } = zabsim(["run", COLD_START, "--seeds", "1..40"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^40 runs, \d+ events: 40 ok, 0 failed\n$/)]);
    const noisy = JSON.parse(zabsim(["run", COLD_START, "--seeds", "1..20", "--noise", "--json"]).stdout);
    expect([noisy.runs, noisy.interrupted]).toEqual([20, false]);
    expect(noisy.events).toBeGreaterThan(10_000);
  });

  it("Ctrl-C ends a run over many seeds with what was found so far and exit code 130", () => {
    const script = `"${process.execPath}" "${LAUNCHER}" run ${COLD_START} --seeds 1..100000000 --json & p=$!; sleep 2; kill -INT $p; wait $p; echo "code $?"`;
    const { stdout } = spawnSync("bash", ["-m", "-c", script], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(stdout).toContain("code 130");
    expect(stdout).toContain('"interrupted": true');
  });

  it("an expectation that is not met: exit code 1, told, with the command that replays it", () => {
    const { code, stdout } = zabsim(["run", COLD_START, "--set", "expect.leader=1"]);
    expect(code).toBe(1);
    expect(stdout).toContain("not as expected: leader at the end: expected 1, got 3");
    expect(stdout).toContain(`replay: zabsim replay ${COLD_START} --seed 1 --set 'expect.leader=1'`);
  });
});

describe("zabsim replay", () => {
  it("tells the run event by event, filtered on demand", () => {
    const { code, stdout } = zabsim(["replay", COLD_START, "--server", "1", "--only", "active"]);
    expect(code).toBe(0);
    const lines = stdout.split("\n\n")[0]?.split("\n") ?? [];
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^ +0\.\d{6} +1 {2}serves in epoch 1 of leader 3/);
  });

  it("--json gives one record a line", () => {
    const { stdout } = zabsim(["replay", COLD_START, "--json", "--only", "sync-decided"]);
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map((record) => record.event)).toEqual(["sync-decided", "sync-decided"]);
    expect(records[0].why).toContain("→ empty DIFF");
  });

  it("tells behind its report why a run failed, with --json in the last line", () => {
    const bug = "open-acked-proposal-truncated-committed-lost";
    const why = "committed-history-grows: server 2 is established in epoch 2 at 1:1 without all\n";
    expect(zabsim(["replay", bug, "--only", "active"]).stdout).toContain(`\n\n${why}`);
    const lines = zabsim(["replay", bug, "--json", "--only", "active"]).stdout.trimEnd().split("\n");
    const last = JSON.parse(lines[lines.length - 1] as string);
    expect(last.event).toBe("why");
    expect(last.text.startsWith(why)).toBe(true);
  });
});

describe("zabsim list", () => {
  it.each(["scenarios", "invariants", "faults", "rules", "releases"])("%s, as text and as JSON", (what) => {
    const text = zabsim(["list", what]);
    const json = zabsim(["list", what, "--json"]);
    expect(text.code).toBe(0);
    const entries = JSON.parse(json.stdout)[what] as { name: string; about: string }[];
    expect(entries.length).toBeGreaterThan(0);
    for (const { name } of entries) expect(text.stdout).toContain(name);
  });
});

describe("--help", () => {
  const { stdout } = zabsim(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) \[options\]/gm)].map(([, name]) => name as string);

  it.each(commands)("zabsim %s --help tells its options and defaults", (command) => {
    const ended = zabsim([command, "--help"]);
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(`Usage: zabsim ${command}`);
  });

  it("knows all commands", () => {
    expect(commands).toEqual(expect.arrayContaining(["run", "replay", "fuzz", "matrix", "shrink", "decide", "list"]));
  });
});
