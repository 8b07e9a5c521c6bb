/**
 * Prints the answer of `zabsim plan-roll`: a table with the verdicts, the order to use, smaller rolls, and why the
 * other orders are not safe.
 */
import type { OrderAnswer, RollAnswer, RuleAnswer, StageAnswer } from "../roll/roll-answer.ts";
import { countOf, hanging } from "./format.ts";
import { shellPath } from "./shell.ts";
import { releaseText } from "./zklog/written-release.ts";

const VERDICTS: Readonly<Record<RuleAnswer["verdict"], string>> = {
  safe: "safe",
  "safe-without-partition": "safe if no partition",
  "safe-without-crash": "safe without a crash",
  ineffective: "has no effect",
  unavailable: "loses availability",
  unsafe: "can lose data",
};
const VERDICT_WIDTH = 22;
const ORDERS_WIDTH = 8;
/** The largest number of rules of one verdict in the table. */
const RULES_MAX = 6;

/** Returns the text of an answer with lines of at most `width` columns. */
export function rollPlanText(answer: RollAnswer, width: number): string {
  const { from, stages, to, use, zookeeper } = answer;
  const release = releaseText(zookeeper);
  const steps = use === null ? hanging(noOrderText(stages), "", "", width) : orderLines(use, width);
  return [
    ...hanging(from, "from  ", "      ", width),
    ...hanging(to, "to    ", "      ", width),
    "",
    ...hanging(triedText(answer, release), "", "", width),
    "",
    ...tableLines(answer, width),
    "",
    ...steps,
    ...(stages === null ? [] : ["", ...stageLines(stages, width)]),
    ...whyLines(answer, width),
  ].join("\n");
}

function triedText({ orders: { runs, total, tried } }: RollAnswer, release: string): string {
  const which =
    tried === total
      ? `all ${countOf(total, "order")}`
      : `${tried} of ${total} orders (those in which servers with the same kind of change take turns by their ids)`;
  return (
    `zabsim ran ${which} with ${release}, while a client writes: without a crash, with a crash and restart of ` +
    `each server after each step, and with a partition of the network after each step (${countOf(runs, "run")}).`
  );
}

// ---- the table

function tableLines({ verdicts }: RollAnswer, width: number): string[] {
  const row = (verdict: string, orders: string, text: string): string[] => {
    const first = `${verdict.padEnd(VERDICT_WIDTH)}${orders.padStart(ORDERS_WIDTH - 2)}  `;
    return hanging(text, first, " ".repeat(first.length), width);
  };
  const lines = row("verdict", "orders", "rule");
  for (const [verdict, name] of Object.entries(VERDICTS)) {
    const rules = verdicts.filter((one) => one.verdict === verdict);
    for (const { orders, rule } of rules.slice(0, RULES_MAX)) {
      lines.push(...row(name, String(orders), `${verdict.startsWith("un") ? "begin: " : ""}${rule}`));
    }
    const more = rules.slice(RULES_MAX);
    const orders = more.reduce((sum, one) => sum + one.orders, 0);
    if (more.length > 0) lines.push(...row(name, String(orders), `${countOf(more.length, "more rule")}; see --json`));
  }
  return lines;
}

// ---- the order to use

function orderLines(use: OrderAnswer, width: number): string[] {
  return [
    ...hanging("The order to use (after each step, wait until the server serves and a write succeeds):", "", "", width),
    ...stepLines(use, "  ", width),
  ];
}

function stepLines({ fragile, partition, steps }: OrderAnswer, indent: string, width: number): string[] {
  const numbered = steps.flatMap((step, i) => hanging(step, `${indent}${i + 1}. `, `${indent}   `, width));
  const notes = [
    ...(fragile.length === 0 ? [] : [`No write commits until the server runs again: ${fragile.join("; ")}.`]),
    ...(partition === null ? [] : [partition]),
  ];
  return [...numbered, ...notes.flatMap((note) => hanging(note, indent, indent, width))];
}

function noOrderText(stages: readonly StageAnswer[] | null): string {
  if (stages?.every(({ use }) => use !== null)) return "No order is safe in one roll. Use the smaller rolls below.";
  return (
    "No order is safe. Use dynamic reconfiguration instead (`reconfig`, from 3.5.3 on, with reconfigEnabled=true), " +
    "which needs a quorum of both lists for each change."
  );
}

function stageLines(stages: readonly StageAnswer[], width: number): string[] {
  return [
    "Smaller rolls, one after another; zabsim ran each of them in the same way:",
    ...stages.flatMap(({ to, use }, i) => [
      ...hanging(`To ${to}`, `  ${String.fromCharCode(97 + i)}) `, "     ", width),
      ...(use === null ? ["     No order is safe."] : stepLines(use, "     ", width)),
    ]),
  ];
}

// ---- why other orders fail

function whyLines({ verdicts }: RollAnswer, width: number): string[] {
  const failing = verdicts.filter(({ why }) => why !== null);
  if (failing.length === 0) return [];
  const shown = (["unsafe", "unavailable", "ineffective"] as const).flatMap((verdict) =>
    failing.filter((one) => one.verdict === verdict).slice(0, RULES_MAX),
  );
  return [
    "",
    "Why the others are not safe:",
    ...shown.flatMap(({ example, scenario, verdict, why }) => [
      ...hanging(`${example.join(", ")}: ${VERDICTS[verdict]}. ${why}`, "  - ", "    ", width),
      // A command stays on one line.
      ...(scenario === null ? [] : [`    zabsim run ${shellPath(scenario)}`]),
    ]),
  ];
}
