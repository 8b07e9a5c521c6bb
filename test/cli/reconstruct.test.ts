/**
 * Tests `zabsim reconstruct` with logs and data directories: its text, its JSON, its exit codes, how it recognizes its
 * arguments, and that it writes nothing to the directories. The files are those that `zabsim export --disks` writes.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import type { ReconstructionAnswer } from "../../reconstruct/answer.ts";
import schema from "../../schema/reconstruct.schema.json" with { type: "json" };
import { pty, runInTerminal } from "./terminal.ts";
import { type Ended, isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-reconstruct-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);
const OUT = at("out.yaml");

/** Exports a run with its logs and disks, and returns the folder. */
function exported(scenario: string): string {
  const path = at(scenario);
  if (!existsSync(path)) zabsim(["export", scenario, "--format", "zklog", "--out", path, "--disks"]);
  return path;
}

const BUG = exported("open-trunc-keeps-one-txn-too-many");
const logs = [1, 2, 3].map((sid) => join(BUG, `server-${sid}.log`));
const directories = [1, 2, 3].map((sid) => join(BUG, `server-${sid}`));
const reconstruct = (...args: string[]): Ended => zabsim(["reconstruct", ...args, "--out", OUT]);
const answerOf = (...args: string[]): ReconstructionAnswer =>
  JSON.parse(reconstruct(...args, "--json").stdout) as ReconstructionAnswer;

/** Returns the names, sizes, times and inodes of everything below a folder. */
function stateOf(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => {
      const { ctimeMs, ino, mode, mtimeMs, size } = statSync(join(path, name));
      return [name, ino, mode, mtimeMs, ctimeMs, size].join(" ");
    });
}

describe("zabsim reconstruct with data directories", () => {
  const before = stateOf(BUG);
  const { code, stderr, stdout } = reconstruct(BUG, "--runs", "20");

  it("finds the logs and the directories in a folder, and prints which disks match", () => {
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(
      /^matched: [^.]* in the same order,\s+and ends with the disks of the directories\.\n {2}3 logs, 3 data dir/,
    );
    expect(stdout).toMatch(/^ {2}disks at the end +3 of 3$/m);
    expect(stdout).toMatch(/^ {2}3 +after +2\/2 +yes +1:6$/m);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });

  it("changes nothing in the folder", () => {
    expect(stateOf(BUG)).toEqual(before);
  });

  it("writes a scenario that runs as the answer says", () => {
    expect(readFileSync(OUT, "utf8")).toContain(`#   ${directories[0]}\n`);
    expect(zabsim(["run", OUT]).code).toBe(0);
  });

  it("exits with 0 if the run matches and violates nothing", () => {
    const result = reconstruct(exported("follower-behind-diff"), "--runs", "1");
    expect([result.code, result.stdout.split(":", 1)[0]]).toEqual([0, "matched"]);
  });

  it.each([
    ["with directories", [BUG], 3],
    ["without directories", logs, 0],
  ] as const)("prints JSON that matches the schema, %s", (_, paths, disks) => {
    const answer = answerOf(...paths, "--runs", "3");
    const validate = new Ajv.default({ strict: false }).compile(schema);
    expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
    expect(answer.disks).toHaveLength(disks);
    expect(answer.files).toEqual(logs);
  });

  it("takes directories by name, without a file myid", () => {
    const path = at("unnamed");
    cpSync(directories[1] as string, path, { recursive: true });
    rmSync(join(path, "myid"));
    expect(reconstruct(...logs, path).stderr).toMatch(/unnamed: has no file myid, .*--server N=/);
    const { disks } = answerOf(...logs, "--server", `2=${path}`, "--runs", "1");
    expect(disks.map(({ path: given, server }) => [server, given])).toEqual([[2, path]]);
  });

  it("takes logs, a folder with directories, and the folder version-2 of one of them", () => {
    const path = at("data");
    mkdirSync(path);
    for (const sid of [1, 2]) cpSync(directories[sid - 1] as string, join(path, `zk${sid}`), { recursive: true });
    const { disks, files } = answerOf(...logs, path, join(directories[2] as string, "version-2"), "--runs", "1");
    expect(disks.map(({ path: given }) => given)).toEqual([join(path, "zk1"), join(path, "zk2"), directories[2]]);
    expect(files).toEqual(logs);
  });

  it("prints an older copy as one that is not compared", () => {
    const path = at("older");
    mkdirSync(join(path, "version-2"), { recursive: true });
    writeFileSync(join(path, "myid"), "2\n");
    const result = reconstruct(...logs, path, "--runs", "1");
    expect(result.stdout).toMatch(/^ {2}2 +in between +-\/- +- +empty$/m);
    expect(result.stdout).toContain("It is not compared.");
  });
});

