/** Tests `zabsim explain`: its text, its JSON, its exit codes, and the files that it reads. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import Ajv from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import type { ExplainAnswer } from "../../explain/answer.ts";
import { FINDING_RULES } from "../../explain/finding.ts";
import schema from "../../schema/explain.schema.json" with { type: "json" };
import { logOf, RECORDINGS, RECORDINGS_FOLDER, truthOf } from "../explain/recording.ts";
import { isBadInput, zabsim, zabsimOnce } from "./zabsim.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-explain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const recording = (name: string): string => join(RECORDINGS_FOLDER, name);
const logs = (name: string): string[] => [1, 2, 3].map((n) => join(recording(name), `server-${n}`, "zookeeper.log.gz"));
const answerOf = (stdout: string): ExplainAnswer => JSON.parse(stdout) as ExplainAnswer;
/** The part of an answer that does not depend on the files from which it comes. */
const essence = ({ ensemble, epochs, handshakes }: ExplainAnswer) => ({
  ensemble,
  epochs: epochs.map(({ line: _, ...rest }) => rest),
  handshakes: handshakes.map(({ leaderLines: _, learnerLines: __, ...rest }) => rest),
});

describe("zabsim explain", () => {
  const { code, stderr, stdout } = zabsimOnce("explain", ...logs("3.9.5"));

  it("prints the servers, the ensemble over time, the decisions and the findings", () => {
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("server 1: ZooKeeper 3.9.5, 2026-11-25 18:19:42.940 .. 2026-11-25 18:20:");
    expect(stdout).toMatch(/^ {2}2026-11-25 18:19:\S+ +FOLLOWING 2, epoch 1 +LEADING, epoch 1 +FOLLOWING 2, epoch 1$/m);
    expect(stdout).toContain("  leader 3, epoch 2\n");
    expect(stdout).toMatch(/^ {2}2 follower +1:1\.\.2:7 +2:7 +1:46 +SNAP 2:7/m);
    expect(stdout).toContain("→ Set zookeeper.snapshotSizeFactor to 0 (now 0.33)");
    expect(stdout).toContain("server-3/zookeeper.log.gz:336\n");
  });

  it("fits into 100 columns, apart from the paths of files", () => {
    const wide = stdout.split("\n").filter((line) => line.length > 100 && !line.includes("zookeeper.log.gz"));
    expect(wide).toEqual([]);
  });

  it("reads the same from the folder as from the files", () => {
    expect(zabsimOnce("explain", recording("3.9.5")).stdout).toBe(stdout);
  });

  it("exits with 1 if a violation is likely, and names its ticket", () => {
    const result = zabsimOnce("explain", recording("3.4.10"));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("known bug: ZOOKEEPER-2845.");
  });

  it.each(RECORDINGS)("prints JSON of %s that matches the schema, and that agrees with the exit code", (name) => {
    const result = zabsimOnce("explain", recording(name), "--json");
    const answer = answerOf(result.stdout);
    const validate = new Ajv.default({ strict: false }).compile(schema);
    expect(validate(answer), JSON.stringify(validate.errors)).toBe(true);
    expect(answer.handshakes).toHaveLength(truthOf(name).steps.flatMap(({ joins }) => joins).length);
    expect([answer.fault, result.code]).toEqual(name === "3.4.10" ? [true, 1] : [false, 0]);
  });

  it("has every rule of a finding in the schema", () => {
    expect(schema.definitions.finding.properties.rule.enum.toSorted()).toEqual(Object.keys(FINDING_RULES).toSorted());
  });

  it("prints a timeline of some servers in some time", () => {
    const args = ["--server", "2", "--from", "18:19:53", "--until", "2026-11-25 18:20:00"];
    const result = zabsimOnce("explain", recording("3.9.5"), ...args);
    const lines = result.stdout
      .trimEnd()
      .split("\n")
      .filter((line) => /^\d{4}-/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/^2026-11-25 (18:19:5|18:20:00)\S* {2}2 {2}\S/);
    expect(result.stdout).toContain("starts an election with zxid 1:46");
    const json = answerOf(zabsimOnce("explain", recording("3.9.5"), ...args, "--json").stdout);
    expect(json.timeline).toHaveLength(lines.length);
  });

  it("prints nothing of the content of a transaction", () => {
    // The path and the data of a znode occur only in lines that no message of the table matches.
    const line =
      "2026-11-25 18:19:50,000 [myid:1] - INFO  [ProcessThread(sid:1 cport:-1)::PrepRequestProcessor@648] - ";
    const secret = `${line}Got user-level KeeperException type:create Error Path:/secret Error:KeeperErrorCode`;
    const path = file("with-path.log", `${logOf("3.9.5", 1)}${secret}\n`);
    expect(zabsim(["explain", path, "--timeline"]).stdout).not.toContain("secret Error");
    expect(zabsim(["explain", path, "--json"]).stdout).not.toContain("/secret");
  });
});

