/**
 * Prints the answer of `zabsim decide` to one question. If the given facts determine the decision, the answer contains
 * the reason, the rule, the packets, and the zxid after which forwarding starts. Otherwise, it lists every possible
 * decision with its condition and says where an operator finds the missing facts. If the learner gets a SNAP or may get
 * one, advice follows.
 */
import type { Advice } from "../decide/advice.ts";
import type { DecisionAnswer } from "../decide/decision-query.ts";
import type { UncertainFact } from "../decide/known-facts.ts";
import type { PossibleDecision } from "../decide/possible-decisions.ts";
import { hanging } from "./format.ts";

/** What `zabsim decide` knows about one sync decision. */
export interface DecisionReport {
  /** The decision with its packets. Undefined if the decision depends on unknown facts. */
  readonly answer: DecisionAnswer | undefined;
  /** The leader's lastProcessedZxid in hex, which is the zxid of a SNAP packet. Used only if `answer` is a SNAP. */
  readonly snapZxid: string;
  readonly possible: readonly PossibleDecision[];
  readonly advice: readonly Advice[];
  /** The packet type that the leader sent according to its log. Undefined if the question does not come from a log. */
  readonly logged?: string | undefined;
}

/** For each fact that can be unknown, its name within a sentence, and where an operator finds it. */
const FACTS: Readonly<Record<UncertainFact, { readonly name: string; readonly where: string }>> = {
  lastProcessedZxid: {
    name: "the leader's lastProcessedZxid",
    where:
      'The leader logs it in the line "Synchronizing with …" (3.5.5 and newer), and the command srvr prints it as ' +
      "Zxid. Give it with --last.",
  },
  committedLog: {
    name: "committedLog",
    where:
      'The leader logs its first and last zxid in the line "Synchronizing with …"; give zabsim this line. It holds ' +
      "the newest 500 transactions, or commitLogCount of them. Give it with --committed-log.",
  },
  txnLog: {
    name: "the log on disk",
    where:
      "It is in the files log.* in the leader's dataLogDir. The hex number in a file's name is the zxid of its first " +
      "transaction. Give it with --txn-log, once for each file.",
  },
  txnLogSize: {
    name: "the size of the log files",
    where:
      "The limit is the size of the newest snapshot.* file times zookeeper.snapshotSizeFactor (default 0.33). " +
      "Only the log files after the one that contains the learner's zxid count. If they exceed the limit, the leader " +
      'logs "Txnlog size: … exceeds sizeLimit: …"; give zabsim this line, too. Or give the outcome with ' +
      "--txn-log-too-large or --txn-log-fits.",
  },
};

/** Returns the text of a report with lines of at most `width` columns. */
export function decisionReportText(report: DecisionReport, width: number): string {
  const { advice, answer, logged, possible, snapZxid } = report;
  const lines =
    answer !== undefined
      ? answerLines(answer, snapZxid, width)
      : possible.length === 1
        ? singleRuleLines(possible[0] as PossibleDecision, width)
        : possibleLines(possible, width);
  if (logged !== undefined) lines.push(`the log shows that the leader sent ${logged}`);
  const adviceText = ({ rules, text }: Advice): string => (possible.length > 1 ? `${rules.join(", ")}: ${text}` : text);
  const changes = advice.filter(({ setting }) => setting !== undefined);
  if (changes.length > 0) lines.push("", "How to get a DIFF instead of the SNAP:");
  for (const one of changes) lines.push(...hanging(adviceText(one), "  - ", "    ", width));
  const others = advice.filter(({ setting }) => setting === undefined);
  if (others.length > 0) lines.push("");
  for (const one of others) lines.push(...hanging(adviceText(one), "", "", width));
  return lines.join("\n");
}

function answerLines(answer: DecisionAnswer, snapZxid: string, width: number): string[] {
  const snap = answer.needSnap ? [{ type: "SNAP", zxid: snapZxid }] : [];
  return [
    ...hanging(answer.why, "", "  ", width),
    `rule ${answer.rule}`,
    "packets",
    ...[...snap, ...answer.packets].map(({ type, zxid }) => `  ${type.padEnd(9)} ${bothForms(zxid)}`),
    `forwarding starts after ${bothForms(answer.startForwardingFrom)}`,
  ];
}

/**
 * Returns the lines for a decision that one rule makes in every possible case, although the packets depend on unknown
 * facts.
 */
function singleRuleLines({ rule, why }: PossibleDecision, width: number): string[] {
  return [...hanging(why, "", "  ", width), `rule ${rule}`];
}

function possibleLines(possible: readonly PossibleDecision[], width: number): string[] {
  const operations = new Set(possible.map(({ operation }) => operation));
  const facts = (Object.keys(FACTS) as UncertainFact[]).filter((fact) =>
    possible.some(({ conditions }) => conditions.some((one) => one.fact === fact)),
  );
  const names = listOf(facts.map((fact) => FACTS[fact].name));
  const head =
    operations.size === 1
      ? `${possible[0]?.operation} in every case. The rule depends on ${names}. ` +
        "The first line whose condition is true names the rule:"
      : `The decision depends on ${names}. The first line whose condition is true decides:`;
  const last = possible.length - 1;
  return [
    ...hanging(head, "", "", width),
    "",
    ...possible.flatMap(({ conditions, operation, rule }, i) => {
      const texts = conditions.map(({ text }) => text);
      const condition = texts.length === 0 ? (i === last ? "otherwise" : "always") : `if ${texts.join(", and ")}`;
      return hanging(`${condition} (${rule})`, `  ${operation.padEnd(5)}  `, " ".repeat(9), width);
    }),
    "",
    "Where to find what is unknown:",
    ...facts.flatMap((fact) => hanging(`${FACTS[fact].name}: ${FACTS[fact].where}`, "  - ", "    ", width)),
  ];
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Returns a zxid as epoch and counter, followed by its hex form, as in `1:7  0x100000007`. */
function bothForms(hex: string): string {
  const bits = BigInt(hex);
  return `${bits >> 32n}:${bits & 0xffff_ffffn}  ${hex}`;
}
