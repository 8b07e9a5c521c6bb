/** Tests `zabsim export`: its output, its files, the selected events and the errors. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_OK } from "../../cli/exit-codes.ts";
import { EXPORT_FORMATS } from "../../reports/export/formats.ts";
import { isBadInput, LAUNCHER, zabsim, zabsimOnce } from "./zabsim.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const folder = mkdtempSync(join(tmpdir(), "zabsim-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function eventsOf(stdout: string): { id: number; kind: string; server: number }[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ source }) => source !== "run" && source !== "result");
}

it.each(EXPORT_FORMATS.filter((format) => format !== "zklog"))(
  "--format %s writes the same to stdout and to --out",
  (format) => {
    const file = join(folder, `run.${format}`);
    const printed = zabsim(["export", BUG, "--format", format]);
    const written = zabsim(["export", BUG, "--format", format, "--out", file]);
    expect([printed.code, written.code]).toEqual([EXIT_OK, EXIT_OK]);
    expect(printed.stderr).toBe("");
    expect([written.stdout, written.stderr]).toEqual(["", `${file}\n`]);
    expect(readFileSync(file, "utf8")).toBe(printed.stdout);
  },
);

describe("--format zklog", () => {
  const logs = join(folder, "logs");
  const linesOf = (server: number): string[] =>
    readFileSync(join(logs, `server-${server}.log`), "utf8")
      .trimEnd()
      .split("\n");

  it("writes a log of each server to --out, and the same lines with the names of the servers to stdout", () => {
    const printed = zabsim(["export", BUG, "--format", "zklog"]);
    const written = zabsim(["export", BUG, "--format", "zklog", "--out", logs]);
    expect([printed.code, written.code, written.stdout]).toEqual([EXIT_OK, EXIT_OK, ""]);
    const files = written.stderr.trimEnd().split("\n");
    expect(files).toEqual([1, 2, 3].map((server) => join(logs, `server-${server}.log`)));
    const lines = printed.stdout.trimEnd().split("\n");
    for (const server of [1, 2, 3]) {
      const name = `server-${server}  | `;
      const own = lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length));
      expect(own).toEqual(linesOf(server));
    }
  });

  it("writes logs that explain reads, as files and as one text", () => {
    zabsim(["export", BUG, "--format", "zklog", "--out", logs]);
    const merged = join(folder, "merged.log");
    writeFileSync(merged, zabsim(["export", BUG, "--format", "zklog"]).stdout);
    const answerOf = (path: string): Record<string, unknown> =>
      JSON.parse(zabsim(["explain", path, "--json"]).stdout) as Record<string, unknown>;
    const [fromFiles, fromText] = [answerOf(logs), answerOf(merged)];
    expect(fromFiles.handshakes).not.toEqual([]);
    const withoutLines = (answer: unknown): string =>
      JSON.stringify(answer, (name, value) => (/[lL]ines?$|^file$/.test(name) ? undefined : value));
    expect(withoutLines(fromText.handshakes)).toBe(withoutLines(fromFiles.handshakes));
    expect(withoutLines(fromText.epochs)).toBe(withoutLines(fromFiles.epochs));
  });

  it("selects servers, and refuses to leave messages out of a log", () => {
    const { stdout } = zabsim(["export", BUG, "--format", "zklog", "--server", "2"]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.filter((line) => !line.startsWith("server-2  | "))).toEqual([]);
    const refused = zabsim(["export", BUG, "--format", "zklog", "--from", "1s"]);
    expect(isBadInput(refused)).toBe(true);
    expect(refused.stderr).toContain("--from cannot be combined with --format zklog");
  });
});

it("selects events by time, server and kind, and keeps their numbers", () => {
  const all = eventsOf(zabsimOnce("export", BUG).stdout);
  const { stdout } = zabsim(["export", BUG, "--server", "2", "--only", "deliver,violation", "--from", "2.6"]);
  const some = eventsOf(stdout);
  expect(some.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["deliver", "violation"]));
  expect(some).toEqual(all.filter(({ id }) => some.some((one) => one.id === id)));
  expect(some.filter(({ server }) => server !== 2)).toEqual([]);
});

it("draws the causes of the event that --event names", () => {
  const decision = eventsOf(zabsimOnce("export", BUG).stdout).find(({ kind }) => kind === "sync-decided");
  const { stdout } = zabsim(["export", BUG, "--format", "dot", "--event", String(decision?.id)]);
  expect(stdout).toMatch(new RegExp(`e${decision?.id} \\[label=.*fillcolor=lightyellow`));
  expect(stdout).not.toContain("violates");
});

it("has the exit code of the run", () => {
  expect(zabsim(["export", "follower-ahead-trunc", "--set", "expect.leader=1"]).code).toBe(EXIT_FINDING);
});

it("ends without an error if its reader closes the pipe", () => {
  const command = `"${process.execPath}" "${LAUNCHER}" export ${BUG} | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const lines = execFileSync("bash", ["-c", command], { encoding: "utf8" }).trimEnd().split("\n");
  expect(JSON.parse(lines[0] as string)).toMatchObject({ source: "run" });
  expect(lines.at(-1)).toBe(String(EXIT_OK));
});

it("exports the same run in the same bytes", () => {
  expect(zabsim(["export", BUG, "--noise", "--set", "expect={}", "--seed", "9"]).stdout).toBe(
    zabsim(["export", BUG, "--noise", "--set", "expect={}", "--seed", "9"]).stdout,
  );
});

describe("refuses", () => {
  it.each([
    [["--format", "svg"], "--format svg: unknown format (accepted: jsonl, shiviz, perfetto, mermaid, dot, zklog)"],
    [["--only", "delivr"], "--only delivr: no such kind of event, did you mean deliver?"],
    [["--server", "7"], "--server 7: no such server"],
    [["--from", "2", "--until", "1"], "--from is later than --until"],
    [["--event", "3"], "--event cannot be combined with --format jsonl: only dot draws the causes of one event"],
    [["--event", "x", "--format", "dot"], "--event x: not an event"],
    [["--event", "99999", "--format", "dot"], "--event 99999: the run has no such event"],
    [["--out", join(folder, "none", "x")], "cannot be written: no such file or directory (ENOENT)"],
    [["--out", folder], "is a folder (accepted: the path of a file)"],
    [["--noise"], "--noise"],
  ])("%j", (args, message) => {
    const ended = zabsim(["export", BUG, ...args]);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });

  it("dot for a run without a violation", () => {
    const ended = zabsim(["export", "follower-ahead-trunc", "--format", "dot"]);
    expect(ended.stderr).toContain("the run violates no invariant (accepted: --event and the id of an event");
    expect(isBadInput(ended)).toBe(true);
  });
});

const dot = spawnSync("dot", ["-V"]).status === 0;
it.runIf(dot)("the program dot of this machine draws the causal graph", () => {
  const { stdout } = zabsimOnce("export", BUG, "--format", "dot");
  const svg = execFileSync("dot", ["-Tsvg"], { input: stdout, encoding: "utf8" });
  expect(svg).toContain("violates");
});
