/** An ensemble of real, unmodified servers on 127.0.0.1. Each server is a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fourLetterWord, type Mode, modeOf } from "../../../confirm/client.ts";
import { WireClient } from "./wire-client.ts";

/** How long a server may take to serve or to end. A loaded machine needs many seconds to start three processes. */
const WAIT_MS_MAX = 90_000;
const POLL_MS = 150;

/** The options of the Java process of a server. */
export const JAVA_OPTIONS: readonly string[] = [
  ...["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
  // The logs contain these values. Kept logs must not name the machine.
  ...["-Duser.name=zookeeper", "-Duser.home=/home/zookeeper", "-Dos.version=6.1", "-Duser.timezone=UTC"],
  // A server notices a corrected hosts file after a second.
  ...["-Dsun.net.inetaddr.ttl=1", "-Dsun.net.inetaddr.negative.ttl=1"],
  ...["-Dzookeeper.admin.enableServer=false", "-Dzookeeper.4lw.commands.whitelist=*", "-Dzookeeper.preAllocSize=64"],
];

/** An address of this machine on which no server listens. */
const DEAD_ADDRESS = "127.0.0.2";

/** The settings of zoo.cfg that incidents change. */
export interface Settings {
  readonly tickTime: number;
  readonly initLimit: number;
  readonly syncLimit: number;
}

const DEFAULT_SETTINGS: Settings = { tickTime: 400, initLimit: 25, syncLimit: 10 };

interface Server {
  readonly folder: string;
  readonly ports: { readonly client: number; readonly quorum: number; readonly election: number };
  process: ChildProcess | undefined;
}

/** Servers with the ids 1 to 3, in one temporary folder. */
export class RealEnsemble {
  readonly ids: readonly number[] = [1, 2, 3];
  readonly folder: string;
  private readonly classPath: string;
  private readonly servers: ReadonlyMap<number, Server>;
  private settings = DEFAULT_SETTINGS;
  private readonly clients = new Set<WireClient>();

  private constructor(folder: string, classPath: string, ports: readonly number[]) {
    this.folder = folder;
    this.classPath = classPath;
    const server = (id: number): Server => {
      const [client = 0, quorum = 0, election = 0] = ports.slice(3 * (id - 1));
      return { folder: join(folder, `server-${id}`), ports: { client, quorum, election }, process: undefined };
    };
    this.servers = new Map(this.ids.map((id) => [id, server(id)]));
  }

  /** Writes the files of servers with empty disks. No server starts. */
  static async create(folder: string, classPath: string, settings: Partial<Settings> = {}): Promise<RealEnsemble> {
    const ensemble = new RealEnsemble(folder, classPath, await freePorts(9));
    for (const id of ensemble.ids) {
      mkdirSync(ensemble.dataDir(id), { recursive: true });
      writeFileSync(join(ensemble.dataDir(id), "myid"), `${id}\n`);
    }
    ensemble.configure(settings);
    return ensemble;
  }

  /** Writes zoo.cfg of every server. A running server keeps its settings until it starts again. */
  configure(settings: Partial<Settings>): void {
    this.settings = { ...this.settings, ...settings };
    for (const id of this.ids) {
      this.writeConfig(id, {});
      this.writeHosts(id);
    }
  }

  /** Writes zoo.cfg of one server. `quorumPorts` replaces quorum ports of other servers, for example by a proxy's. */
  writeConfig(id: number, quorumPorts: Readonly<Record<number, number>>): void {
    const lines = this.ids.map((other) => {
      const { election, quorum } = this.server(other).ports;
      return `server.${other}=${hostOf(other)}:${quorumPorts[other] ?? quorum}:${election}`;
    });
    const { initLimit, syncLimit, tickTime } = this.settings;
    const text = [
      ...[`tickTime=${tickTime}`, `initLimit=${initLimit}`, `syncLimit=${syncLimit}`],
      ...[`dataDir=${this.dataDir(id)}`, `clientPort=${this.server(id).ports.client}`],
      ...["clientPortAddress=127.0.0.1", ...lines, ""],
    ];
    writeFileSync(this.configFile(id), text.join("\n"));
  }

  /** Writes the addresses to which a server resolves the names of servers. Those of the `stale` servers are wrong. */
  writeHosts(id: number, stale: readonly number[] = []): void {
    const lines = this.ids.map((other) => `${stale.includes(other) ? DEAD_ADDRESS : "127.0.0.1"} ${hostOf(other)}\n`);
    writeFileSync(join(this.server(id).folder, "hosts"), `127.0.0.1 localhost\n${lines.join("")}`);
  }

  quorumPort(id: number): number {
    return this.server(id).ports.quorum;
  }

  configFile(id: number): string {
    return join(this.server(id).folder, "zoo.cfg");
  }

  dataDir(id: number): string {
    return join(this.server(id).folder, "data");
  }

  /** The folder version-2 of a server. */
  version2(id: number): string {
    return join(this.dataDir(id), "version-2");
  }

  logFile(id: number): string {
    return join(this.server(id).folder, "zookeeper.log");
  }

  logText(id: number): string {
    return existsSync(this.logFile(id)) ? readFileSync(this.logFile(id), "utf8") : "";
  }

  /** Starts processes, and does not wait until they serve. */
  start(...ids: readonly number[]): void {
    for (const id of ids) {
      const server = this.server(id);
      if (isRunning(server)) throw new Error(`server ${id} runs already`);
      const log = openSync(this.logFile(id), "a");
      const hosts = `-Djdk.net.hosts.file=${join(server.folder, "hosts")}`;
      const args = ["-n", "10", "java", ...JAVA_OPTIONS, hosts, "-cp", this.classPath, MAIN_CLASS, this.configFile(id)];
      server.process = spawn("nice", args, { cwd: server.folder, stdio: ["ignore", log, log] });
      server.process.on("error", () => undefined);
      closeSync(log);
    }
  }

  /** Starts servers and waits until they, and those that run already, serve. Returns the id of the leader. */
  async startServing(...ids: readonly number[]): Promise<number> {
    this.start(...ids);
    return await this.serving(...this.ids.filter((id) => isRunning(this.server(id))));
  }

  /** Waits until each of these servers serves and one of them leads. Returns the id of the leader. */
  async serving(...ids: readonly number[]): Promise<number> {
    let modes: (Mode | undefined)[] = [];
    await this.until(`servers ${ids.join(", ")} serve`, async () => {
      modes = await Promise.all(ids.map((id) => this.mode(id)));
      return modes.every((mode) => mode !== undefined) && modes.includes("leader");
    });
    return ids[modes.indexOf("leader")] as number;
  }

  /** Sends a signal to processes. SIGSTOP freezes them, SIGCONT lets them continue. */
  signal(signal: NodeJS.Signals, ...ids: readonly number[]): void {
    for (const id of ids) {
      if (this.server(id).process?.kill(signal) !== true) throw new Error(`server ${id} does not run`);
    }
  }

  /** Ends processes with SIGTERM, or with another signal, and waits until they have ended. */
  async stop(ids: readonly number[], signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.signal(signal, ...ids);
    await this.until(`servers ${ids.join(", ")} end`, async () => ids.every((id) => !isRunning(this.server(id))));
  }

  isRunning(id: number): boolean {
    return isRunning(this.server(id));
  }

  /** Returns the role of a server; undefined if it does not serve. */
  async mode(id: number): Promise<Mode | undefined> {
    if (!isRunning(this.server(id))) return undefined;
    return await modeOf("127.0.0.1", this.server(id).ports.client);
  }

  /** Returns the answer of a server to a command of four letters; undefined if there is none. */
  async command(id: number, word: string): Promise<string | undefined> {
    return (await fourLetterWord("127.0.0.1", this.server(id).ports.client, word)) ?? undefined;
  }

  async client(id: number, timeoutMs?: number): Promise<WireClient> {
    const client = await WireClient.open(this.server(id).ports.client, timeoutMs);
    this.clients.add(client);
    return client;
  }

  /** Creates nodes below the root through one server, in a session of its own. */
  async write(id: number, names: readonly string[], data: Buffer | string = ""): Promise<void> {
    const client = await this.client(id);
    for (const name of names) await client.create(`/${name}`, data);
    await client.close();
  }

  /** Returns the nodes below the root that clients have created, as one server has them. */
  async nodes(id: number): Promise<string[]> {
    const client = await this.client(id);
    const names = await client.children("/");
    await client.close();
    return names.filter((name) => name !== "zookeeper");
  }

  /** Returns whether the log files of a server contain a path. The server may run. */
  hasInTxnLog(id: number, path: string): boolean {
    const files = existsSync(this.version2(id)) ? readdirSync(this.version2(id)) : [];
    return files.some((name) => name.startsWith("log.") && readFileSync(join(this.version2(id), name)).includes(path));
  }

  /** Copies the data directories of servers to a new folder. Returns the copies. */
  copyData(name: string, ids: readonly number[] = this.ids): string[] {
    return ids.map((id) => {
      const copy = join(this.folder, name, `server-${id}`);
      cpSync(this.dataDir(id), copy, { recursive: true });
      return copy;
    });
  }

  /** Waits for a condition. Rejects after WAIT_MS_MAX. */
  async until(what: string, isTrue: () => Promise<boolean>, ms = WAIT_MS_MAX): Promise<void> {
    const end = Date.now() + ms;
    while (!(await isTrue())) {
      if (Date.now() > end) throw new Error(`after ${ms} ms, it is not true that ${what}`);
      await sleep(POLL_MS);
    }
  }

  /** Ends all processes with SIGKILL. */
  kill(): void {
    for (const client of this.clients) client.abandon();
    for (const server of this.servers.values()) if (isRunning(server)) server.process?.kill("SIGKILL");
  }

  /** Ends all processes, waits for their ends and deletes the folder. */
  async close(): Promise<void> {
    this.kill();
    await this.until("all servers end", async () => this.ids.every((id) => !this.isRunning(id)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private server(id: number): Server {
    return this.servers.get(id) as Server;
  }
}

/** The name of a server in zoo.cfg. */
function hostOf(id: number): string {
  return `zk${id}`;
}

/** The class that starts a server. */
export const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

function isRunning({ process }: Server): boolean {
  return process?.pid !== undefined && process.exitCode === null && process.signalCode === null;
}

/** The ports from FIRST_PORT on are below those of other tests (Ensemble.java) and of outgoing connections. */
const FIRST_PORT = 10_000;
/** Processes with different ids look for ports in different blocks, so that two of them never find the same ones. */
const BLOCKS = 50;
const PORTS_OF_A_BLOCK = 100;

/** The next port that this process tries. Servers that have not started yet do not listen on their ports. */
let nextPort = FIRST_PORT + (process.pid % BLOCKS) * PORTS_OF_A_BLOCK;

/** Resolves to `count` ports of 127.0.0.1 on which no process listens. No two calls return the same port. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = nextPort++;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const socket = createServer();
  return new Promise((resolve) => {
    socket.once("error", () => resolve(false));
    socket.listen(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
