/**
 * Questions about data directories, in the form of the recorded ones, and the answers of the core: what
 * FileTxnSnapLog#restore loads (restore), what is left and loaded after ZKDatabase#truncateLog (trunc), and what a
 * running database holds after its log has grown (fastForwardDataBase, forward) or after a restart (again).
 */
import { logName, ServerDisk } from "../../cluster/server-disk.ts";
import {
  asZxid,
  type Behavior,
  DEFAULT_SETTINGS,
  type DiskImage,
  formatZxid,
  History,
  makeTxn,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";
import { behaviorOf } from "../../protocol/releases.ts";
import { Database } from "../../protocol/storage/database.ts";
import { World } from "../../sim/index.ts";
import { IDLE_PROGRAM } from "../sim/idle-program.ts";
import { fieldsOf } from "./input-fields.ts";

/** The operations that are compared. */
const OPERATIONS = ["restore", "trunc", "again", "forward"];

/** A data directory on a simulated disk, and the database of a server on it. */
class DataDir {
  readonly world = new World<unknown>({ seed: 1, nodes: [1] });
  readonly disk = new ServerDisk(this.world.node(1).disk);
  readonly database: Database;
  private readonly append: readonly (readonly Txn[])[];

  private readonly behavior: Behavior;

  constructor(input: string, behavior: Behavior) {
    this.behavior = behavior;
    const { append = "", autocreate, commitlog, logs = "", snaps = "", trust } = fieldsOf(input);
    const settings = {
      ...DEFAULT_SETTINGS,
      // Releases before 3.6 do not have the setting commitLogCount.
      commitLogCount: behavior.knowsMissingDatabase ? Number(commitlog ?? 500) : 500,
      trustEmptySnapshot: trust === "1",
      dbAutocreate: autocreate !== "0",
    };
    const empty = History.empty();
    this.database = new Database(settings, behavior, empty);
    this.append = files(append).map((text) => txns(text));
    this.disk.preset(imageOf(logs, snaps, empty));
    for (const file of files(logs)) {
      const [name, records] = file.split(":");
      if (records === "!") this.world.node(1).disk.corrupt(logName(asZxid(Number(name))), "empty");
    }
    this.world.node(1).start(IDLE_PROGRAM);
  }

  run(operation: string): string {
    const [name, zxid] = operation.split("@");
    if (this.disk.unreadable(this.behavior) !== undefined) return UNREADABLE;
    this.disk.deleteEmptyLog();
    if (name === "restore") return this.restored();
    const problem = this.database.restore(this.disk.image());
    if (problem !== undefined) return problem;
    this.saveFirstSnapshot();
    if (name === "trunc") return this.truncated(asZxid(Number(zxid)));
    for (const group of this.append) {
      this.database.rollLog();
      this.disk.rollLog();
      for (const txn of group) {
        this.database.append(txn);
        this.disk.append(txn);
      }
    }
    if (name === "again") return this.withFiles(this.restored());
    return this.database.fastForward() ?? this.loadedText();
  }

  private restored(): string {
    return this.database.restore(this.disk.image()) ?? this.loadedText();
  }

  private truncated(zxid: Zxid): string {
    const isDone = this.disk.truncateLog(zxid, { truncRemovesEverythingAbove: false, truncDeletesNewestFirst: false });
    this.world.run({ untilUs: 1_000_000 });
    return isDone ? this.withFiles(`done, ${this.restored()}`) : this.withFiles("not done");
  }

  /** Saves a snapshot if the directory is empty, as Peer#start and FileTxnSnapLog#restore do. */
  private saveFirstSnapshot(): void {
    const { snapshots, logFiles } = this.disk.image();
    if (snapshots.length > 0 || logFiles.length > 0 || this.database.lastProcessedZxid < 0) return;
    this.disk.saveSnapshot(this.database.snapshot(), false);
    this.world.run({ untilUs: 1_000_000 });
  }

  private loadedText(): string {
    const { committedLog, history, lastProcessedZxid } = this.database;
    const nodes = [...new Set(history.txns().map(({ zxid }) => zxid))].sort((a, b) => a - b);
    const committed = committedLog.map(({ zxid }) => formatZxid(zxid)).join(" ");
    const last = lastProcessedZxid < 0 ? String(lastProcessedZxid) : formatZxid(lastProcessedZxid);
    return `last ${last}, nodes [${nodes.map(formatZxid).join(" ")}], committedLog [${committed}]`;
  }

  /** If the answer is not an error, adds the log files to it. */
  private withFiles(answer: string): string {
    if (!answer.includes("last") && answer !== "not done") return answer.replace("done, ", "");
    const text = this.disk
      .image()
      .logFiles.map(
        ({ name, txns: held }) => `${formatZxid(name)} [${held.map(({ zxid }) => formatZxid(zxid)).join(" ")}]`,
      );
    return `${answer}, files [${text.join(", ")}]`;
  }
}

/** Returns a data directory with these log files and snapshots, and without epoch files. */
export function imageOf(logs: string, snaps: string, empty: History): DiskImage {
  return {
    acceptedEpoch: undefined,
    currentEpoch: undefined,
    currentEpochTmp: undefined,
    updatingEpoch: false,
    snapshots: named(snaps).map(({ name, txns: held }) => ({
      zxid: name,
      history: held.reduce((history, txn) => history.extend(txn), empty),
    })),
    logFiles: named(logs),
  };
}

function files(text: string): string[] {
  return text === "" ? [] : text.split("|");
}

function txns(text: string): Txn[] {
  return text === "" || text === "!" ? [] : text.split(",").map((zxid) => makeTxn(asZxid(Number(zxid)), "recorded"));
}

function named(text: string): { name: Zxid; txns: Txn[] }[] {
  return files(text).map((file) => {
    const [name = "", zxids = ""] = file.split(":");
    return { name: asZxid(Number(name)), txns: txns(zxids) };
  });
}

/** The answer if a file prevents the start. */
const UNREADABLE = "EOFException";

/** The recorded answer of a release that cannot fast-forward a running database. */
const NO_METHOD = "no such method";

/** Replaces Java's exceptions by the core's names for the same failures. */
function recordedText(text: string): string {
  if (text.startsWith("IllegalStateException: Committed proposal cached out of order")) return "proposal-gap";
  if (text.startsWith("IOException: No snapshot found, but there are log entries")) return "log-without-snapshot";
  // Early releases throw if they find no position at which to cut the log.
  if (text.startsWith("IOException: No log files found to truncate")) return "not done";
  if (text.startsWith(UNREADABLE)) return UNREADABLE;
  // The database writes a snapshot when it loads an empty directory, and deletes an empty newest log file.
  return text.replace(/, new files \[.*\]$/, "").replace(/, gone \[.*\]$/, "");
}

/** Returns the operations of a recorded answer to which the core gives another answer, `answerOf`, as text. */
export function differingOperations(
  recorded: Readonly<Record<string, string>>,
  answerOf: (operation: string) => string,
): string[] {
  return Object.entries(recorded).flatMap(([operation, answer]) => {
    if (!OPERATIONS.includes(operation.split("@")[0] as string) || answer === NO_METHOD) return [];
    const got = answerOf(operation);
    const expected = recordedText(answer);
    return got === expected || (expected === "not done" && got.startsWith(expected))
      ? []
      : [`${operation}: expected ${expected}\n  got ${got}`];
  });
}

/** Returns the core's answer to one operation on a fresh copy of a data directory. */
export function diskAnswer(input: string, release: string, operation: string): string {
  return new DataDir(input, behaviorOf(release)).run(operation);
}
