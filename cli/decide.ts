/**
 * `zabsim decide` computes sync decisions from options, from the log of a leader, or from JSON lines on stdin.
 */
import { readFileSync } from "node:fs";
import { type DecideResult, decideFrom } from "../decide/decide.ts";
import {
  answerDecision,
  DecisionQueryError,
  formatZxid64,
  highestZxid,
  readDecisionQuery,
} from "../decide/decision-query.ts";
import type { CommittedLogFacts, KnownFacts } from "../decide/known-facts.ts";
import { type LoggedSync, readLoggedSettings, readSyncLog } from "../decide/sync-log.ts";
import { DEFAULT_SYNC_SETTINGS, readZooCfg, type SyncSettings } from "../decide/zoo-cfg.ts";
import { type Logged, parseZxid64, type SyncSource } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { decisionReportText } from "../reports/decision-answer.ts";
import { EXIT_BAD_INPUT, EXIT_OK } from "./exit-codes.ts";
import { textWidth, write } from "./output.ts";
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
  readonly txnLogFits?: boolean;
  readonly forceSnap?: boolean;
  readonly toBeApplied?: string;
  readonly outstanding?: string;
  readonly lastProposed?: string;
  readonly observer?: boolean;
  readonly zooCfg?: string;
  readonly zookeeper?: string;
}

export async function decide(logLine: string | undefined, options: DecideOptions): Promise<number> {
  refuseMixedQuestions(logLine, options);
  if (options.stdin) return decideLines(behaviorOf(options.zookeeper ?? "newest").syncSource);
  const settings = settingsOf(options);
  if (logLine !== undefined) return decideFromLog(await logText(logLine), settings, options);
  const source = behaviorOf(options.zookeeper ?? "newest").syncSource;
  refuseForceSnap(source, settings, options);
  const result = decideFrom(factsFrom(options, settings, source), settings);
  await write(`${options.json ? JSON.stringify(jsonOf(result)) : decisionReportText(result, textWidth())}\n`);
  return EXIT_OK;
}

// ---- options that exclude each other

/**
 * The options that state facts about the leader or the learner. The key of each option is its field in DecideOptions.
 */
const FACT_OPTIONS: Readonly<Partial<Record<keyof DecideOptions, string>>> = {
  peer: "--peer",
  last: "--last",
  committedLog: "--committed-log",
  txnLog: "--txn-log",
  txnLogTooLarge: "--txn-log-too-large",
  txnLogFits: "--txn-log-fits",
  toBeApplied: "--to-be-applied",
  outstanding: "--outstanding",
  lastProposed: "--last-proposed",
  observer: "--observer",
};
const LOG_FACTS: readonly (keyof DecideOptions)[] = [
  "peer",
  "last",
  "committedLog",
  "toBeApplied",
  "outstanding",
  "lastProposed",
];

/** Refuses options that have no meaning together with another option or with a log line. */
function refuseMixedQuestions(logLine: string | undefined, options: DecideOptions): void {
  const given = (names: readonly (keyof DecideOptions)[]): string[] =>
    names.filter((name) => options[name] !== undefined).map((name) => FACT_OPTIONS[name] as string);
  const refuse = (others: readonly string[], by: string, reason: string): void => {
    if (others.length > 0) throw new UsageError(`${others.join(", ")}: not accepted with ${by}, ${reason}`);
  };
  if (options.stdin) {
    const others = given(Object.keys(FACT_OPTIONS) as (keyof DecideOptions)[]);
    if (logLine !== undefined) others.push("a log line");
    if (options.zooCfg !== undefined) others.push("--zoo-cfg");
    if (options.forceSnap) others.push("--force-snap");
    if (!options.txnLogSync) others.push("--no-txn-log-sync");
    if (options.json) others.push("--json");
    refuse(others, "--stdin", "because the JSON lines contain all facts, and the answers are always JSON lines");
  }
  if (logLine !== undefined) refuse(given(LOG_FACTS), "a log line", "which contains these facts");
  if (options.txnLogTooLarge && options.txnLogFits) {
    refuse(["--txn-log-fits"], "--txn-log-too-large", "which states the opposite");
  }
}

function refuseForceSnap(source: SyncSource, settings: SyncSettings, { zookeeper = "newest" }: DecideOptions): void {
  if (source !== "committed-log" || !settings.forceSnapshotSync) return;
  throw new UsageError(
    `--force-snap: ZooKeeper ${zookeeper} has no forceSnapshotSync (accepted: with --zookeeper 3.5.5 or newer)`,
  );
}

// ---- settings that influence the decision

