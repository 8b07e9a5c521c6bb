/** Tests `zabsim doctor`: its text, its JSON, its exit codes, and that it writes nothing to the directories. */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { RecordedDisks } from "../doctor/damaged.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

const disks = new RecordedDisks("3.9.4");
const folder = mkdtempSync(join(tmpdir(), "zabsim-doctor-"));
afterAll(() => {
  disks.remove();
  rmSync(folder, { recursive: true, force: true });
});

const RELEASE = ["--zookeeper", "3.9.4"];
const pathsOf = (copy: ReadonlyMap<number, string>): string[] => [...copy.values()];
const namedOf = (copy: ReadonlyMap<number, string>): string[] =>
  [...copy].flatMap(([sid, path]) => ["--server", `${sid}=${path}`]);

function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

/** Returns the names, sizes, times and inodes of everything below a folder. */
function stateOf(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { ctimeMs, ino, mode, mtimeMs, size } = statSync(join(path, name));
      return [name, ino, mode, mtimeMs, ctimeMs, size].join(" ");
    });
}

describe("zabsim doctor", () => {
  const copy = disks.copy("tail");

  it("prints the servers, the transactions, the starts and the advice, within the width", () => {
    const { code, stderr, stdout } = zabsim(["doctor", ...namedOf(copy), ...RELEASE]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Voters 1, 2, 3 \(from \/zookeeper\/config in snapshot\.\w+ of server \d\), started with ZooKeeper/,
    );
    expect(stdout).toMatch(/^ {2}2:1\.\.2:7 +committed +\d, \d$/m);
    expect(stdout).toMatch(/^ {2}1:44\.\.1:46 +not committed +\d +the later epoch of \d, \d lacks them$/m);
    expect(stdout).toContain("Start the servers in any order.");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("prints the same answer as JSON, and the same one again", () => {
    const args = ["doctor", ...namedOf(copy), ...RELEASE, "--json"];
    const { code, stdout } = zabsim(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ isHealthy: true, voters: [1, 2, 3], starts: { runs: 12 } });
    expect(zabsim(args).stdout).toBe(stdout);
  });

  it("exits with 1 if a server does not start", () => {
    const damaged = disks.copy("end", { 2: [{ epochFile: "currentEpoch", text: "x" }] });
    const { code, stdout } = zabsim(["doctor", ...namedOf(damaged), ...RELEASE]);
    expect(code).toBe(1);
    expect(stdout).toContain('FAULT  server 2: does not start: currentEpoch contains "x", which is not a number');
  });

  it("escapes text from files", () => {
    const damaged = disks.copy("end", { 2: [{ epochFile: "currentEpoch", text: "\u001b[2J::error::x" }] });
    const { stdout } = zabsim(["doctor", ...namedOf(damaged), ...RELEASE]);
    expect(stdout).toContain("\\u001b");
    expect(stdout).not.toContain("\u001b");
  });

  it("writes nothing to the directories, not even what a server would", () => {
    const damaged = disks.copy("end", {
      1: [{ epochFile: "currentEpoch", text: null }],
      2: [{ cut: { kind: "log", place: 0.999 }, at: 0 }],
      3: [{ epochFile: "currentEpoch.tmp", text: "9" }],
    });
    const before = pathsOf(damaged).map(stateOf);
    zabsim(["doctor", ...namedOf(damaged), "--zookeeper", "3.9.3", "--scenario", join(folder, "unchanged.yaml")]);
    expect(pathsOf(damaged).map(stateOf)).toEqual(before);
  });

  it("writes a scenario that run and fuzz accept", () => {
    const path = join(folder, "disks.yaml");
    const { stdout } = zabsim(["doctor", ...namedOf(copy), ...RELEASE, "--scenario", path]);
    expect(stdout).toContain(`zabsim fuzz ${path}`);
    expect(zabsim(["run", path]).code).toBe(0);
    expect(zabsim(["fuzz", path, "--runs", "5", "--out", join(folder, "fuzz")]).code).toBe(0);
  });

  it("fuzz --from starts its plans from the directories", () => {
    const out = join(folder, "from-disks");
    const args = ["fuzz", "--from", ...[...copy].map(([sid, path]) => `${sid}=${path}`), "--runs", "5", "--out", out];
    const { code, stdout } = zabsim([...args, ...RELEASE]);
    expect(code).toBe(0);
    expect(stdout).toContain("5 ");
    expect(readdirSync(join(out, "from"))).toEqual(["disks.yaml"]);
    expect(isBadInput(zabsim(["fuzz", "follower-ahead-trunc", ...args.slice(1)]))).toBe(true);
  });

  it("reads the dataDir and the dataLogDir that zoo.cfg names", () => {
    const lists = ["server.1=a:1:2", "server.2=b:1:2", "server.3=c:1:2"];
    const configs = [...copy].map(([sid, path]) => {
      writeFileSync(join(path, "myid"), `${sid}\n`);
      return file(`${sid}.cfg`, `dataDir=${path}`, "tickTime=400", "initLimit=25", "syncLimit=6", ...lists);
    });
    const { code, stdout } = zabsim(["doctor", ...configs.flatMap((path) => ["--config", path]), ...RELEASE]);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(`Voters 1, 2, 3 (from ${configs[0]})`);
  });

  const [first = ""] = pathsOf(copy);
  it.each<[string, string[], string]>([
    ["no directory", [], "no data directory is given (accepted: directories, --server N=DIR, or --config zoo.cfg)"],
    ["a missing directory", ["missing"], "missing: there is no such directory (accepted: a data directory"],
    ["a file", [file("plain", "text")], "is not a directory"],
    ["a folder without version-2", [folder], "contains no folder version-2"],
    ["a directory without myid", [join(first, "version-2")], "accepted: a file myid, or --server N="],
    ["a wrong --server", ["--server", "x=y"], "--server x=y: is not a server with its directory"],
    ["two directories of one server", ["--server", `1=${first}`, "--server", `1=${first}`], "both are of server 1"],
    [
      "a server outside the ensemble",
      ["--server", `9=${first}`, "--config", file("three.cfg", "server.1=a:1:2")],
      "server 9 is not in the ensemble",
    ],
    ["a missing zoo.cfg", [first, "--config", "missing.cfg"], "missing.cfg: does not exist (accepted: a zoo.cfg)"],
    ["a zoo.cfg without dataDir", ["--config", file("none.cfg", "server.1=a:1:2")], "has no dataDir"],
    ["an unknown release", [first, "--zookeeper", "3.3.6"], "unknown release"],
    [
      "a release without a server",
      [first, "--release", "3.6.4"],
      "names no server (accepted: N=RELEASE, e.g. 2=3.6.4)",
    ],
  ])("refuses %s", (_name, args, message) => {
    const copyWithoutId = args[0] === join(first, "version-2") ? pathsOf(disks.copy("tail"))[0] : undefined;
    const ended = zabsim(["doctor", ...(copyWithoutId === undefined ? args : [copyWithoutId])]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain(message);
  });

  it("reads a sparse log of 10 GB in less than 256 MB of memory", () => {
    const big = disks.copy("end", { 1: [{ cut: { kind: "log", place: 0.999 }, at: 0.99 }] });
    const log = readdirSync(join(big.get(1) as string, "version-2"))
      .filter((name) => name.startsWith("log."))
      .at(-1) as string;
    const handle = openSync(join(big.get(1) as string, "version-2", log), "r+");
    ftruncateSync(handle, 10 * 1024 ** 3);
    closeSync(handle);
    const report = file(
      "report-memory.cjs",
      'process.on("exit", () => console.error(process.resourceUsage().maxRSS));',
    );
    const { code, stderr } = zabsim(["doctor", ...namedOf(big), ...RELEASE], "", {}, ["--require", report]);
    expect(code).toBeLessThanOrEqual(1);
    expect(Number(stderr.trim().split("\n").at(-1))).toBeLessThan(256 * 1024);
  });

  it("reports a snapshot and a log of hostile lengths, and does not hang", () => {
    const hostile = mkdtempSync(join(folder, "hostile-"));
    mkdirSync(join(hostile, "version-2"));
    writeFileSync(join(hostile, "myid"), "1");
    const end = Buffer.from([0, 0, 0, 1, 0x2f]);
    writeFileSync(
      join(hostile, "version-2", "snapshot.5"),
      Buffer.concat([Buffer.from("ZKSN"), Buffer.alloc(12), Buffer.alloc(40, 0x7f), end]),
    );
    writeFileSync(
      join(hostile, "version-2", "log.1"),
      Buffer.concat([Buffer.from("ZKLG"), Buffer.alloc(12), Buffer.alloc(40, 0x7f)]),
    );
    const { code, stdout } = zabsim(["doctor", hostile]);
    expect(code).toBe(1);
    expect(stdout).toContain("server 1: does not start: no snapshot can be read");
    expect(stdout).toContain("log.1 has a record whose length is negative or above jute.maxbuffer at byte 16");
  });
});
