/** Explains why servers exited: when they started, or while they ran. */
import { type BugReference, bugIn, type Finding, type FindingOf, MAX_EVIDENCE } from "../finding.ts";
import type { Evidence, ProcessRun, ServerHistory } from "../history.ts";
import { hasExited } from "../states.ts";
import { holeDetail } from "./log-holes.ts";

interface ExitCause {
  /** Matches the message and the exception of the line. */
  readonly matches: RegExp;
  readonly title: string;
  readonly cause: string;
  readonly advice: readonly string[];
  /** Returns what the log of the server adds to the cause. */
  readonly detail?: (history: ServerHistory, run: ProcessRun) => CauseDetail | undefined;
  /** Known bugs that leave a server in this state. */
  readonly bugs?: readonly string[];
  /** Returns whether the log shows that one of the bugs is the cause. Default: the state is enough. */
  readonly hasBug?: (history: ServerHistory, run: ProcessRun) => boolean;
}

/** What the log of a server adds to the cause of an exit. */
interface CauseDetail {
  readonly text: string;
  readonly evidence: readonly Evidence[];
}

const COPY_FIRST = "Copy the data directory before you change anything in it.";
const RESYNC =
  "If a majority of the other servers is up and has all data, move version-2 away and start the server: the leader " +
  "sends it a SNAP.";

const CAUSES: readonly ExitCause[] = [
  {
    matches: /The current epoch, .* is older than the last zxid/,
    title: "currentEpoch is older than the last transaction in its log",
    cause:
      "The server crashed after it had logged transactions of a new epoch and before currentEpoch was on disk, or an " +
      "old currentEpoch was restored. The database itself is intact.",
    advice: [COPY_FIRST, "Do not delete the log files. If currentEpoch.tmp exists, rename it to currentEpoch.", RESYNC],
    bugs: ["ZOOKEEPER-4269", "open-crash-before-current-epoch-cannot-start"],
  },
  {
    matches: /The accepted epoch, .* is less than the current epoch/,
    title: "acceptedEpoch is older than currentEpoch",
    cause: "The two epoch files do not belong together: one of them was lost, restored or edited.",
    advice: [COPY_FIRST, "Write the number in currentEpoch to acceptedEpoch.", RESYNC],
  },
  {
    matches: /No snapshot found, but there are log entries/,
    title: "there are log files but no snapshot",
    cause:
      "The snapshots were deleted, or the server ran a release (3.4) that did not write one. Without a snapshot, the " +
      "start of the history may be missing.",
    advice: [
      COPY_FIRST,
      "Only after an upgrade from 3.4: start once with -Dzookeeper.snapshot.trust.empty=true, then remove the setting.",
      RESYNC,
    ],
  },
  {
    matches: /My id (\d+) not in the peer list/,
    title: "its id is not in the list of servers",
    cause: "The number in the file myid has no line server.N in zoo.cfg.",
    advice: ["Correct myid or zoo.cfg, so that each server has its own number."],
  },
  {
    matches: /myid file is missing/,
    title: "the file myid is missing",
    cause: "dataDir has no file myid. Often, dataDir is not mounted or points to a new disk.",
    advice: ["Check that dataDir is mounted before you create myid: an empty disk loses the history of this server."],
  },
  {
    matches: /Address already in use|BindException/,
    title: "a port is already in use",
    cause: "Another process, often the previous server, still has the port.",
    advice: ["Stop the other process, or change the port in zoo.cfg."],
  },
  {
    matches: /No space left on device/,
    title: "the disk is full",
    cause: "The server could not write its log, a snapshot or an epoch file.",
    advice: [
      "Free space: let autopurge remove old snapshots and logs (autopurge.purgeInterval), and never delete the " +
        "newest snapshot or the logs after it.",
    ],
  },
  {
    matches:
      /Permission denied|AccessDenied|Cannot write to|Unable to create (?:data|snap) directory|Missing (?:data|snap)/,
    title: "the data directory cannot be used",
    cause: "The directory is missing, or the user of the server may not write to it.",
    advice: ["Correct the owner of dataDir and dataLogDir, or mount the disk."],
  },
  {
    matches:
      /Unreasonable length|CRC check failed|Invalid magic|Failed to process transaction|UTFDataFormat|EOFException/,
    title: "a log file or a snapshot is damaged",
    cause: "The server could not read a file of its database.",
    advice: [COPY_FIRST, "zabsim doctor shows which file is damaged, and what the server would lose.", RESYNC],
  },
  {
    // ZKDatabase#addCommittedProposal
    matches: /Committed proposal cached out of order/,
    title: "its log has a hole",
    cause: "The transactions that it read from its log do not follow one another.",
    detail: holeDetail,
    advice: [COPY_FIRST, "zabsim doctor shows which transactions are missing, and who has them.", RESYNC],
    bugs: ["open-trunc-killed-between-log-files-leaves-a-hole"],
    hasBug: endedInTrunc,
  },
  {
    matches: /Not able to truncate the log/,
    title: "it could not truncate its log",
    cause:
      "The leader sent TRUNC to a zxid that the log of this server does not reach: its log does not contain what it " +
      "had reported, for example because the database came from a snapshot alone.",
    advice: [COPY_FIRST, RESYNC],
  },
  {
    matches: /next pending txn/,
    title: "a COMMIT did not match the next proposal",
    cause: "The leader committed a transaction that is not the next one of this follower. One of the two has a gap.",
    advice: ["Keep the logs and data directories of both servers, and report it: this must never happen."],
  },
  {
    matches: /unexpected packet from leader/,
    title: "the leader sent an unexpected packet",
    cause: "The first packet of a synchronization must be DIFF, TRUNC or SNAP.",
    advice: ["Check that all servers belong to one ensemble, and that their releases can run together."],
  },
  {
    matches: /Error processing|ConfigException|Invalid arguments/,
    title: "its configuration is invalid",
    cause: "The server refused zoo.cfg; the exception names the setting.",
    advice: ["Correct the setting that the exception names."],
  },
];

