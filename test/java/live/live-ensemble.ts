/**
 * An ensemble on 127.0.0.1 in which some servers are real, unmodified ZooKeeper servers, each of a release of its own,
 * and others are `zabsim join`. Each server is a process of its own.
 */
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
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bodyReaderOf, readEpochFile, TxnLogDecoder } from "../../../formats/index.ts";
import { freePorts, JAVA_OPTIONS, MAIN_CLASS } from "../incidents/real-ensemble.ts";
import { fourLetterWord, WireClient } from "../incidents/wire-client.ts";

const WAIT_MS_MAX = 90_000;
const POLL_MS = 50;

/** The settings of zoo.cfg. */
export interface LiveSettings {
  readonly tickTime: number;
  readonly initLimit: number;
  readonly syncLimit: number;
  /** Further lines, such as `snapCount=10`. */
  readonly lines: readonly string[];
  /** System properties of real servers, without `zookeeper.`. */
  readonly properties: Readonly<Record<string, string>>;
}

const DEFAULTS: LiveSettings = { tickTime: 300, initLimit: 30, syncLimit: 10, lines: [], properties: {} };

/** One server of an ensemble. */
export interface LiveServerSpec {
  readonly id: number;
  readonly release: string;
  /** Whether `zabsim join` is the server, instead of ZooKeeper. */
  readonly isOurs?: boolean;
  readonly isObserver?: boolean;
}

interface Server extends LiveServerSpec {
  readonly folder: string;
  readonly ports: { readonly client: number; readonly quorum: number; readonly election: number };
  process: ChildProcess | undefined;
  /** How often the process was started. */
  starts: number;
}

/** The role that a real server reports with the command `srvr`. */
export type Mode = "leader" | "follower" | "observer";

/** One line of `zabsim join --json`. */
export interface JoinRecord {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** One record of a log. */
export interface LoggedTxn {
  readonly zxid: bigint;
  /** The TxnHeader, the body and, from 3.6.0 on, the digest, in base64. */
  readonly entry: string;
}

const RECORD_START_BYTES = 12;
const ZXID_AT = 12;
const BUFFER_MAX = 1 << 20;

export class LiveEnsemble {
  readonly folder: string;
  readonly ids: readonly number[];
  private readonly root: string;
  private readonly servers: ReadonlyMap<number, Server>;
  private readonly classPaths: ReadonlyMap<string, string>;
  private readonly clients = new Set<WireClient>();

  private constructor(
    root: string,
    folder: string,
    servers: readonly Server[],
    classPaths: ReadonlyMap<string, string>,
  ) {
    this.root = root;
    this.folder = folder;
    this.ids = servers.map(({ id }) => id);
    this.servers = new Map(servers.map((server) => [server.id, server]));
    this.classPaths = classPaths;
  }

  /**
   * Writes the files of servers with empty disks. No server starts. `classPaths` are those of the releases of real
   * servers, and `root` is the folder of the repository, whose build in dist/ runs as `zabsim join`.
   */
  static async create(
    root: string,
    folder: string,
    specs: readonly LiveServerSpec[],
    classPaths: ReadonlyMap<string, string>,
    settings: Partial<LiveSettings> = {},
  ): Promise<LiveEnsemble> {
    const ports = await freePorts(3 * specs.length);
    const servers = specs.map((spec, i) => {
      const [client = 0, quorum = 0, election = 0] = ports.slice(3 * i);
      return {
        ...spec,
        folder: join(folder, `server-${spec.id}`),
        ports: { client, quorum, election },
        process: undefined,
        starts: 0,
      };
    });
    const ensemble = new LiveEnsemble(root, folder, servers, classPaths);
    for (const { id } of specs) {
      mkdirSync(ensemble.dataDir(id), { recursive: true });
      writeFileSync(join(ensemble.dataDir(id), "myid"), `${id}\n`);
    }
    ensemble.configure(settings);
    return ensemble;
  }

  private settings: LiveSettings = DEFAULTS;

