/**
 * An ensemble on 127.0.0.1 in which some servers are real, unmodified ZooKeeper servers, each of a release of its own,
 * and others are `zabsim join`. Each server is a process of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, cpSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bodyReaderOf, readEpochFile, TxnLogDecoder } from "../../../formats/index.ts";
import {
  freePorts,
  JAVA_OPTIONS,
  MAIN_CLASS,
  newServers,
  type ServerProcess,
  ServerProcesses,
  type Settings,
} from "../incidents/server-processes.ts";

/** The settings of zoo.cfg. */
export interface LiveSettings extends Settings {
  /** Further lines, such as `snapCount=10`. */
  readonly lines: readonly string[];
  /** System properties of real servers, without `zookeeper.`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Whether the servers find each other through `zabsim proxy`. */
  readonly isProxied: boolean;
}

/**
 * The limits are long, so that a loaded machine ends no role and no session by itself. Connections of processes that
 * end break immediately.
 */
const DEFAULTS: LiveSettings = {
  ...{ tickTime: 300, initLimit: 100, syncLimit: 60 },
  ...{ lines: ["maxSessionTimeout=60000"], properties: {}, isProxied: false },
};

/** One server of an ensemble. */
export interface LiveServerSpec {
  readonly id: number;
  readonly release: string;
  /** Whether `zabsim join` is the server, instead of ZooKeeper. */
  readonly isOurs?: boolean;
  readonly isObserver?: boolean;
}

interface Server extends LiveServerSpec, ServerProcess {
  /** How often the process was started. */
  starts: number;
}

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

/** The result of `zabsim proxy --json`, as far as checks read it. */
export interface ProxyAnswer {
  readonly handshakes: readonly {
    readonly learner: number;
    readonly leader: number;
    readonly decision: string | null;
    readonly peerLastZxid: string | null;
    readonly firstZxid: string | null;
    readonly lastZxid: string | null;
    readonly activeUs: number | null;
    readonly rules: readonly string[];
  }[];
  readonly leader: number | null;
  readonly active: readonly number[];
  readonly links: readonly {
    readonly from: number;
    readonly to: number;
    readonly held: number;
    readonly dropped: number;
  }[];
}

interface ProxyPorts {
  readonly quorum: number;
  readonly election: number;
}

const RECORD_START_BYTES = 12;
const ZXID_AT = 12;
const BUFFER_MAX = 1 << 20;