const UNKNOWN: ExitCause = {
  matches: /^/,
  title: "because of an error",
  cause: "The exception in the log names the error.",
  advice: [],
};

export const exits: FindingOf = ({ aligned, histories }) =>
  histories.flatMap((history) => {
    const { processes, server } = history;
    const groups = new Map<ExitCause, { run: ProcessRun; lines: Evidence[] }[]>();
    for (const run of processes) {
      if (run.fatal.length === 0 || (run.isUp && !hasExited(run))) continue;
      const lines = run.fatal;
      const cause = CAUSES.find(({ matches }) => lines.some(({ text }) => matches.test(text))) ?? UNKNOWN;
      // An error that zabsim does not know, in a process that goes on, is no exit.
      if (cause === UNKNOWN && run.isUp && run.exitCode === undefined && !run.hasEnded) continue;
      groups.set(cause, [...(groups.get(cause) ?? []), { run, lines }]);
    }
    return [...groups].map(([cause, runs]): Finding => {
      const first = runs[0] as { run: ProcessRun; lines: Evidence[] };
      const atStart = !first.run.isUp;
      const times = runs.length === 1 ? "" : ` (${runs.length} times)`;
      const because = cause === UNKNOWN ? cause.title : `because ${cause.title}`;
      const isBug = cause.hasBug?.(history, first.run) ?? true;
      const bug = isBug ? bugOf(cause, first.run.release) : undefined;
      const detail = cause.detail?.(history, first.run);
      const isBroken = cause.matches.source === "next pending txn";
      return {
        rule: atStart ? "exit-at-start" : "process-exit",
        severity: isBroken ? "violation" : "problem",
        certainty: isBroken ? "likely" : "proven",
        servers: [server],
        timeMs: aligned(server, first.lines[0]?.timeMs),
        title: `server ${server} exited ${atStart ? "at its start " : ""}${because}${times}`,
        cause:
          cause.cause +
          (detail === undefined ? "" : ` ${detail.text}`) +
          (first.run.exitCode === undefined ? "" : ` Exit code ${first.run.exitCode}.`),
        evidence: [...(detail?.evidence ?? []), ...runs.flatMap(({ lines }) => lines)].slice(0, MAX_EVIDENCE),
        advice: cause.advice,
        ...(bug !== undefined && { bug }),
      };
    });
  });

function bugOf({ bugs = [] }: ExitCause, release: string | undefined): BugReference | undefined {
  return bugs.map((id) => bugIn(id, release)).find((bug) => bug !== undefined);
}

/** Returns whether the process before this one was killed while it truncated its log. */
function endedInTrunc({ periods, processes }: ServerHistory, run: ProcessRun): boolean {
  const before = processes[processes.indexOf(run) - 1];
  const last = periods.findLast(({ process }) => process === before);
  return last?.sync?.operation === "TRUNC" && last.sync.newLeaderMs === undefined && last.end?.kind === "process";
}
