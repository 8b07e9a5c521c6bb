/**
 * Finds holes in the logs of servers: which transactions are missing, which files are around them, and the digests that
 * do not match because of them.
 */
import type { Zxid64 } from "../../logs/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";
import { type BugReference, bugIn, type Finding, type FindingOf, listOf, MAX_EVIDENCE } from "../finding.ts";
import type { DiskEvent, Evidence, ProcessRun, ServerHistory } from "../history.ts";

/** Two transactions that follow one another in a log although others are between them. */
interface Hole {
  readonly after: Zxid64;
  readonly next: Zxid64;
  readonly at: Evidence;
}

/** A log file that a server created, with the line that shows it. */
type CreatedFile = DiskEvent;

/** ZKDatabase#addCommittedProposal */
const OUT_OF_ORDER = /0x([0-9a-f]+) is not the next proposal of 0x([0-9a-f]+)/;

function holeIn({ fatal }: ProcessRun): Hole | undefined {
  for (const at of fatal) {
    const [, next, after] = OUT_OF_ORDER.exec(at.text) ?? [];
    if (next !== undefined && after !== undefined)
      return { after: BigInt(`0x${after}`), next: BigInt(`0x${next}`), at };
  }
  return undefined;
}

/** Says which transactions a process did not find in its log, and in which files they should be. */
export function holeDetail(
  history: ServerHistory,
  run: ProcessRun,
): { readonly text: string; readonly evidence: readonly Evidence[] } | undefined {
  const hole = holeIn(run);
  if (hole === undefined) return undefined;
  const { after, next } = hole;
  const files = filesBefore(history, run.at);
  const [from, until] = [fileOf(files, after), fileOf(files, next)];
  const between = files.filter(({ zxid }) => zxid > after && zxid < next);
  const inFile = (file: CreatedFile | undefined): string => (file === undefined ? "" : ` in ${nameOf(file)}`);
  const order = `After ${formatZxid64(after)}${inFile(from)}, the server read ${formatZxid64(next)}${inFile(until)}.`;
  const missing = next > after + 1n ? ` ${rangeText(after + 1n, next - 1n)} is missing.` : "";
  return {
    text: `${order}${missing}${whereText(from, until, between)}${digestText(run, hole)}`,
    evidence: [from, ...between, until]
      .filter((file) => file !== undefined)
      .map(({ at }) => at)
      .filter((at, i, all) => all.indexOf(at) === i),
  };
}

function whereText(
  from: CreatedFile | undefined,
  until: CreatedFile | undefined,
  between: readonly CreatedFile[],
): string {
  if (between.length > 0) {
    const names = listOf(between.map(nameOf));
    const are = between.length === 1 ? "it is" : "they are";
    return ` The server had created ${names} between them: check whether ${are} missing, empty or damaged.`;
  }
  if (from === undefined || until === undefined) {
    return " The lines about the log files that it created are not in the given logs.";
  }
  return from === until
    ? ` ${nameOf(from)} is damaged or was cut in the middle.`
    : ` The logs show no file that the server created between them, so the end of ${nameOf(from)} was cut.`;
}

/** A server with a hole applies later transactions to a tree that lacks those in the hole. */
function digestText({ digestMismatches }: ProcessRun, { next }: Hole): string {
  const first = digestMismatches.find(({ zxid }) => zxid >= next);
  return first === undefined
    ? ""
    : ` The digest that does not match at ${formatZxid64(first.zxid)} is a consequence of it.`;
}

/** Returns the log files that the server created before a line, one for each name, in the order of their zxids. */
function filesBefore({ disk }: ServerHistory, { file, line, timeMs }: Evidence): CreatedFile[] {
  const isBefore = ({ at }: CreatedFile): boolean =>
    at.file === file ? at.line < line : (at.timeMs ?? 0) <= (timeMs ?? Number.POSITIVE_INFINITY);
  const byZxid = new Map<Zxid64, CreatedFile>();
  for (const event of disk) if (event.kind === "log-created" && isBefore(event)) byZxid.set(event.zxid, event);
  return [...byZxid.values()].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}