export class LiveEnsemble extends ServerProcesses<Server> {
  private readonly root: string;
  private readonly classPaths: ReadonlyMap<string, string>;
  private settings: LiveSettings = DEFAULTS;
  private readonly proxyPorts = new Map<number, ProxyPorts>();
  private proxy: ChildProcess | undefined;
  /** What the check waits for; undefined if it waits for nothing. */
  waitsFor: string | undefined;
  private isOver = false;

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
    const servers = await newServers(
      folder,
      specs.map((spec) => ({ ...spec, starts: 0 })),
    );
    const ensemble = new LiveEnsemble(root, folder, servers, classPaths);
    await ensemble.configure(settings);
    return ensemble;
  }

  private constructor(
    root: string,
    folder: string,
    servers: readonly Server[],
    classPaths: ReadonlyMap<string, string>,
  ) {
    super(folder, servers);
    this.root = root;
    this.classPaths = classPaths;
  }

  private async configure(settings: Partial<LiveSettings>): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    if (this.settings.isProxied) await this.configureProxy();
    for (const { id, isObserver } of this.servers.values()) {
      const role = isObserver ? ["peerType=observer"] : [];
      const list = [...this.servers.values()].map((other) => this.lineOf(other, id));
      this.writeZooCfg(id, this.settings, [...role, ...this.settings.lines, ...list]);
    }
  }

  /** Returns the line of a server in the zoo.cfg of another one, or in its own. */
  private lineOf({ id, isObserver, ports }: Server, reader: number): string {
    const { election, quorum } = (id === reader ? undefined : this.proxyPorts.get(id)) ?? ports;
    return `server.${id}=127.0.0.1:${quorum}:${election}${isObserver ? ":observer" : ""}`;
  }

  private async configureProxy(): Promise<void> {
    const ports = await freePorts(2 * this.ids.length);
    const lines = this.ids.map((id, i) => {
      const [quorum = 0, election = 0] = ports.slice(2 * i);
      this.proxyPorts.set(id, { quorum, election });
      const own = this.server(id).ports;
      const address = `"127.0.0.1:${own.quorum}:${own.election}"`;
      return `  ${id}: { address: ${address}, proxy: "127.0.0.1:${quorum}:${election}" }`;
    });
    writeFileSync(join(this.folder, "proxy.yaml"), ["servers:", ...lines, ""].join("\n"));
  }

  private proxyFile(name: string): string {
    return join(this.folder, `proxy.${name}`);
  }

  /** Starts `zabsim proxy` with a scenario, and waits until it listens. */
  async startProxy(scenario: string, release: string): Promise<void> {
    writeFileSync(this.proxyFile("steps.yaml"), scenario);
    const files = ["--config", this.proxyFile("yaml"), "--scenario", this.proxyFile("steps.yaml")];
    const options = ["--json", "--zookeeper", release, "--trace", this.proxyFile("trace")];
    const [out, log] = [openSync(this.proxyFile("json"), "w"), openSync(this.proxyFile("log"), "w")];
    const args = [join(this.root, "bin", "zabsim.js"), "proxy", ...files, ...options];
    this.proxy = spawn(process.execPath, args, { stdio: ["ignore", out, log] });
    closeSync(out);
    closeSync(log);
    await this.until("the proxy listens", async () => {
      if (this.proxy?.exitCode !== null) throw new Error(readFileSync(this.proxyFile("log"), "utf8"));
      return readFileSync(this.proxyFile("log"), "utf8").includes("listens");
    });
  }

  /** Waits until the proxy has performed or undone a step, from 1. */
  async stepped(step: number, moment: "start" | "end"): Promise<void> {
    await this.until(`step ${step} has a ${moment}`, async () => {
      const lines = existsSync(this.proxyFile("trace"))
        ? readFileSync(this.proxyFile("trace"), "utf8").split("\n")
        : [];
      return lines.some((line) => {
        return line.startsWith('{"kind":"step"') && line.includes(`"step":${step},"moment":"${moment}"`);
      });
    });
  }

  /** Interrupts the proxy. Returns what it has seen. */
  async endProxy(): Promise<ProxyAnswer> {
    const { proxy } = this;
    if (proxy === undefined) throw new Error("no proxy runs");
    const ended = once(proxy, "exit");
    proxy.kill("SIGINT");
    await ended;
    return JSON.parse(readFileSync(this.proxyFile("json"), "utf8")) as ProxyAnswer;
  }

  override kill(): void {
    super.kill();
    if (this.proxy?.exitCode === null) this.proxy.kill("SIGKILL");
  }

  /** A request waits for its answer: only the whole check has a time limit. */
  protected override get requestMsMax(): undefined {
    return undefined;
  }

  /** Waits for a condition. Only the whole check has a time limit. Rejects when the check is over. */
  override async until(what: string, isTrue: () => Promise<boolean>, ms = Number.POSITIVE_INFINITY): Promise<void> {
    const { isOver } = this;
    this.waitsFor = what;
    await super.until(
      what,
      () => {
        if (this.isOver !== isOver) throw new Error("the check is over");
        return isTrue();
      },
      ms,
    );
    this.waitsFor = undefined;
  }

  override async close(): Promise<void> {
    this.isOver = true;
    await super.close();
  }

  /** The ids of the servers that are `zabsim join`. */
  get ours(): readonly number[] {
    return this.ids.filter((id) => this.server(id).isOurs === true);
  }

  releaseOf(id: number): string {
    return this.server(id).release;
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

  protected commandOf(server: Server): readonly string[] {
    return server.isOurs ? this.ourCommand(server) : this.javaCommand(server);
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
    const options = ["--json", "--zookeeper", release, "--trace", trace, "--config", this.configFile(id)];
    return [process.execPath, bin, "join", ...options];
  }

  /** Waits until `zabsim join` has printed `count` records of this event. */
  async hasRecord(id: number, event: string, count = 1): Promise<void> {
    await this.until(`server ${id} reports ${count} times "${event}"`, async () => {
      if (!this.isRunning(id)) throw new Error(`server ${id} has ended`);
      return this.records(id).filter((record) => record.event === event).length >= count;
    });
  }

  /** Returns the nodes below the root that clients have created, after the server has applied all earlier writes. */
  override async nodes(id: number): Promise<string[]> {
    const client = await this.client(id);
    await client.sync("/");
    await client.close();
    return await super.nodes(id);
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
