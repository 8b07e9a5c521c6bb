/** Tests `zabsim join` as a process, among live servers of this process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT_FINDING, EXIT_INTERRUPTED, EXIT_OK } from "../../cli/exit-codes.ts";
import { type ProxiedServers, pairText } from "../../proxy/proxy-config.ts";
import { directServers, ProxiedEnsemble, until } from "../proxy/proxied-ensemble.ts";
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

let folder = "";
let servers: ProxiedServers;
let ensemble: ProxiedEnsemble | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-join-"));
  servers = await directServers([1, 2, 3]);
});

afterEach(() => {
  ensemble?.stop();
  ensemble = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the zoo.cfg of a server with an empty disk. Returns its path. */
function configOf(id: number, change: (lines: string[]) => string[] = (lines) => lines): string {
  const dataDir = join(folder, String(id));
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, "myid"), `${id}\n`);
  const list = [...servers].map(([other, { address }]) => `server.${other}=${pairText(address)}`);
  const file = join(folder, `${id}.cfg`);
  writeFileSync(
    file,
    change(["tickTime=200", "initLimit=8", "syncLimit=50", `dataDir=${dataDir}`, ...list, ""]).join("\n"),
  );
  return file;
}

interface Joining {
  readonly output: () => string;
  readonly interrupt: () => void;
  readonly code: Promise<number>;
}

function joining(config: string, ...args: readonly string[]): Joining {
  const env = { ...process.env, NO_COLOR: "1" };
  const run = spawn(process.execPath, [LAUNCHER, "join", "--config", config, "--zookeeper", "3.9.4", ...args], { env });
  let output = "";
  for (const stream of [run.stdout, run.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const code = (once(run, "close") as Promise<[number]>).then(([exitCode]) => exitCode);
  return { output: () => output, interrupt: () => run.kill("SIGINT"), code };
}

describe("zabsim join", () => {
  it("ends when the server is synced with --until synced, and writes a trace that can be replayed", async () => {
    const staged = new ProxiedEnsemble(servers);
    ensemble = staged;
    staged.start(1, 2);
    await until(() => staged.serves(1, 2));
    const trace = join(folder, "trace.jsonl");
    const run = joining(configOf(3), "--until", "synced", "--trace", trace);
    expect(await run.code).toBe(EXIT_OK);
    expect(run.output()).toMatch(/ {2}3 {2}receives SNAP 1:0 from 2$/m);
    expect(run.output()).toMatch(/ {2}3 {2}serves in epoch 1 of leader 2 at 1:0$/m);
    expect(readFileSync(trace, "utf8")).toMatch(/^\{"server":\{"release":"3\.9\.4","myid":3,/);
    expect(zabsim(["replay", trace]).code).toBe(EXIT_OK);
  });

  it("leads, prints each packet of a learner once, and exits with 130 after Ctrl-C", async () => {
    const staged = new ProxiedEnsemble(servers);
    ensemble = staged;
    const run = joining(configOf(3));
    staged.start(1);
    await until(() => staged.serves(1));
    await until(() => run.output().includes("is established in epoch 1"));
    run.interrupt();
    expect(await run.code).toBe(EXIT_INTERRUPTED);
    for (const packet of ["FOLLOWERINFO", "ACKEPOCH", "the ACK of NEWLEADER"]) {
      expect(run.output().match(new RegExp(`receives ${packet} from 1`, "g"))).toHaveLength(1);
    }
    // The ACK of UPTODATE has the same zxid, and no note.
    expect(run.output().match(/receives ACK 1:0 from 1/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  it("exits with 1 if its port is in use", async () => {
    const { election } = (servers.get(3) as { address: { election: number } }).address;
    const other = createServer();
    await new Promise<void>((done) => other.listen(election, "127.0.0.1", done));
    const run = joining(configOf(3));
    expect(await run.code).toBe(EXIT_FINDING);
    other.close();
    expect(run.output()).toContain("EADDRINUSE");
  });

  it.each<readonly [string, (lines: string[]) => string[], string]>([
    ["no dataDir", (lines) => lines.filter((line) => !line.startsWith("dataDir")), "1.cfg: has no dataDir"],
    [
      "a dataDir that is no folder",
      (lines) => [...lines, "dataDir=/no-such-folder"],
      "dataDir=/no-such-folder: is not a folder",
    ],
    [
      "no line of its own",
      (lines) => lines.filter((line) => !line.startsWith("server.1")),
      "1.cfg: has no line server.1",
    ],
    ["a wrong limit", (lines) => [...lines, "syncLimit=many"], "1.cfg:9: syncLimit: is not a number"],
    ["a wrong server", (lines) => [...lines, "server.4=zk4"], "1.cfg:9: server.4"],
    ["no servers", () => ["dataDir=."], "server"],
  ])("refuses a zoo.cfg with %s", (_, change, message) => {
    const ended = zabsim(["join", "--config", configOf(1, change)]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain(message);
  });

  it("refuses other mistakes", () => {
    const config = configOf(1);
    writeFileSync(join(folder, "1", "myid"), "one\n");
    const cases = [
      [["--config", config], 'myid: contains "one" (accepted: a file with the id of the server, or --myid)'],
      [["--config", config, "--myid", "7"], "has no line server.7 (accepted: a line for each of 1, 2, 3)"],
      [["--config", join(folder, "none.cfg")], "none.cfg: does not exist"],
      [["--config", folder], "is a folder"],
      [["--config", config, "--myid", "1", "--until", "elected"], "--until elected: unknown moment"],
      [["--config", config, "--myid", "1", "--trace", join(folder, "no", "t")], "cannot be written"],
    ] as const;
    for (const [args, message] of cases) {
      const ended = zabsim(["join", ...args]);
      expect(isBadInput(ended)).toBe(true);
      expect(ended.stderr).toContain(message);
    }
  });
});
