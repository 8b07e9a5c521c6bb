/**
 * Questions about data directories in which one file is damaged at one byte, in the form of the recorded ones, and the
 * answers of the core: what a server loads (restore), what is left after a truncation (trunc), and what a leader sends
 * to a learner from its log (sync).
 *
 * The core knows no bytes. `logDamage` says what a damaged byte of a log file means to FileTxnLog.FileTxnIterator. For
 * a snapshot, the meaning of a byte is taken from the answer for a directory that contains nothing else, and answers
 * for the other directories must follow from it.
 */
import { type Damage, logName, ServerDisk, snapshotName } from "../../cluster/server-disk.ts";
import {
  asZxid,
  type Behavior,
  DEFAULT_SETTINGS,
  decideSync,
  formatZxid,
  History,
  PACKET_NAMES,
  type SyncFacts,
  type Txn,
  type Zxid,
} from "../../protocol/index.ts";
import { behaviorOf } from "../../protocol/releases.ts";
import { Database } from "../../protocol/storage/database.ts";
import { World } from "../../sim/index.ts";
import { IDLE_PROGRAM } from "../sim/idle-program.ts";
import { imageOf } from "./disk-vectors.ts";
import { fieldsOf } from "./input-fields.ts";

/** One recorded sweep. Each answer holds for the bytes from `from` to `to`. */
export interface SweepVector {
  readonly id: string;
  readonly input: string;
  readonly size: number;
  readonly expect: Readonly<Record<string, readonly (readonly [from: number, to: number, answer: string])[]>>;
}

/** The operations of a sweep that are compared. */
export const SWEEP_OPERATIONS = ["restore", "trunc", "sync"];

/** The answer if the server refuses to start. */
export const REFUSED = "refused";
/** The beginning of the answer if a truncation fails. */
export const NOT_DONE = "not done";

// The layout of the recorded log files: a header, then records of equal size.
const HEADER = 16;
const MAGIC = 4;
const RECORD = 96;
const CHECKSUM = 8;
const LENGTH = 4;
const DATA = 83;
/** The default of jute.maxbuffer. */
const LENGTH_MAX = 0xfffff;

/** Returns what the damage at this byte of a log file means to a reader. `records` is the number of records. */
export function logDamage(sweep: string, byte: number, records: number): Damage | undefined {
  const index = Math.floor((byte - HEADER) / RECORD);
  if (index >= records) return undefined;
  if (sweep === "cut") {
    if (byte === 0) return "empty";
    return byte < HEADER ? "header" : `end:${index}`;
  }
  if (byte < MAGIC) return "header";
  if (sweep === "zero") return `end:${Math.max(0, index)}`;
  if (byte < HEADER) return undefined;
  const inRecord = (byte - HEADER) % RECORD;
  if (inRecord === RECORD - 1) return `end:${index}`;
  const inLength = inRecord - CHECKSUM;
  if (inLength < 0 || inLength >= LENGTH) return `record:${index}`;
  // A record whose length is wrong but possible counts as the incomplete end of the file.
  const mask = Number.parseInt(sweep.slice("flip:".length), 16);
  const length = DATA ^ (mask << (8 * (LENGTH - 1 - inLength)));
  return length >= 0 && length < LENGTH_MAX ? `end:${index}` : `record:${index}`;
}

/** Returns what an answer about a directory with a single snapshot and no log says about the snapshot. */
export function snapshotDamage(answer: string): Damage | undefined {
  if (answer.startsWith("last 1:2")) return undefined;
  if (answer.startsWith("last 0:0")) return "cut";
  return answer.startsWith("IOException: Not able to find valid snapshots") ? "unreadable" : "format";
}

/** Returns the core's answer to one operation on the directory of a sweep, with this damage of its file. */
export function sweepAnswer(input: string, damage: Damage | undefined, release: string, operation: string): string {
  const { file = "", leaderlast = "", logs = "", snaps = "" } = fieldsOf(input);
  const behavior = behaviorOf(release);
  const empty = History.empty();
  const world = new World<unknown>({ seed: 1, nodes: [1] });
  const disk = new ServerDisk(world.node(1).disk);
  disk.preset(imageOf(logs, snaps, empty));
  const zxid = asZxid(Number.parseInt(file.slice(file.indexOf(".") + 1), 16));
  const name = file.startsWith("log") ? logName(zxid) : snapshotName(zxid);
  if (damage !== undefined) world.node(1).disk.corrupt(name, damage);
  world.node(1).start(IDLE_PROGRAM);
  const [verb, at = "0"] = operation.split("@");
  if (verb === "sync") {
    return syncText(decideSync(factsOf(disk, asZxid(Number(at)), asZxid(Number(leaderlast)), behavior)));
  }
  const database = new Database(DEFAULT_SETTINGS, behavior, empty);
  const restored = (): string => {
    if (disk.unreadable(behavior) !== undefined) return REFUSED;
    disk.deleteEmptyLog();
    return database.restore(disk.image()) === undefined ? loadedText(database) : REFUSED;
  };
  const before = restored();
  if (verb === "restore" || before === REFUSED) return before;
  const isDone = disk.truncateLog(asZxid(Number(at)), {
    truncRemovesEverythingAbove: false,
    truncDeletesNewestFirst: false,
  });
  world.run({ untilUs: 1_000_000 });
  const after = isDone ? `done, ${restored()}` : NOT_DONE;
  if (after.endsWith(REFUSED)) return REFUSED;
  return `${after}, files [${disk.readLog(behavior.deletesEmptyLog).map(fileText).join(", ")}]`;
}

/** Returns a recorded answer in the form of the core's answers. */
export function recordedSweepAnswer(answer: string): string {
  // Early releases throw if they find no position at which to cut the log. Their answer does not contain the files.
  if (answer.startsWith("IOException: No log files found to truncate")) return NOT_DONE;
  if (/^\w+(Exception|Error): /.test(answer)) return REFUSED;
  return answer.replace(/, new files \[.*\]$/, "").replace(/, gone \[.*\]$/, "");
}

function factsOf(disk: ServerDisk, peerLastZxid: Zxid, leaderLast: Zxid, behavior: Behavior): SyncFacts<Zxid, Txn> {
  return {
    peerLastZxid,
    lastProcessedZxid: leaderLast,
    committedLog: [],
    txnLogFiles: disk.readLog(behavior.deletesEmptyLog),
    source: behavior.syncSource,
    unreadableRecordIsNull: behavior.unreadableRecordIsNull,
    txnLogSyncEnabled: true,
    txnLogExceedsSizeLimit: false,
    forceSnapSync: false,
    lastProposed: leaderLast,
    toBeApplied: [],
    outstandingProposals: [],
    observer: false,
  };
}

function syncText({ needSnap, packets, readsNull }: ReturnType<typeof decideSync>): string {
  const sent = packets.map(({ type, zxid }) => `${PACKET_NAMES[type]} ${formatZxid(zxid as Zxid)}`);
  if (readsNull) return ["java.lang.NullPointerException", ...sent].join(" ");
  return needSnap ? "SNAP" : sent.join(" ");
}

function loadedText({ committedLog, history, lastProcessedZxid }: Database): string {
  const text = (txns: readonly Txn[]): string => txns.map(({ zxid }) => formatZxid(zxid)).join(" ");
  return `last ${formatZxid(lastProcessedZxid)}, nodes [${text(history.txns())}], committedLog [${text(committedLog)}]`;
}

function fileText({ name, txns }: { readonly name: Zxid; readonly txns: readonly Txn[] }): string {
  return `${formatZxid(name)} [${txns.map(({ zxid }) => formatZxid(zxid)).join(" ")}]`;
}
