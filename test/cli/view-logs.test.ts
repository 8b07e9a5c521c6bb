/** Tests `zabsim view` with logs: which files are logs, the page, and the options. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { LogPageData } from "../../view/page/page-data.ts";
import { logOf, RECORDINGS_FOLDER } from "../explain/recording.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-view-logs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const RECORDING = `${RECORDINGS_FOLDER}3.9.5`;
const LOGS = [1, 2, 3].map((server) => `${RECORDING}/server-${server}/zookeeper.log.gz`);

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** Returns the data that a page contains. */
function dataIn(path: string): LogPageData {
  const packed = /<script id="data" type="application\/gzip">(.*?)<\/script>/.exec(readFileSync(path, "utf8"))?.[1];
  return JSON.parse(gunzipSync(Buffer.from(packed ?? "", "base64")).toString()) as LogPageData;
}

describe("zabsim view with logs", () => {
  const page = join(folder, "page.html");

  it("writes a page of a folder, and the same one of its files", () => {
    expect(zabsim(["view", RECORDING, "--out", page])).toMatchObject({ code: 0, stdout: `${page}\n`, stderr: "" });
    const data = dataIn(page);
    expect(data.title).toBe("3.9.5");
    expect(data.events.servers).toEqual([1, 2, 3]);
    expect(data.answer.handshakes).toHaveLength(19);
    expect(statSync(page).size).toBeLessThan(1_000_000);
    expect(zabsim(["view", ...LOGS, "--json", "--out", page]).stdout).toBe(`${JSON.stringify({ file: page })}\n`);
    expect(dataIn(page)).toMatchObject({ title: "logs", events: data.events });
  });

  it("has the servers, handshakes and findings of zabsim explain", () => {
    zabsim(["view", RECORDING, "--out", page]);
    const { stdout } = zabsim(["explain", RECORDING, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject(dataIn(page).answer);
  });

  it("reads a log that does not name its server, whatever its file is called, and gzip", () => {
    const lines = logOf("3.9.5", 1)
      .replaceAll(/\[myid=?:?1?\]|myid=1|my id = +1/gi, "")
      .replaceAll(/^1 is accepting/gm, "is accepting");
    const path = file("incident.txt", gzipSync(lines));
    expect(isBadInput(zabsim(["view", path, "--out", page]))).toBe(true);
    expect(zabsim(["view", "--server", `1=${path}`, "--out", page]).code).toBe(0);
    expect(dataIn(page).events.servers).toEqual([1]);
  });

  it("shows only the events between --from and --until", () => {
    zabsim(["view", RECORDING, "--from", "18:19:53", "--until", "18:20:00", "--out", page]);
    const { events, leftOut } = dataIn(page).events;
    const times = events.map(({ timeMs }) => new Date(timeMs).toISOString().slice(11, 19));
    expect([times[0], times.at(-1)]).toEqual(["18:19:53", "18:19:59"]);
    expect(Math.min(leftOut.before, leftOut.after)).toBeGreaterThan(0);
  });

  it("contains nothing of a line that zabsim does not know", () => {
    const path = file(
      "secret.log",
      `${logOf("3.9.5", 1)}\n2026-11-25 18:30:00,000 [myid:1] - INFO  [x:X@1] - /users/alice\n`,
    );
    zabsim(["view", path, "--out", page]);
    expect(JSON.stringify(dataIn(page)).includes("/users/alice")).toBe(false);
  });

  it("writes less than 1 MB of a log with 50,000 elections, and says what is left out", { timeout: 60_000 }, () => {
    const lines = Array.from({ length: 50_000 }, (_, i) => {
      const time = new Date(Date.UTC(2026, 0, 1) + i * 500)
        .toISOString()
        .replace("T", " ")
        .replace(".", ",")
        .slice(0, 23);
      const peer = `${time} [myid:1] - INFO  [QuorumPeer[myid=1](plain=x)(secure=disabled):o.a.z.s.q.`;
      return (
        `${peer}QuorumPeer@1] - LOOKING\n` +
        `${peer}FastLeaderElection@1] - New election. My id = 1, proposed zxid=0x${(i * 7919).toString(16)}\n`
      );
    });
    expect(zabsim(["view", file("storm.log", lines.join("")), "--out", page]).code).toBe(0);
    expect(statSync(page).size).toBeLessThan(1_000_000);
    const { events, leftOut } = dataIn(page).events;
    expect(events.length).toBeGreaterThanOrEqual(500);
    expect(leftOut.before).toBeGreaterThan(25_000);
  });
});

describe("zabsim view", () => {
  const SCENARIO = "scenarios/shipped/follower-ahead-trunc.yaml";
  const scenario = file("mine.txt", "about: LOOKING\nservers: 3\n");
  const json = file("mine.log", '{\n  "servers": 3\n}\n');
  const out = ["--out", join(folder, "x.html")];

  it("recognizes a scenario by its content, also if it quotes a log", () => {
    const quoting = file("quote.yaml", `about: |\n  ${logOf("3.9.5", 1).split("\n")[87]}\nservers: 3\n`);
    for (const one of [scenario, json, quoting]) expect(zabsim(["view", one, ...out])).toMatchObject({ code: 0 });
  });

  it.each([
    ["a scenario and a log", [SCENARIO, LOGS[0] as string], "is a log (accepted: one scenario, or the logs"],
    ["two scenarios", [SCENARIO, scenario], "more than one scenario"],
    ["nothing", [], "nothing to show is given"],
    ["another text", [file("notes.txt", "hello\n")], "is neither a scenario nor a log of a ZooKeeper server"],
    ["an empty file", [file("empty.log", "")], "is neither a scenario nor a log"],
    ["an image", [file("image.png", Buffer.from([137, 80, 0, 0]))], "is neither a scenario nor a log"],
    ["a missing file", ["no-such-file.log"], "no such file or shipped scenario"],
    ["a seed for logs", [RECORDING, "--seed", "2"], "--seed cannot be combined with logs"],
    ["a release to compare with logs", [RECORDING, "--compare", "3.9.4"], "--compare cannot be combined with logs"],
    ["an override of logs", [RECORDING, "--set", "until=1s"], "--set cannot be combined with logs"],
    ["times of a scenario", [SCENARIO, "--from", "18:00"], "--from cannot be combined with a scenario"],
    ["servers without files", [RECORDING, "--server", "1,2"], "the page shows all servers"],
    ["a time that is none", [RECORDING, "--from", "noon"], "--from noon: not a time"],
  ])("refuses %s", (_name, args, message) => {
    const ended = zabsim(["view", ...args, ...out]);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });

  it("never overwrites a log", () => {
    const log = file("zk.log", logOf("3.9.5", 1));
    expect(isBadInput(zabsim(["view", log, "--out", log]))).toBe(true);
    expect(readFileSync(log, "utf8")).toBe(logOf("3.9.5", 1));
  });
});

describe("a command that runs a scenario", () => {
  it.each(["run", "replay", "export", "shrink"])("says that it reads no logs: %s", (command) => {
    const log = file("zk.log", logOf("3.9.5", 1));
    const ended = zabsim([command, log]);
    expect(ended.stderr).toContain("is a log of a server, not a scenario");
    expect(isBadInput(ended)).toBe(true);
  });
});
