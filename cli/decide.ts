/**
 * `zabsim decide`: answers one sync decision from options, or many from JSON lines on stdin.
 */

import { formatZxidHex, type Logged, parseZxid64, type SyncSource } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { decisionAnswerText } from "../reports/decision-answer.ts";
import {
  answerDecision,
  type DecisionFacts,
  DecisionQueryError,
  highestZxid,
  readDecisionQuery,
} from "../decide/decision-query.ts";
import { EXIT_BAD_INPUT, EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export interface DecideOptions {
  readonly json?: boolean;
  readonly stdin?: boolean;
  readonly peer?: string;
  readonly last?: string;
  readonly committedLog?: string;
  readonly txnLog?: readonly string[];
  readonly txnLogSync: boolean;
  readonly txnLogTooLarge?: boolean;
  readonly forceSnap?: boolean;
  readonly toBeApplied?: string;
  readonly outstanding?: string;
  readonly lastProposed?: string;
  readonly observer?: boolean;
  readonly zookeeper?: string;
}

export async function decide(options: DecideOptions): Promise<number> {
  const { zookeeper = "newest" } = options;
  const source = behaviorOf(zookeeper).syncSource;
  if (source === "committed-log" && options.forceSnap) {
    throw new UsageError(
      `--force-snap: ZooKeeper ${zookeeper} has no forceSnapshotSync (accepted: with --zookeeper 3.5.5 or newer)`,
    );
  }
  if (options.stdin) return decideLines(source);
  const facts = { ...factsFrom(options), source };
  const answer = answerDecision(facts);
  const text = options.json
    ? JSON.stringify(answer)
    : decisionAnswerText(answer, formatZxidHex(facts.lastProcessedZxid));
  await write(`${text}\n`);
  return EXIT_OK;
}

// ---- one question, from options

const ZXID_FORMS = "a zxid such as 1:7 or 0x100000007";

function factsFrom(options: DecideOptions): DecisionFacts {
  if (options.peer === undefined) {
    throw new UsageError(`--peer is missing: give the last zxid of the learner (accepted: ${ZXID_FORMS})`);
  }
  const committedLog = rangesOf("--committed-log", options.committedLog);
  const files = (options.txnLog ?? []).map((text) => rangesOf("--txn-log", text)).filter((txns) => txns.length > 0);
  const toBeApplied = rangesOf("--to-be-applied", options.toBeApplied);
  const outstandingProposals = rangesOf("--outstanding", options.outstanding);
  const endOfLog = committedLog.at(-1)?.zxid ?? files.at(-1)?.at(-1)?.zxid;
  return {
    peerLastZxid: zxidOf("--peer", options.peer),
    lastProcessedZxid: lastProcessedZxid(options.last, endOfLog),
    committedLog,
    txnLogFiles: files.map((txns) => ({ name: (txns[0] as Logged<bigint>).zxid, txns })),
    txnLogSyncEnabled: options.txnLogSync,
    txnLogExceedsSizeLimit: options.txnLogTooLarge === true,
    forceSnapSync: options.forceSnap === true,
    lastProposed:
      options.lastProposed === undefined
        ? highestZxid(toBeApplied, outstandingProposals)
        : zxidOf("--last-proposed", options.lastProposed),
    toBeApplied,
    outstandingProposals,
    observer: options.observer === true,
  };
}

function lastProcessedZxid(option: string | undefined, endOfLog: bigint | undefined): bigint {
  if (option !== undefined) return zxidOf("--last", option);
  if (endOfLog !== undefined) return endOfLog;
  throw new UsageError(
    `--last is missing: give the lastProcessedZxid of the leader, or its --committed-log (accepted: ${ZXID_FORMS})`,
  );
}

function zxidOf(option: string, text: string): bigint {
  const value = text === "-1" || text === "none" ? -1n : parseZxid64(text);
  if (value === undefined) throw new UsageError(`${option} ${text}: not a zxid (accepted: ${ZXID_FORMS}, or -1)`);
  return value;
}

const LONGEST_RANGE = 1_000_000n;

/** Reads a list of zxids and ranges such as `1:1..1:5,2:1`. */
function rangesOf(option: string, text: string | undefined): Logged<bigint>[] {
  if (text === undefined || text.trim() === "") return [];
  return text.split(",").flatMap((part) => {
    const [from, to, more] = part.trim().split("..");
    const first = zxidOf(option, from as string);
    const last = to === undefined ? first : zxidOf(option, to);
    if (more !== undefined || last < first || last - first > LONGEST_RANGE) {
      throw new UsageError(
        `${option} ${part.trim()}: not a range (accepted: ascending, up to ${LONGEST_RANGE} zxids, such as 1:1..1:5)`,
      );
    }
    return Array.from({ length: Number(last - first) + 1 }, (_, i) => ({ zxid: first + BigInt(i) }));
  });
}

// ---- many questions, from JSON lines

/** Answers each line in order, in constant memory. */
async function decideLines(source: SyncSource): Promise<number> {
  let exitCode: number = EXIT_OK;
  let unfinished = "";
  const answer = (lines: readonly string[]): string => {
    let out = "";
    for (const line of lines) {
      if (line.trim() === "") continue;
      const { text, valid } = answerLine(line, source);
      if (!valid) exitCode = EXIT_BAD_INPUT;
      out += `${text}\n`;
    }
    return out;
  };
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin) {
    const lines = (unfinished + (chunk as string)).split("\n");
    unfinished = lines.pop() as string;
    const out = answer(lines);
    if (out !== "") await write(out);
  }
  await write(answer([unfinished]));
  return exitCode;
}

function answerLine(line: string, source: SyncSource): { text: string; valid: boolean } {
  let id: unknown = null;
  try {
    const query: unknown = JSON.parse(line);
    if (typeof query === "object" && query !== null && "id" in query) id = query.id;
    const answer = answerDecision({ ...readDecisionQuery(query), source });
    return { text: JSON.stringify({ id, ...answer }), valid: true };
  } catch (error) {
    if (!(error instanceof DecisionQueryError || error instanceof SyntaxError)) throw error;
    const message = error instanceof SyntaxError ? "not JSON (accepted: one object per line)" : error.message;
    return { text: JSON.stringify({ id, error: message }), valid: false };
  }
}
