/** Prints the answer of `zabsim reconstruct`: what the run of the scenario has in common with the logs. */
import type { ChalkInstance } from "chalk";
import type { DecisionAnswer, DifferenceAnswer, ReconstructionAnswer } from "../reconstruct/answer.ts";
import type { HarmlessReason } from "../reconstruct/judged-differences.ts";
import { countOf, hanging } from "./format.ts";
import { tableLines } from "./table-layout.ts";

/** The number of differences that are printed. */
const MAX_DIFFERENCES = 20;

/** Returns the report with lines of at most `width` columns. */
export function reconstructionText(answer: ReconstructionAnswer, paint: ChalkInstance, width: number): string {
  const { decisions, differences, files, matched, runs, scenario, seed } = answer;
  const verdict = matched
    ? "The run of the scenario shows every epoch, leader, sync decision, truncation and exit of the logs, " +
      "in the same order."
    : "The run of the scenario differs from the logs.";
  const decisive = differences.filter((one) => one.decisive);
  return [
    ...hanging(`${paint.bold(matched ? "matched" : "not matched")}: ${verdict}`, "", "  ", width),
    ...hanging(`${countOf(files.length, "log")}, ${countOf(runs, "run")}, seed ${seed}`, "  ", "  ", width),
    "",
    ...matchLines(answer, width),
    "",
    paint.bold("Sync decisions of the logs"),
    ...decisionLines(decisions, width),
    "",
    ...(decisive.length === 0
      ? ["Everything that decides is the same in both."]
      : [paint.bold("Differences that decide"), ...differenceLines(decisive, width)]),
    ...harmlessLines(differences, width),
    "",
    ...violationLines(answer, width),
    scenario,
    ...hanging(
      `npx zabsim run ${scenario}; npx zabsim shrink ${scenario}; npx zabsim view ${scenario}`,
      "  ",
      "  ",
      width,
    ),
  ].join("\n");
}

function matchLines({ decisions, epochs, servers }: ReconstructionAnswer, width: number): string[] {
  const share = (all: readonly { readonly matched: boolean }[]): string =>
    `${all.filter(({ matched }) => matched).length} of ${all.length}`;
  const rows = [
    ["epochs and their leaders", share(epochs)],
    ["sync decisions", share(decisions)],
    ...servers.map(({ events, matched, server }) => [`events of server ${server}`, `${matched} of ${events}`]),
  ];
  return indented([["in the logs", "matched by the run"], ...rows], width);
}

function decisionLines(decisions: readonly DecisionAnswer[], width: number): string[] {
  const rows = decisions.map((one) => [
    one.atMs === null ? "?" : `${(one.atMs / 1000).toFixed(3)} s`,
    String(one.epoch ?? "?"),
    String(one.leader ?? "?"),
    String(one.learner),
    one.minCommittedLog === null ? "?" : `${one.minCommittedLog}..${one.maxCommittedLog}`,
    one.lastProcessedZxid ?? "?",
    one.peerLastZxid ?? "?",
    `${one.decision ?? "?"} ${one.zxid ?? ""}`.trimEnd(),
    one.matched ? "yes" : "no",
  ]);
  const head = ["time", "epoch", "leader", "learner", "committedLog", "last", "peer", "decision", "matched"];
  return indented([head, ...rows], width);
}

/** Indents a table. A wide one has narrow gaps. */
function indented(rows: readonly (readonly string[])[], width: number): string[] {
  const [wide, narrow] = ["  ", " "].map((gap) => tableLines(rows, { gap }).map((line) => `  ${line}`));
  const isTooWide = wide?.some((line) => line.length > width) === true;
  return (isTooWide ? narrow : wide) ?? [];
}

function differenceLines(differences: readonly DifferenceAnswer[], width: number): string[] {
  const lines = differences
    .slice(0, MAX_DIFFERENCES)
    .flatMap(({ atMs, event, in: side, server }) =>
      hanging(`${(atMs / 1000).toFixed(3)} s  server ${server}: ${event} (only in the ${side})`, "  ", "    ", width),
    );
  const rest = differences.length - MAX_DIFFERENCES;
  return rest > 0 ? [...lines, `  and ${rest} more`] : lines;
}

/** What differs without consequence, in words. */
const HARMLESS: Readonly<Record<HarmlessReason, string>> = {
  "log-roll": "names of log files that a process begins after a snapshot (the speed of its log thread decides)",
  "late-ack": "ends of a log thread that sends an ACK after its server has left the leader",
  order: "events that both have within 200 ms, in another order",
  end: "elections that have only begun when the logs end",
};

/** Prints the number of differences without consequence, by their reasons, and of those in minor events. */
function harmlessLines(differences: readonly DifferenceAnswer[], width: number): string[] {
  const reasons = Object.entries(HARMLESS).flatMap(([reason, words]) => {
    const count = differences.filter((one) => one.reason === reason).length;
    return count === 0 ? [] : [`${count} in ${words}`];
  });
  const minor = differences.filter((one) => !one.decisive && one.reason === null).length;
  const all = [...reasons, ...(minor === 0 ? [] : [`${minor} in minor events`])];
  if (all.length === 0) return [];
  return [
    "Differences without consequence (--json lists them)",
    ...all.flatMap((one) => hanging(one, "  ", "    ", width)),
  ];
}

function violationLines({ alternatives, violates }: ReconstructionAnswer, width: number): string[] {
  const own =
    violates.length === 0
      ? "The run violates no invariant."
      : `The run violates ${violates.join(", ")}. The logs do not prove this: they leave open what the search chose, ` +
        "such as the moment of a crash and which unsynced writes it lost.";
  const others = alternatives.map((one) => one.violates.join(", ")).join("; ");
  return [
    ...hanging(own, "", "  ", width),
    ...(others === ""
      ? []
      : hanging(`Other scenarios that match the logs as well violate: ${others}.`, "", "  ", width)),
    "",
  ];
}
