/** The processes of an ensemble on 127.0.0.1, each with a folder and ports of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Mode, modeOf } from "../../../confirm/client.ts";
import { type ClientLimits, WireClient } from "./wire-client.ts";

/** How long a server may take to serve or to end. A loaded machine needs many seconds to start three processes. */
const WAIT_MS_MAX = 90_000;
const POLL_MS = 150;
const REQUEST_MS_MAX = 10_000;
const DATA = "data";

/** The options of the Java process of a server. */
export const JAVA_OPTIONS: readonly string[] = [
  ...["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
  // The logs contain these values. Kept logs must not name the machine.
  ...["-Duser.name=zookeeper", "-Duser.home=/home/zookeeper", "-Dos.version=6.1", "-Duser.timezone=UTC"],
  // A server notices a corrected hosts file after a second.
  ...["-Dsun.net.inetaddr.ttl=1", "-Dsun.net.inetaddr.negative.ttl=1"],
  ...["-Dzookeeper.admin.enableServer=false", "-Dzookeeper.4lw.commands.whitelist=*", "-Dzookeeper.preAllocSize=64"],
];

/** The class that starts a server. */
export const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

/** The limits in a zoo.cfg. */
export interface Settings {
  readonly tickTime: number;
  readonly initLimit: number;
  readonly syncLimit: number;
}

/** One server of an ensemble. */
export interface ServerProcess {
  readonly id: number;
  readonly folder: string;
  readonly ports: { readonly client: number; readonly quorum: number; readonly election: number };
  process: ChildProcess | undefined;
}

/** Returns servers with empty disks, in folders below `folder`, and writes their files myid. */
export async function newServers<Spec extends { readonly id: number }>(
  folder: string,
  specs: readonly Spec[],
): Promise<(Spec & ServerProcess)[]> {
  const ports = await freePorts(3 * specs.length);
  return specs.map((spec, i) => {
    const [client = 0, quorum = 0, election = 0] = ports.slice(3 * i);
    const own = join(folder, `server-${spec.id}`);
    mkdirSync(join(own, DATA), { recursive: true });
    writeFileSync(join(own, DATA, "myid"), `${spec.id}\n`);
    return { ...spec, folder: own, ports: { client, quorum, election }, process: undefined };
  });
}

/** Starts, observes and ends the processes of an ensemble. */
export abstract class ServerProcesses<Server extends ServerProcess = ServerProcess> {
  readonly folder: string;
  readonly ids: readonly number[];
  protected readonly servers: ReadonlyMap<number, Server>;
  private readonly clients = new Set<WireClient>();

  protected constructor(folder: string, servers: readonly Server[]) {
    this.folder = folder;
    this.ids = servers.map(({ id }) => id);
    this.servers = new Map(servers.map((server) => [server.id, server]));
  }

  /** The time limit of a request of a client, in milliseconds; undefined if it waits for its answer. */
  protected get requestMsMax(): number | undefined {
    return REQUEST_MS_MAX;
  }

  /** Returns the command that starts a server, and its arguments. */
  protected abstract commandOf(server: Server): readonly string[];

  /** Writes zoo.cfg of a server. `lines` follow the limits, the ports and the folder. */
  protected writeZooCfg(id: number, { initLimit, syncLimit, tickTime }: Settings, lines: readonly string[]): void {
    const text = [
      ...[`tickTime=${tickTime}`, `initLimit=${initLimit}`, `syncLimit=${syncLimit}`],
      ...[`dataDir=${this.dataDir(id)}`, `clientPort=${this.server(id).ports.client}`],
      ...["clientPortAddress=127.0.0.1", ...lines, ""],
    ];
    writeFileSync(this.configFile(id), text.join("\n"));
  }

  configFile(id: number): string {
    return join(this.server(id).folder, "zoo.cfg");
  }

  dataDir(id: number): string {
    return join(this.server(id).folder, DATA);
  }

  /** The folder version-2 of a server. */
  version2(id: number): string {
    return join(this.dataDir(id), "version-2");
  }

  /** The output of the process. */
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
      if (this.isRunning(id)) throw new Error(`server ${id} runs already`);
      const log = openSync(this.logFile(id), "a");
      const [command = "", ...args] = this.commandOf(server);
      server.process = spawn(command, args, { cwd: server.folder, stdio: ["ignore", log, log] });
      server.process.on("error", () => undefined);
      closeSync(log);
    }
  }

  /** Waits until each of these servers serves and one of them leads. Returns the id of the leader. */
  async serving(...ids: readonly number[]): Promise<number> {
    const modes = await this.modesOnce(`servers ${ids.join(", ")} serve, and one leads`, ids, (found) => {
      return found.every((mode) => mode !== undefined) && found.includes("leader");
    });
    return ids[modes.indexOf("leader")] as number;
  }

  /** Waits until each of these servers serves. Another server can be the leader. */
  async serve(...ids: readonly number[]): Promise<void> {
    await this.modesOnce(`servers ${ids.join(", ")} serve`, ids, (found) => found.every((mode) => mode !== undefined));
  }

  private async modesOnce(
    what: string,
    ids: readonly number[],
    isEnough: (modes: readonly (Mode | undefined)[]) => boolean,
  ): Promise<readonly (Mode | undefined)[]> {
    let modes: (Mode | undefined)[] = [];
    await this.until(what, async () => {
      modes = await Promise.all(ids.map((id) => this.mode(id)));
      return isEnough(modes);
    });
    return modes;
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
    await this.until(`servers ${ids.join(", ")} end`, async () => ids.every((id) => !this.isRunning(id)));
  }

  isRunning(id: number): boolean {
    const { process } = this.server(id);
    return process?.pid !== undefined && process.exitCode === null && process.signalCode === null;
  }

  /** Returns the role of a server; undefined if it does not serve. */
  async mode(id: number): Promise<Mode | undefined> {
    if (!this.isRunning(id)) return undefined;
    return await modeOf("127.0.0.1", this.server(id).ports.client);
  }

  /** Opens a session with a server. By default, requests have the time limit of this ensemble. */
  async client(id: number, limits: ClientLimits = {}): Promise<WireClient> {
    const client = await WireClient.open(this.server(id).ports.client, { timeoutMs: this.requestMsMax, ...limits });
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

  /** Waits for a condition. Rejects after `ms`, by default WAIT_MS_MAX. */
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
    for (const { id, process } of this.servers.values()) if (this.isRunning(id)) process?.kill("SIGKILL");
  }

  /** Ends all processes, waits for their ends and deletes the folder. */
  async close(): Promise<void> {
    this.kill();
    await this.until("all servers end", async () => this.ids.every((id) => !this.isRunning(id)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  server(id: number): Server {
    return this.servers.get(id) as Server;
  }
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
