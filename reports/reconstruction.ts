/** Prints the answer of `zabsim reconstruct`: what the run of the scenario has in common with the logs. */
import type { ChalkInstance } from "chalk";
import type { DecisionAnswer, DifferenceAnswer, ReconstructionAnswer } from "../reconstruct/answer.ts";
import { countOf, hanging } from "./format.ts";
import { tableLines } from "./table-layout.ts";

/** The number of differences that are printed. */
const MAX_DIFFERENCES = 20;

/** Returns the report with lines of at most `width` columns. */
export function reconstructionText(answer: ReconstructionAnswer, paint: ChalkInstance, width: number): string {
  const { decisions, differences, files, matched, runs, scenario, seed } = answer;
  const verdict = matched
    ? "The run of the scenario shows every epoch, leader, sync decision and exit of the logs."
    : "The run of the scenario differs from the logs.";
  const decisive = differences.filter((one) => one.decisive);
  return [
    ...hanging(`${paint.bold(matched ? "matched" : "not matched")}: ${verdict}`, "", "  ", width),
    ...hanging(`${countOf(files.length, "log")}, ${countOf(runs, "run")}, seed ${seed}`, "  ", "  ", width),
    "",
    ...matchLines(answer),
    "",
    paint.bold("Sync decisions of the logs"),
    ...decisionLines(decisions),
    "",
    ...(decisive.length === 0
      ? ["Everything that decides is the same in both."]
      : [paint.bold("Differences that decide"), ...differenceLines(decisive, width)]),
    ...(differences.length > decisive.length
      ? [`  ${countOf(differences.length - decisive.length, "other difference")}; --json lists them`]
      : []),
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

function matchLines({ decisions, epochs, servers }: ReconstructionAnswer): string[] {
  const share = (all: readonly { readonly matched: boolean }[]): string =>
    `${all.filter(({ matched }) => matched).length} of ${all.length}`;
  const rows = [
    ["epochs and their leaders", share(epochs)],
    ["sync decisions", share(decisions)],
    ...servers.map(({ events, matched, server }) => [`events of server ${server}`, `${matched} of ${events}`]),
  ];
  return indented([["in the logs", "matched by the run"], ...rows]);
}

function decisionLines(decisions: readonly DecisionAnswer[]): string[] {
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
  return indented([head, ...rows]);
}

function indented(rows: readonly (readonly string[])[]): string[] {
  return tableLines(rows, { gap: "  " }).map((line) => `  ${line}`);
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