describe("zabsim reconstruct refuses", () => {
  mkdirSync(at("empty"));
  writeFileSync(at("notes.txt"), "nothing\n");
  mkdirSync(at("notes"));
  writeFileSync(join(at("notes"), "a.txt"), "nothing\n");
  const stranger = at("stranger");
  cpSync(directories[0] as string, stranger, { recursive: true });
  writeFileSync(join(stranger, "myid"), "9\n");

  it.each([
    ["no argument", [], "no log is given"],
    ["data directories without logs", directories, "zabsim doctor"],
    ["a named directory without logs", ["--server", `1=${directories[0]}`], "data directories without logs"],
    ["a missing path", [at("missing")], "missing: cannot be read (ENOENT)"],
    ["an empty folder", [at("empty")], "the folder contains no file"],
    ["a folder with neither", [at("notes")], "no file contains lines of a ZooKeeper server"],
    ["a file that is no log", [at("notes.txt")], "no line shows which server wrote it"],
    ["a directory of a server that the logs do not mention", [...logs, stranger], "is of server 9, which the logs do"],
    ["two directories of a server", [...logs, ...directories, "--server", `2=${stranger}`], "both are of server 2"],
    ["--server with ids", [...logs, "--server", "1,2"], "is no file of a server"],
    ["--server with a folder that is no directory", [...logs, "--server", `1=${at("notes")}`], "no folder version-2"],
  ])("%s", (_, args, message) => {
    const result = zabsim(["reconstruct", ...args, "--out", OUT, "--runs", "1"]);
    expect(isBadInput(result), result.stderr).toBe(true);
    expect(result.stderr).toContain(message);
  });

  it("to overwrite a log", () => {
    const result = zabsim(["reconstruct", ...logs, "--out", logs[0] as string, "--runs", "1"]);
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining("is one of the logs")]);
  });
});

describe("an interrupted search", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s exits with %i and says which file it has written", async (signal, expected) => {
    const out = at(`${signal}.yaml`);
    const { code, stderr } = await killedAfter(
      ["reconstruct", exported("open-acked-proposal-truncated-committed-lost"), "--out", out],
      2500,
      signal,
    );
    expect(code, stderr).toBe(expected);
    expect(stderr).toMatch(/^zabsim: interrupted after \d+ runs; .* is the best scenario so far$/m);
    expect(zabsim(["run", out]).code).toBeLessThan(2);
  });
});

it("ends without an error if its reader closes the pipe", () => {
  const run = `"${process.execPath}" "${LAUNCHER}" reconstruct "${BUG}" --runs 1 --out "${OUT}"`;
  const command = `${run} | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(Number(stdout.trimEnd().split("\n").at(-1))).toBeLessThan(2);
});

it.skipIf(pty === undefined).each([80, 120])(
  "fits a terminal of %i columns and leaves a clean screen",
  async (columns) => {
    const { lines } = await runInTerminal(["reconstruct", BUG, "--runs", "3", "--out", OUT], { columns });
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    expect(lines[0]).toMatch(/^(not )?matched: /);
  },
);

function killedAfter(
  args: readonly string[],
  ms: number,
  signal: NodeJS.Signals,
): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += String(data);
    });
    const timer = setTimeout(() => child.kill(signal), ms);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stderr });
    });
  });
}