describe("the files of zabsim explain", () => {
  const plain = answerOf(zabsimOnce("explain", recording("3.9.5"), "--json").stdout);

  it("can be the rotated files of a server, in any order and partly compressed", () => {
    const lines = logOf("3.9.5", 1).split("\n");
    const parts = [lines.slice(0, 500), lines.slice(500, 1100), lines.slice(1100)].map((part) => part.join("\n"));
    const [one, two, three] = parts as [string, string, string];
    const rotated = [file("r/zk.log", three), file("r/zk.log.1.gz", gzipSync(two)), file("r/zk.log.2", one)];
    const { stdout } = zabsim(["explain", ...rotated, ...logs("3.9.5").slice(1), "--json"]);
    expect(essence(answerOf(stdout))).toEqual(essence(plain));
  });

  it("can be one file with the lines of all servers, named by another program", () => {
    const all = [1, 2, 3].flatMap((n) =>
      logOf("3.9.5", n)
        .split("\n")
        .map((line, i) => ({ n, line, i })),
    );
    const mixed = all.sort((a, b) => a.i - b.i || a.n - b.n).map(({ line, n }) => `zoo${n}-1  | ${line}`);
    const { stdout } = zabsim(["explain", file("compose.log", mixed.join("\n")), "--json"]);
    expect(essence(answerOf(stdout)).epochs).toEqual(essence(plain).epochs);
    expect(essence(answerOf(stdout)).handshakes).toEqual(essence(plain).handshakes);
  });

  it("can have CRLF line ends, a kubectl prefix, or JSON", () => {
    const wrapped = [
      file("k/1.log", logOf("3.9.5", 1).replaceAll("\n", "\r\n")),
      file("k/2.log", logOf("3.9.5", 2).replace(/^(?=.)/gm, "2026-11-25T18:19:43.083123456Z stdout F ")),
      file(
        "k/3.log",
        logOf("3.9.5", 3)
          .split("\n")
          .map((line) => JSON.stringify({ log: `${line}\n`, stream: "stdout" }))
          .join("\n"),
      ),
    ];
    const { stdout } = zabsim(["explain", ...wrapped, "--json"]);
    expect(essence(answerOf(stdout))).toEqual(essence(plain));
  });

  it("need --server if their lines do not show the id", () => {
    const nameless = logOf("3.9.5", 2)
      .replaceAll(/\[myid[:=]\d*\]/g, "[myid:]")
      .replaceAll(/^.*(?:New election|Starting quorum peer|Connection broken).*$/gm, "");
    const path = file("nameless.log", nameless);
    const refused = zabsim(["explain", path]);
    expect(isBadInput(refused)).toBe(true);
    expect(refused.stderr).toContain(`${path}: no line shows which server wrote it`);
    expect(refused.stderr).toContain(`--server N=${path}`);
    const { code, stdout } = zabsim(["explain", "--server", `7=${path}`, "--json"]);
    expect([code, answerOf(stdout).servers.map(({ server }) => server)]).toEqual([0, [7]]);
  });

  it("can be standard input, if the server is named", () => {
    const { code, stdout } = zabsim(["explain", "-", "--server", "1=-", "--json"], logOf("3.9.5", 1));
    expect([code, answerOf(stdout).servers[0]?.elections]).toEqual([0, 12]);
    expect(isBadInput(zabsim(["explain", "-"], "x"))).toBe(true);
  });

  it("can be the logs of one server only, which leaves facts unknown", () => {
    const { code, stdout } = zabsim(["explain", logs("3.9.5")[0] as string, "--json"]);
    expect(code).toBe(0);
    const { handshakes } = answerOf(stdout);
    expect(handshakes.length).toBeGreaterThan(8);
    expect(new Set(handshakes.map(({ check }) => check))).toEqual(new Set(["unknown"]));
  });

  it.each([
    ["a missing file", () => [join(folder, "missing.log")], "cannot be read (ENOENT)"],
    ["an empty folder", () => [join(file("empty/x/.keep", ""), "..")], "the folder contains no file"],
    ["a file that is no log", () => [file("notes.txt", "hello\nworld\n")], "no line shows which server wrote it"],
    ["a file of another program", () => [file("data.bin", Buffer.from([0, 1, 2, 3]))], "no line shows"],
    ["a transaction log", () => [file("log.1", Buffer.from("ZKLG\0\0\0\u0002"))], "no line shows"],
    ["damaged gzip", () => [file("bad.gz", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]))], "is damaged"],
    ["no argument", () => [], "no log is given"],
    ["a bad server", () => [recording("3.9.5"), "--server", "x"], "--server x: not a server"],
    ["a bad time", () => [recording("3.9.5"), "--from", "soon"], "--from soon: not a time"],
  ])("that are %s are refused with one message", (_, args, message) => {
    const result = zabsim(["explain", ...args()]);
    expect([isBadInput(result), result.stderr]).toEqual([true, result.stderr]);
    expect(result.stderr).toContain(message);
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it("cannot control the terminal with their text", () => {
    const hostile = logOf("3.9.5", 1).replace("Connection reset", "\u001b]0;title\u0007\u001b[2J");
    const evil =
      `${hostile}\n2026-11-25 18:21:00,000 [myid:1] - WARN  [q:o.a.z.s.q.Follower@1] - Exception ` +
      "when following the leader\njava.io.IOException: \u001b]0;x\u0007\n";
    const { stdout } = zabsim(["explain", file("evil.log", evil), "--timeline"]);
    expect(stdout).toContain("\\u001b]0;x\\u0007");
    expect(stdout).not.toContain("\u001b]");
  });
});