  configure(settings: Partial<LiveSettings>): void {
    this.settings = { ...this.settings, ...settings };
    const { initLimit, lines, syncLimit, tickTime } = this.settings;
    const list = [...this.servers.values()].map(({ id, isObserver, ports }) => {
      return `server.${id}=127.0.0.1:${ports.quorum}:${ports.election}${isObserver ? ":observer" : ""}`;
    });
    for (const { folder, id, isObserver, ports } of this.servers.values()) {
      const text = [
        ...[`tickTime=${tickTime}`, `initLimit=${initLimit}`, `syncLimit=${syncLimit}`],
        ...[`dataDir=${this.dataDir(id)}`, `clientPort=${ports.client}`, "clientPortAddress=127.0.0.1"],
        ...(isObserver ? ["peerType=observer"] : []),
        ...[...lines, ...list, ""],
      ];
      writeFileSync(join(folder, "zoo.cfg"), text.join("\n"));
    }
  }

  /** The ids of the servers that are `zabsim join`. */
  get ours(): readonly number[] {
    return this.ids.filter((id) => this.server(id).isOurs === true);
  }

  server(id: number): Server {
    return this.servers.get(id) as Server;
  }

  configFile(id: number): string {
    return join(this.server(id).folder, "zoo.cfg");
  }

  dataDir(id: number): string {
    return join(this.server(id).folder, "data");
  }

  version2(id: number): string {
    return join(this.dataDir(id), "version-2");
  }

  /** The output of a process. For `zabsim join`, the records as JSON lines. */
  logFile(id: number): string {
    return join(this.server(id).folder, "out.log");
  }

  logText(id: number): string {
    return existsSync(this.logFile(id)) ? readFileSync(this.logFile(id), "utf8") : "";
  }

