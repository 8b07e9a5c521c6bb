/** One real server: its folder, its process, and the operations of its threads that wait for an answer. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Settings } from "../protocol/index.ts";
import { DurableFiles } from "./durable-files.ts";
import { writeLogSettings } from "./log-settings.ts";
import { type Question, QuestionSocket } from "./preload.ts";

/** The ports of every server. Servers have different addresses. */
export const PORTS = { client: 2181, quorum: 2888, election: 3888, debug: 5005 } as const;

const MAIN_CLASS = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
const JAVA_OPTIONS = [
  ...["-Xmx160m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.net.preferIPv4Stack=true"],
  ...["-Dzookeeper.admin.enableServer=false", "-Dzookeeper.4lw.commands.whitelist=*"],
  // One question at a time in each thread, and no other thread that writes below the data directory.
  ...["-Dzookeeper.commitProcessor.numWorkerThreads=0", "-XX:-UsePerfData"],
];
/** The settings that are system properties, by field of Settings. */
const PROPERTIES: Readonly<Partial<Record<keyof Settings, string>>> = {
  snapshotSizeFactor: "zookeeper.snapshotSizeFactor",
  commitLogCount: "zookeeper.commitLogCount",
  snapCount: "zookeeper.snapCount",
  minNotificationIntervalMs: "zookeeper.fastleader.minNotificationInterval",
  maxNotificationIntervalMs: "zookeeper.fastleader.maxNotificationInterval",
  maxTimeToWaitForEpochMs: "zookeeper.leader.maxTimeToWaitForEpoch",
  cnxTimeoutMs: "zookeeper.cnxTimeout",
  electionPortBindRetry: "zookeeper.electionPortBindRetry",
  forceSnapSync: "zookeeper.forceSnapshotSync",
  observerElectionDelayMs: "zookeeper.observer.election.DelayMs",
  leaderConnectDelayDuringRetryMs: "zookeeper.leaderConnectDelayDuringRetryMs",
  dbAutocreate: "zookeeper.db.autocreate",
  trustEmptySnapshot: "zookeeper.snapshot.trust.empty",
  maxBatchSize: "zookeeper.maxBatchSize",
};

/** What a server is. */
export interface ServerPlan {
  readonly id: number;
  readonly host: string;
  readonly folder: string;
  readonly classPath: string;
  readonly library: string;
  /** The prefix of the addresses of all servers. */
  readonly network: string;
  /** The content of zoo.cfg, without dataDir and the client port. */
  readonly config: readonly string[];
  /** The settings that are system properties. */
  readonly settings: Partial<Settings>;
  readonly preAllocKb: number;
  /** Whether threads of the server are stopped with a debugger. */
  readonly isDebugged: boolean;
}

/** What a server reports. */
export interface ServerEvents {
  asked(server: RealServer, question: Question): void;
  exited(server: RealServer, code: number | null): void;
}

/** A real server. */
export class RealServer {
  readonly plan: ServerPlan;
  /** The questions that wait for an answer, oldest first. */
  questions: Question[] = [];
  durable: DurableFiles | undefined;
  /** Whether the process has connected to another server, so that it takes part in the election. */
  isUp = false;
  /** Snapshot files that the process is writing. */
  readonly incomplete = new Set<string>();
  private process: ChildProcess | undefined;
  private socket: QuestionSocket | undefined;
  private starts = 0;

  constructor(plan: ServerPlan) {
    this.plan = plan;
    mkdirSync(this.dataDir, { recursive: true });
    writeFileSync(join(this.dataDir, "myid"), `${plan.id}\n`);
  }

  get id(): number {
    return this.plan.id;
  }

  get dataDir(): string {
    return join(this.plan.folder, "data");
  }

  /** The folder with the log, the snapshots and the epoch files. */
  get files(): string {
    return join(this.dataDir, "version-2");
  }

  get isRunning(): boolean {
    const { process } = this;
    return process?.pid !== undefined && process.exitCode === null && process.signalCode === null;
  }

  /** Whether a thread of the process runs, or would run if a core were free. */
  get isBusy(): boolean {
    const { process } = this;
    return process?.pid !== undefined && this.isRunning && hasRunnableThread(process.pid);
  }

  /** Starts the process. */
  start(events: ServerEvents): void {
    const { classPath, folder, library, network } = this.plan;
    mkdirSync(this.files, { recursive: true });
    // What an earlier process has written without a sync is still not durable.
    this.durable ??= new DurableFiles(this.files);
    this.questions = [];
    this.isUp = false;
    this.incomplete.clear();
    const path = join(folder, `ask-${++this.starts}`);
    this.socket = new QuestionSocket(path, (question) => events.asked(this, question));
    writeLogSettings(folder);
    writeFileSync(join(folder, "zoo.cfg"), this.config());
    const log = openSync(join(folder, "zookeeper.log"), "a");
    const debug = this.plan.isDebugged ? [debugOption(this.plan.host)] : [];
    const args = [
      ...JAVA_OPTIONS,
      ...debug,
      ...this.properties(),
      "-cp",
      [folder, classPath].join(delimiter),
      MAIN_CLASS,
    ];
    const env = { ...process.env, LD_PRELOAD: library, ZABSIM_DATA: `${this.files}/`, ZABSIM_SOCKET: path };
    const started = spawn("java", [...args, join(folder, "zoo.cfg")], {
      cwd: folder,
      stdio: ["ignore", log, log],
      env: { ...env, ZABSIM_NETWORK: network },
    });
    closeSync(log);
    this.process = started;
    started.on("error", () => undefined);
    started.on("exit", (code) => {
      this.questions = [];
      if (this.process === started) events.exited(this, code);
    });
  }

  private properties(): string[] {
    const { preAllocKb, settings } = this.plan;
    const set = Object.entries(settings).flatMap(([field, value]) => {
      const property = PROPERTIES[field as keyof Settings];
      return property === undefined ? [] : [`-D${property}=${value}`];
    });
    return [`-Dzookeeper.preAllocSize=${preAllocKb}`, ...set];
  }

  private config(): string {
    const { config, host } = this.plan;
    return [...config, `dataDir=${this.dataDir}`, `clientPort=${PORTS.client}`, `clientPortAddress=${host}`, ""].join(
      "\n",
    );
  }

  /** Kills the process with SIGKILL. Resolves when it has ended. */
  async kill(): Promise<void> {
    const { process, socket } = this;
    this.socket = undefined;
    if (process !== undefined && this.isRunning) {
      const ended = new Promise((resolve) => process.once("exit", resolve));
      process.kill("SIGKILL");
      await ended;
    }
    // Threads that wait for an answer go on if the socket closes, so it closes last.
    socket?.close();
  }

  /** Removes snapshots that were incomplete when the process was killed, as the simulated disk does. */
  removeIncomplete(): void {
    for (const name of this.incomplete) rmSync(join(this.files, name), { force: true });
  }
}

function debugOption(host: string): string {
  return `-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,quiet=y,address=${host}:${PORTS.debug}`;
}

/** Reads the states of the threads of a process: R is running or runnable, D waits for a disk. */
function hasRunnableThread(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).some((id) => /\) [RD] /.test(readFileSync(join(folder, id, "stat"), "utf8")));
  } catch {
    // The process or the thread has ended meanwhile.
    return false;
  }
}