function settingsOf(options: DecideOptions): SyncSettings {
  const { forceSnap, txnLogSync, zooCfg } = options;
  const base = zooCfg === undefined ? DEFAULT_SYNC_SETTINGS : settingsIn(zooCfg);
  return {
    ...base,
    ...(forceSnap && { forceSnapshotSync: true }),
    ...(!txnLogSync && { snapshotSizeFactor: -1 }),
  };
}

function settingsIn(path: string): SyncSettings {
  const { settings, warnings } = readZooCfg(textOf("--zoo-cfg", path));
  for (const warning of warnings) process.stderr.write(`zabsim: ${path}, ${warning}\n`);
  return settings;
}

function textOf(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${option} ${path}: ${(error as NodeJS.ErrnoException).code ?? "cannot be read"}`);
  }
}

// ---- a question that options describe

const ZXID_FORMS = "a zxid such as 1:7 or 0x100000007";

function factsFrom(options: DecideOptions, settings: SyncSettings, source: SyncSource): KnownFacts {
  if (options.peer === undefined) {
    throw new UsageError(`--peer is missing: give the last zxid of the learner (accepted: ${ZXID_FORMS})`);
  }
  const toBeApplied = txnsOf("--to-be-applied", options.toBeApplied) ?? [];
  const outstandingProposals = txnsOf("--outstanding", options.outstanding) ?? [];
  return {
    ...commonFacts(options, settings, source),
    peerLastZxid: zxidOf("--peer", options.peer),
    lastProcessedZxid: options.last === undefined ? undefined : zxidOf("--last", options.last),
    committedLog: committedLogOf(options.committedLog),
    lastProposed:
      options.lastProposed === undefined
        ? highestZxid(toBeApplied, outstandingProposals)
        : zxidOf("--last-proposed", options.lastProposed),
    toBeApplied,
    outstandingProposals,
  };
}

/**
 * Returns the facts that only options and settings supply, whether the question comes from a log line or from options.
 */
function commonFacts(options: DecideOptions, settings: SyncSettings, source: SyncSource) {
  return {
    source,
    txnLogFiles: filesOf(options.txnLog),
    txnLogExceedsSizeLimit: settings.snapshotSizeFactor === 0 || options.txnLogFits ? false : options.txnLogTooLarge,
    txnLogSyncEnabled: settings.snapshotSizeFactor >= 0,
    forceSnapSync: settings.forceSnapshotSync,
    observer: options.observer === true,
  };
}

function filesOf(texts: readonly string[] | undefined): KnownFacts["txnLogFiles"] {
  if (texts === undefined) return undefined;
  return texts.flatMap((text) => {
    const txns = txnsOf("--txn-log", text) ?? [];
    const first = txns[0];
    return first === undefined ? [] : [{ name: first.zxid, txns }];
  });
}

/**
 * Reads the value of --committed-log. Of a range that spans several epochs, only the first and the last zxid are known,
 * because the range does not say where each epoch ends.
 */
function committedLogOf(text: string | undefined): CommittedLogFacts | undefined {
  if (text === undefined) return undefined;
  const [from, to, more] = text.split("..").map((part) => parseZxid64(part.trim()));
  if (from !== undefined && to !== undefined && more === undefined && from >> 32n < to >> 32n)
    return { min: from, max: to };
  return { txns: txnsOf("--committed-log", text) ?? [] };
}

function zxidOf(option: string, text: string): bigint {
  const value = text === "-1" || text === "none" ? -1n : parseZxid64(text);
  if (value === undefined) throw new UsageError(`${option} ${text}: not a zxid (accepted: ${ZXID_FORMS}, or -1)`);
  return value;
}

const LONGEST_RANGE = 1_000_000n;

/**
 * Reads a list of zxids and ranges, such as `1:1..1:5,2:1`. The word `empty` stands for a list without transactions.
 */
function txnsOf(option: string, text: string | undefined): Logged<bigint>[] | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === "empty") return [];
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

function jsonOf({ advice, answer, possible }: DecideResult) {
  if (answer !== undefined) return { ...answer, advice };
  return {
    possible: possible.map(({ conditions, operation, rule, why, zxid }) => ({
      operation,
      zxid: zxid === undefined ? null : formatZxid64(zxid),
      rule,
      if: conditions.map(({ text }) => text),
      why,
    })),
    advice,
  };
}

// ---- questions from a leader's log

/**
 * For each wording of the log lines, named by the oldest release series that uses it: the release whose rules decide.
 */
const RELEASE_OF_SERIES: Readonly<Record<LoggedSync["series"], string>> = {
  "3.4": "3.4.14",
  "3.5": "3.5.10",
  "3.6": "newest",
};

async function logText(argument: string): Promise<string> {
  if (argument !== "-") return argument;
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += chunk as string;
  return text;
}

async function decideFromLog(text: string, given: SyncSettings, options: DecideOptions): Promise<number> {
  const syncs = readSyncLog(text);
  if (syncs.length === 0) {
    throw new UsageError(
      "the log: no sync decision found (accepted: lines such as Synchronizing with Learner sid: 3 " +
        "maxCommittedLog=0x… minCommittedLog=0x… lastProcessedZxid=0x… peerLastZxid=0x…)",
    );
  }
  const settings = withLogged(given, text, options);
  const answers = syncs.map((sync) => {
    const release = options.zookeeper ?? RELEASE_OF_SERIES[sync.series];
    const source = behaviorOf(release).syncSource;
    refuseForceSnap(source, settings, options);
    const facts: KnownFacts = {
      ...commonFacts(options, settings, source),
      peerLastZxid: sync.peerLastZxid,
      lastProcessedZxid: sync.lastProcessedZxid,
      committedLog: sync.committedLog,
      lastProposed: highestZxid(),
      toBeApplied: [],
      outstandingProposals: [],
    };
    return { sync, release, result: decideFrom(facts, settings, sync) };
  });
  if (options.json) {
    const all = answers.map(({ result, sync: { line, operation, sid }, release }) => ({
      line,
      sid,
      release,
      logged: operation ?? null,
      ...jsonOf(result),
    }));
    await write(`${JSON.stringify(all)}\n`);
    return EXIT_OK;
  }
  const width = textWidth();
  const texts = answers.map(({ sync, release, result }) => {
    const rules = release === "newest" ? "the newest release" : `ZooKeeper ${release}`;
    const head = `learner ${sync.sid} (line ${sync.line}, by the rules of ${rules})`;
    return `${head}\n${decisionReportText({ ...result, logged: sync.operation }, width)}\n`;
  });
  await write(texts.join("\n"));
  return EXIT_OK;
}

/**
 * Replaces default settings by the settings that the leader's log contains. A setting that the user gives as an option
 * wins over the log. If the user gives --zoo-cfg, the settings in the log are ignored.
 */
function withLogged(given: SyncSettings, text: string, { forceSnap, txnLogSync, zooCfg }: DecideOptions): SyncSettings {
  if (zooCfg !== undefined) return given;
  const logged = readLoggedSettings(text);
  return {
    ...given,
    ...(txnLogSync && logged.snapshotSizeFactor !== undefined && { snapshotSizeFactor: logged.snapshotSizeFactor }),
    ...(logged.commitLogCount !== undefined && { commitLogCount: logged.commitLogCount }),
    ...(!forceSnap && logged.forceSnapshotSync !== undefined && { forceSnapshotSync: logged.forceSnapshotSync }),
  };
}

// ---- questions from JSON lines on stdin

/**
 * The maximum length of an input line, in UTF-16 units. It bounds memory: zabsim answers a longer line with an error.
 */
const LONGEST_LINE = 1 << 26;

/**
 * Answers the questions on stdin in order, one per line. The memory that it uses does not depend on the number of
 * lines.
 */
async function decideLines(source: SyncSource): Promise<number> {
  let exitCode: number = EXIT_OK;
  const answers = (lines: readonly string[]): string => {
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
  let unfinished = "";
  for await (const chunk of process.stdin) {
    const lines = (unfinished + (chunk as string)).split("\n");
    unfinished = (lines.pop() as string).slice(0, LONGEST_LINE + 1);
    const out = answers(lines);
    if (out !== "") await write(out);
  }
  await write(answers([unfinished]));
  return exitCode;
}

function answerLine(line: string, source: SyncSource): { text: string; valid: boolean } {
  let id: string | number | null = null;
  try {
    if (line.length > LONGEST_LINE) throw new DecisionQueryError(`the line: longer than ${LONGEST_LINE} characters`);
    const query: unknown = JSON.parse(line);
    id = idOf(query);
    const answer = answerDecision({ ...readDecisionQuery(query), source });
    return { text: JSON.stringify({ id, ...answer }), valid: true };
  } catch (error) {
    if (!(error instanceof DecisionQueryError || error instanceof SyntaxError)) throw error;
    const message = error instanceof SyntaxError ? "not JSON (accepted: one object per line)" : error.message;
    return { text: JSON.stringify({ id, error: message }), valid: false };
  }
}

/** Returns the id that the line contains, or null if it has no id that is a string or a number. */
function idOf(query: unknown): string | number | null {
  if (typeof query !== "object" || query === null || !("id" in query)) return null;
  const { id } = query;
  return typeof id === "string" || typeof id === "number" ? id : null;
}