  /** Returns the records that `zabsim join` has printed since the start of the ensemble. */
  records(id: number): JoinRecord[] {
    const lines = this.logText(id).split("\n").slice(0, -1);
    return lines.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as JoinRecord] : []));
  }

  /** The files with the inputs and outputs of the core, one for each start of `zabsim join`. */
  traceFiles(id: number): string[] {
    return Array.from({ length: this.server(id).starts }, (_, i) => join(this.server(id).folder, `trace-${i}.jsonl`));
  }

  start(...ids: readonly number[]): void {
    for (const id of ids) {
      const server = this.server(id);
      if (this.isRunning(id)) throw new Error(`server ${id} runs already`);
      const log = openSync(this.logFile(id), "a");
      const [command = "", ...args] = server.isOurs ? this.ourCommand(server) : this.javaCommand(server);
      server.process = spawn(command, args, { cwd: server.folder, stdio: ["ignore", log, log] });
      server.process.on("error", () => undefined);
      closeSync(log);
    }
  }

  private javaCommand({ id, release }: Server): string[] {
    const properties = Object.entries(this.settings.properties).map(([key, value]) => `-Dzookeeper.${key}=${value}`);
    const classPath = this.classPaths.get(release) as string;
    return ["java", ...JAVA_OPTIONS, ...properties, "-cp", classPath, MAIN_CLASS, this.configFile(id)];
  }

  private ourCommand(server: Server): string[] {
    const { id, release } = server;
    const trace = join(server.folder, `trace-${server.starts++}.jsonl`);
    const bin = join(this.root, "bin", "zabsim.js");
    return [
      process.execPath,
      bin,
      "join",
      "--json",
      "--zookeeper",
      release,
      "--trace",
      trace,
      "--config",
      this.configFile(id),
    ];
  }

  /** Waits until each of these real servers serves and one of them leads. Returns the id of the leader. */
  async serving(...ids: readonly number[]): Promise<number> {
    let modes: (Mode | undefined)[] = [];
    await this.until(`servers ${ids.join(", ")} serve`, async () => {
      modes = await Promise.all(ids.map((id) => this.mode(id)));
      return modes.every((mode) => mode !== undefined);
    });
    return ids[modes.indexOf("leader")] as number;
  }

  async mode(id: number): Promise<Mode | undefined> {
    if (!this.isRunning(id)) return undefined;
    const answer = await fourLetterWord(this.server(id).ports.client, "srvr");
    return /^Mode: (leader|follower|observer)$/m.exec(answer ?? "")?.[1] as Mode | undefined;
  }

  /** Waits until `zabsim join` has printed `count` records of this event. */
  async hasRecord(id: number, event: string, count = 1): Promise<void> {
    await this.until(`server ${id} reports ${count} times "${event}"`, async () => {
      if (!this.isRunning(id)) throw new Error(`server ${id} has ended`);
      return this.records(id).filter((record) => record.event === event).length >= count;
    });
  }

  isRunning(id: number): boolean {
    const { process: child } = this.server(id);
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Ends processes with SIGTERM, or with another signal, and waits until they have ended. */
  async stop(ids: readonly number[], signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    for (const id of ids) this.server(id).process?.kill(signal);
    await this.until(`servers ${ids.join(", ")} end`, async () => ids.every((id) => !this.isRunning(id)));
  }

  async client(id: number, timeoutMs?: number): Promise<WireClient> {
    const client = await WireClient.open(this.server(id).ports.client, timeoutMs);
    this.clients.add(client);
    return client;
  }

  /** Creates nodes below the root through one server, in a session of its own. */
  async write(id: number, names: readonly string[], data = ""): Promise<void> {
    const client = await this.client(id);
    for (const name of names) await client.create(`/${name}`, data);
    await client.close();
  }

  /** Returns the nodes below the root that clients have created, as one server has them. */
  async nodes(id: number): Promise<string[]> {
    const client = await this.client(id);
    await client.sync("/");
    const names = await client.children("/");
    await client.close();
    return names.filter((name) => name !== "zookeeper");
  }

  /** Returns the records in the log files of a server, in order. The server may run. */
  logged(id: number): LoggedTxn[] {
    const files = readdirSync(this.version2(id)).filter((name) => name.startsWith("log."));
    const start = (name: string): bigint => BigInt(`0x${name.slice(4)}`);
    const inOrder = files.sort((a, b) => (start(a) < start(b) ? -1 : 1));
    const { release } = this.server(id);
    return inOrder.flatMap((file) => recordsOf(readFileSync(join(this.version2(id), file)), release));
  }

  epoch(id: number, name: "acceptedEpoch" | "currentEpoch"): number | undefined {
    const file = readEpochFile(readFileSync(join(this.version2(id), name), "utf8"));
    return "epoch" in file ? file.epoch : undefined;
  }

  /** Copies the data directory of a server, which may run but must be idle, for `restore`. */
  backUp(id: number): void {
    cpSync(this.version2(id), join(this.server(id).folder, "backup"), { recursive: true });
  }

  /** Replaces the data directory of a server that does not run by the copy of `backUp`. */
  restore(id: number): void {
    rmSync(this.version2(id), { recursive: true, force: true });
    cpSync(join(this.server(id).folder, "backup"), this.version2(id), { recursive: true });
  }

  /** Copies the data directory of one server to that of another one, whose myid stays. */
  copyData(from: number, to: number): void {
    rmSync(this.version2(to), { recursive: true, force: true });
    cpSync(this.version2(from), this.version2(to), { recursive: true });
  }

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
    for (const { id } of this.servers.values()) if (this.isRunning(id)) this.server(id).process?.kill("SIGKILL");
  }

  /** Ends all processes, waits for their ends and deletes the folder. */
  async close(): Promise<void> {
    this.kill();
    await this.until("all servers end", async () => this.ids.every((id) => !this.isRunning(id)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function recordsOf(bytes: Buffer, release: string): LoggedTxn[] {
  const decoder = new TxnLogDecoder(bodyReaderOf(release, BUFFER_MAX));
  decoder.push(bytes);
  decoder.end();
  const records: LoggedTxn[] = [];
  for (let item = decoder.next(); item !== undefined; item = decoder.next()) {
    if (item.kind !== "record") continue;
    const start = item.offset + RECORD_START_BYTES;
    const zxid = bytes.readBigInt64BE(start + ZXID_AT);
    records.push({ zxid, entry: bytes.toString("base64", start, start + item.length) });
  }
  return records;
}
