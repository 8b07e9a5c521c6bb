/** An ensemble of real, unmodified servers on 127.0.0.1. Each server is a process of its own. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fourLetterWord } from "../../../confirm/client.ts";
import {
  JAVA_OPTIONS,
  MAIN_CLASS,
  newServers,
  type ServerProcess,
  ServerProcesses,
  type Settings,
} from "./server-processes.ts";

/** An address of this machine on which no server listens. */
const DEAD_ADDRESS = "127.0.0.2";

const DEFAULT_SETTINGS: Settings = { tickTime: 400, initLimit: 25, syncLimit: 10 };

/** Servers with the ids 1 to 3, in one temporary folder. */
export class RealEnsemble extends ServerProcesses {
  private readonly classPath: string;
  private settings = DEFAULT_SETTINGS;

  /** Writes the files of servers with empty disks. No server starts. */
  static async create(folder: string, classPath: string, settings: Partial<Settings> = {}): Promise<RealEnsemble> {
    const ensemble = new RealEnsemble(folder, classPath, await newServers(folder, [{ id: 1 }, { id: 2 }, { id: 3 }]));
    ensemble.configure(settings);
    return ensemble;
  }

  private constructor(folder: string, classPath: string, servers: readonly ServerProcess[]) {
    super(folder, servers);
    this.classPath = classPath;
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
    this.writeZooCfg(id, this.settings, lines);
  }

  /** Writes the addresses to which a server resolves the names of servers. Those of the `stale` servers are wrong. */
  writeHosts(id: number, stale: readonly number[] = []): void {
    const lines = this.ids.map((other) => `${stale.includes(other) ? DEAD_ADDRESS : "127.0.0.1"} ${hostOf(other)}\n`);
    writeFileSync(join(this.server(id).folder, "hosts"), `127.0.0.1 localhost\n${lines.join("")}`);
  }

  quorumPort(id: number): number {
    return this.server(id).ports.quorum;
  }

  protected commandOf({ folder, id }: ServerProcess): readonly string[] {
    const hosts = `-Djdk.net.hosts.file=${join(folder, "hosts")}`;
    const java = ["java", ...JAVA_OPTIONS, hosts, "-cp", this.classPath, MAIN_CLASS, this.configFile(id)];
    return ["nice", "-n", "10", ...java];
  }

  /** Starts servers and waits until they, and those that run already, serve. Returns the id of the leader. */
  async startServing(...ids: readonly number[]): Promise<number> {
    this.start(...ids);
    return await this.serving(...this.ids.filter((id) => this.isRunning(id)));
  }

  /** Returns the answer of a server to a command of four letters; undefined if there is none. */
  async command(id: number, word: string): Promise<string | undefined> {
    return (await fourLetterWord("127.0.0.1", this.server(id).ports.client, word)) ?? undefined;
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
}

/** The name of a server in zoo.cfg. */
function hostOf(id: number): string {
  return `zk${id}`;
}
