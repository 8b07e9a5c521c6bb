/**
 * `zabsim decide` computes sync decisions from options, from the log of a leader, or from JSON lines on stdin.
 */
import { readFileSync } from "node:fs";
import { type DecideResult, decideFrom } from "../decide/decide.ts";
import { answerDecision, DecisionQueryError, highestZxid, readDecisionQuery } from "../decide/decision-query.ts";
import type { KnownFacts } from "../decide/known-facts.ts";
import { readLoggedSettings, readSyncLog, releaseOf } from "../decide/sync-log.ts";
import { DEFAULT_SYNC_SETTINGS, readZooCfg, type SyncSettings } from "../decide/zoo-cfg.ts";
import { readCommittedLog, readTxns, readZxid, ZXID_FORMS } from "../decide/zxid-lists.ts";
import type { SyncSource } from "../protocol/index.ts";
import { behaviorOf } from "../protocol/releases.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import { decisionReportText } from "../reports/decision-answer.ts";
import { releaseText } from "../reports/zklog/written-release.ts";
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

function factsFrom(options: DecideOptions, settings: SyncSettings, source: SyncSource): KnownFacts {
  if (options.peer === undefined) {
    throw new UsageError(`--peer is missing: give the last zxid of the learner (accepted: ${ZXID_FORMS})`);
  }
  const { committedLog, last, lastProposed, outstanding = "empty" } = options;
  const toBeApplied = parsed("--to-be-applied", options.toBeApplied ?? "empty", readTxns);
  const outstandingProposals = parsed("--outstanding", outstanding, readTxns);
  return {
    ...commonFacts(options, settings, source),
    peerLastZxid: parsed("--peer", options.peer, readZxid),
    lastProcessedZxid: last === undefined ? undefined : parsed("--last", last, readZxid),
    committedLog: committedLog === undefined ? undefined : parsed("--committed-log", committedLog, readCommittedLog),
    lastProposed:
      lastProposed === undefined
        ? highestZxid(toBeApplied, outstandingProposals)
        : parsed("--last-proposed", lastProposed, readZxid),
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
  return texts?.flatMap((text) => {
    const txns = parsed("--txn-log", text, readTxns);
    const [first] = txns;
    return first === undefined ? [] : [{ name: first.zxid, txns }];
  });
}

/** Parses the value of an option. `read` returns a description of the error for a text that it does not accept. */
function parsed<Value>(option: string, text: string, read: (text: string) => Value | string): Value {
  const value = read(text);
  if (typeof value === "string") throw new UsageError(`${option} ${value}`);
  return value;
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
    const release = options.zookeeper ?? releaseOf(sync);
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
    const rules = releaseText(release);
    const head = `learner ${sync.sid} (line ${sync.line}), by the rules of ${rules}`;
    return `${head}\n${decisionReportText({ ...result, logged: sync.operation }, width)}\n`;
  });
  await write(texts.join("\n"));
  return EXIT_OK;
}

/**
 * Adds the settings that the leader's log contains. A setting that the user gives as an option wins over the log. If
 * the user gives --zoo-cfg, the settings in the log are ignored.
 */
function withLogged(given: SyncSettings, text: string, { forceSnap, txnLogSync, zooCfg }: DecideOptions): SyncSettings {
  if (zooCfg !== undefined) return given;
  const { forceSnapshotSync, snapshotSizeFactor, ...logged } = readLoggedSettings(text);
  return {
    ...given,
    ...logged,
    ...(txnLogSync && snapshotSizeFactor !== undefined && { snapshotSizeFactor }),
    ...(!forceSnap && forceSnapshotSync !== undefined && { forceSnapshotSync }),
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