/** Returns the file that contains a transaction: the last one that starts at it or before it. */
function fileOf(files: readonly CreatedFile[], zxid: Zxid64): CreatedFile | undefined {
  return files.findLast((file) => file.zxid <= zxid);
}

function nameOf({ zxid }: CreatedFile): string {
  return `log.${zxid.toString(16)}`;
}

function rangeText(first: Zxid64, last: Zxid64): string {
  return first === last ? formatZxid64(first) : `${formatZxid64(first)}..${formatZxid64(last)}`;
}

/** One finding for each process whose tree differs from that of its leader. A hole that ends a server has its own. */
export const digestMismatches: FindingOf = ({ aligned, histories }) =>
  histories.flatMap((history) =>
    history.processes.flatMap((run, i): Finding[] => {
      const first = run.digestMismatches[0];
      if (first === undefined || holeIn(run) !== undefined) return [];
      const before = history.processes[i - 1];
      const { advice, bug, evidence, text } = mismatchCause(history, run, before, first.zxid);
      const { server } = history;
      return [
        {
          ...{ rule: "digest-mismatch", severity: "problem", certainty: "likely", servers: [server] },
          timeMs: aligned(server, first.at.timeMs),
          title:
            `the data of server ${server} differ from those of its leader, ` +
            `from ${formatZxid64(first.zxid)} at the latest`,
          cause:
            `When the server ${isRunning(history, run, first.at) ? "applied" : "loaded"} ` +
            `${formatZxid64(first.zxid)}, ` +
            `the digest of its tree was not the one that the leader had computed. ${text}`,
          evidence: [...evidence, ...run.digestMismatches.map(({ at }) => at)].slice(0, MAX_EVIDENCE),
          advice,
          ...(bug !== undefined && { bug }),
        },
      ];
    }),
  );

/** Returns whether the server took part in an election between its start and this line. */
function isRunning({ elections }: ServerHistory, run: ProcessRun, { file, line }: Evidence): boolean {
  return elections.some(({ at, process }) => process === run && (at.file !== file || at.line < line));
}

interface MismatchCause {
  readonly text: string;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
  readonly bug?: BugReference;
}

const RESYNC = (server: number): readonly string[] => [
  `zabsim doctor shows which transactions server ${server} lacks, and who has them.`,
  `If a majority of the other servers is up and has all data, stop server ${server}, ` +
    `move its folder version-2 away, and ` +
    "start it: the leader sends it a SNAP.",
];

/** Returns why the tree differs: the log thread had ended, a file before the transaction is missing, or unknown. */
function mismatchCause(
  history: ServerHistory,
  run: ProcessRun,
  before: ProcessRun | undefined,
  zxid: Zxid64,
): MismatchCause {
  const advice = RESYNC(history.server);
  const ended = before?.logThreadEnds.at(-1);
  if (ended !== undefined) {
    const bug = bugIn("ZOOKEEPER-4409", run.release);
    return {
      text:
        "Its log has a hole: before this start, its log thread ended with an error, " +
        "and the transactions in the queue " +
        "of this thread never reached the log.",
      ...{ evidence: [ended], advice },
      ...(bug !== undefined && { bug }),
    };
  }
  const files = filesBefore(history, run.at);
  const own = files.find((file) => file.zxid === zxid);
  const older = files.findLast((file) => file.zxid < zxid);
  if (own !== undefined && older !== undefined) {
    return {
      text:
        `${nameOf(own)} starts with this transaction, so the log has a hole before it: ${nameOf(older)}, which the ` +
        "server had created before, is missing, or its end was cut.",
      evidence: [older.at, own.at],
      advice,
    };
  }
  return {
    text:
      "Usually, its log has a hole: a transaction before this one is missing. Before 3.9.4, no release notices that " +
      "when it reads its log.",
    ...{ evidence: [], advice },
  };
}
