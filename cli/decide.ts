/**
 * `zabsim decide`: the sync decision alone, from flags or from JSON lines.
 */

import { type Logged, parseZxid64, type SyncSource } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import {
  answerDecision,
  type DecisionFacts,
  DecisionQueryError,
  lastOf,
  readDecisionQuery,
} from "../scenarios/decision-query.ts";
import { EXIT_BAD_INPUT, EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export interface DecideOptions {
  readonly json?: boolean;
  readonly stdin?: boolean;
  readonly peer?: string;
  readonly last?: string;
  readonly committedLog?: string;
  readonly txnLog: readonly string[];
  readonly txnLogSync: boolean;
  readonly txnLogTooLarge?: boolean;
  readonly forceSnap?: boolean;
  readonly toBeApplied?: string;
  readonly outstanding?: string;
  readonly lastProposed?: string;
  readonly observer?: boolean;
  /** The release that decides; default: the newest. */
  readonly zookeeper?: string;
}

export async function decide(options: DecideOptions): Promise<number> {
  const { zookeeper = "newest" } = options;
  const source = behaviorOf(zookeeper).syncSource;
  if (source === "committed-log" && options.forceSnap)
    throw new UsageError(`--force-snap: ZooKeeper ${zookeeper} has no forceSnapshotSync (accepted: 3.5 and newer)`);
  if (options.stdin) return decideLines(source);
  const facts = { ...factsFrom(options), source };
  const answer = answerDecision(facts);
  if (options.json) {
    await write(`${JSON.stringify(answer)}\n`);
    return EXIT_OK;
  }
  const packets = answer.packets.map(({ type, zxid }) => `  ${type.padEnd(9)} ${pretty(zxid)}`);
  const first = answer.needSnap
    ? [`  SNAP      ${pretty(`0x${BigInt.asUintN(64, facts.lastProcessedZxid).toString(16)}`)}`]
    : [];
  const lines = [
    answer.why,
    `rule ${answer.rule}`,
    "packets",
    ...first,
    ...packets,
    `forwarding starts behind ${pretty(answer.startForwardingFrom)}`,
  ];
  await write(`${lines.join("\n")}\n`);
  return EXIT_OK;
}

function pretty(hex: string): string {
  const bits = BigInt(hex);
  return `${bits >> 32n}:${bits & 0xffff_ffffn}  ${hex}`;
}

// ---- from flags

function factsFrom(options: DecideOptions): DecisionFacts {
  const committedLog = ranges("--committed-log", options.committedLog);
  const files = options.txnLog.map((text) => ranges("--txn-log", text));
  const toBeApplied = ranges("--to-be-applied", options.toBeApplied);
  const outstandingProposals = ranges("--outstanding", options.outstanding);
  const last = committedLog.at(-1)?.zxid ?? files.at(-1)?.at(-1)?.zxid;
  if (options.peer === undefined)
    throw new UsageError("--peer is missing (accepted: the learner's last zxid, as 1:7 or 0x100000007)");
  if (options.last === undefined && last === undefined) {
    throw new UsageError("--last is missing (accepted: the leader's lastProcessedZxid, as 1:7 or 0x100000007)");
  }
  return {
    peerLastZxid: zxid("--peer", options.peer),
    lastProcessedZxid: options.last === undefined ? (last as bigint) : zxid("--last", options.last),
    committedLog,
    txnLogFiles: files
      .filter((txns) => txns.length > 0)
      .map((txns) => ({ name: (txns[0] as Logged<bigint>).zxid, txns })),
    txnLogSyncEnabled: options.txnLogSync,
    txnLogExceedsSizeLimit: options.txnLogTooLarge === true,
    forceSnapSync: options.forceSnap === true,
    lastProposed:
      options.lastProposed === undefined
        ? lastOf(toBeApplied, outstandingProposals)
        : zxid("--last-proposed", options.lastProposed),
    toBeApplied,
    outstandingProposals,
    observer: options.observer === true,
  };
}

function zxid(option: string, text: string): bigint {
  const value = text === "-1" || text === "none" ? -1n : parseZxid64(text);
  if (value === undefined) throw new UsageError(`${option} ${text}: not a zxid (accepted: 1:7, 0x100000007, or -1)`);
  return value;
}

const LONGEST_RANGE = 1_000_000n;

/** `1:1..1:5,2:1` as a list. */
function ranges(option: string, text: string | undefined): Logged<bigint>[] {
  if (text === undefined || text.trim() === "") return [];
  return text.split(",").flatMap((part) => {
    const [from, to, more] = part.trim().split("..");
    const first = zxid(option, from as string);
    const last = to === undefined ? first : zxid(option, to);
    if (more !== undefined || last < first || last - first > LONGEST_RANGE) {
      throw new UsageError(
        `${option} ${part.trim()}: not a range (accepted: 1:1..1:5, ascending, up to ${LONGEST_RANGE} zxids)`,
      );
    }
    return Array.from({ length: Number(last - first) + 1 }, (_, i) => ({ zxid: first + BigInt(i) }));
  });
}

// ---- from lines

/** Answers line by line, in order and in constant memory. */
async function decideLines(source: SyncSource): Promise<number> {
  let exitCode = EXIT_OK;
  let rest = "";
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
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop() as string;
    const out = answer(lines);
    if (out !== "") await write(out);
  }
  await write(answer([rest]));
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
    const what = error instanceof SyntaxError ? "not JSON (accepted: one object a line)" : error.message;
    return { text: JSON.stringify({ id, error: what }), valid: false };
  }
}
