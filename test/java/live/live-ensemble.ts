/**
 * An ensemble on 127.0.0.1 in which some servers are real, unmodified ZooKeeper servers, each of a release of its own,
 * and others are `zabsim join`. Each server is a process of its own.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bodyReaderOf, readEpochFile, TxnLogDecoder } from "../../../formats/index.ts";
import {
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

const RECORD_START_BYTES = 12;
const ZXID_AT = 12;
const BUFFER_MAX = 1 << 20;

export class LiveEnsemble extends ServerProcesses<Server> {
  private readonly root: string;
  private readonly classPaths: ReadonlyMap<string, string>;
  private settings: LiveSettings = DEFAULTS;

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
    ensemble.configure(settings);
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

  private configure(settings: Partial<LiveSettings>): void {
    this.settings = { ...this.settings, ...settings };
    const list = [...this.servers.values()].map(({ id, isObserver, ports }) => {
      return `server.${id}=127.0.0.1:${ports.quorum}:${ports.election}${isObserver ? ":observer" : ""}`;
    });
    for (const { id, isObserver } of this.servers.values()) {
      const role = isObserver ? ["peerType=observer"] : [];
      this.writeZooCfg(id, this.settings, [...role, ...this.settings.lines, ...list]);
    }
  }

  /** The ids of the servers that are `zabsim join`. */
  get ours(): readonly number[] {
    return this.ids.filter((id) => this.server(id).isOurs === true);
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
