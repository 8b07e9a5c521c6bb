/** Prints the answer of `zabsim reconstruct`: what the run of the scenario has in common with the logs. */
import type { ChalkInstance } from "chalk";
import type { DecisionAnswer, DifferenceAnswer, ReconstructionAnswer } from "../reconstruct/answer.ts";
import type { DiskAnswer, DiskFilesAnswer } from "../reconstruct/disk-answer.ts";
import type { HarmlessReason } from "../reconstruct/judged-differences.ts";
import { countOf, hanging } from "./format.ts";
import { shellPath } from "./shell.ts";
import { tableLines, wrappedTable } from "./table-layout.ts";

/** The number of differences that are printed. */
const MAX_DIFFERENCES = 20;

/** Returns the report with lines of at most `width` columns. */
export function reconstructionText(answer: ReconstructionAnswer, paint: ChalkInstance, width: number): string {
  const { decisions, differences, disks, files, matched, runs, scenario, seed } = answer;
  const decisive = differences.filter((one) => one.decisive);
  return [
    ...hanging(`${paint.bold(matched ? "matched" : "not matched")}: ${verdictOf(answer)}`, "", "  ", width),
    ...hanging(`${sourcesText(files, disks)}, ${countOf(runs, "run")}, seed ${seed}`, "  ", "  ", width),
    "",
    ...matchLines(answer, width),
    "",
    paint.bold("Sync decisions of the logs"),
    ...decisionLines(decisions, width),
    "",
    ...diskLines(disks, paint, width),
    ...(decisive.length === 0
      ? [sameText(disks)]
      : [paint.bold("Differences that decide"), ...differenceLines(decisive, width)]),
    ...harmlessLines(differences, width),
    "",
    ...violationLines(answer, width),
    scenario,
    ...hanging(
      ["run", "shrink", "view"].map((command) => `npx zabsim ${command} ${shellPath(scenario)}`).join("; "),
      "  ",
      "  ",
      width,
    ),
  ].join("\n");
}

function verdictOf({ decisions, differences, disks, epochs, matched }: ReconstructionAnswer): string {
  const isShown =
    [...decisions, ...epochs].every((one) => one.matched) && differences.every(({ decisive }) => !decisive);
  const shown =
    "The run of the scenario shows every epoch, leader, sync decision, truncation and exit of the logs, " +
    "in the same order";
  if (matched) return disks.some(isCompared) ? `${shown}, and ends with the disks of the directories.` : `${shown}.`;
  return isShown ? `${shown}, but ends with other disks.` : "The run of the scenario differs from the logs.";
}

function sourcesText(files: readonly string[], disks: readonly DiskAnswer[]): string {
  const directories = disks.length === 1 ? "1 data directory" : `${disks.length} data directories`;
  return disks.length === 0 ? countOf(files.length, "log") : `${countOf(files.length, "log")}, ${directories}`;
}

function sameText(disks: readonly DiskAnswer[]): string {
  return disks.every(({ matched }) => matched !== false)
    ? "Everything that decides is the same in both."
    : "All events that decide are the same in both.";
}

function matchLines({ decisions, disks, epochs, servers }: ReconstructionAnswer, width: number): string[] {
  const share = (all: readonly { readonly matched: boolean | null }[]): string =>
    `${all.filter(({ matched }) => matched).length} of ${all.length}`;
  const compared = disks.filter(isCompared);
  const rows = [
    ["epochs and their leaders", share(epochs)],
    ["sync decisions", share(decisions)],
    ...servers.map(({ events, matched, server }) => [`events of server ${server}`, `${matched} of ${events}`]),
    ...(compared.length === 0 ? [] : [["disks at the end", share(compared)]]),
  ];
  return indented([[disks.length === 0 ? "in the logs" : "in the files", "matched by the run"], ...rows], width);
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

const EPOCHS = "acceptedEpoch/currentEpoch";

function diskLines(disks: readonly DiskAnswer[], paint: ChalkInstance, width: number): string[] {
  if (disks.length === 0) return [];
  const head = ["server", "copied", "epochs", "matched", "log"];
  const rows = disks.flatMap((one) => [
    [String(one.server), COPIED[one.copied], epochsText(one), matchText(one), one.log || "empty"],
    ...(one.run === null || one.matched === true
      ? []
      : [["", "", epochsText(one.run), "run:", one.run.log || "empty"]]),
  ]);
  return [
    ...hanging(`${paint.bold("Disks of the data directories")} (epochs: ${EPOCHS})`, "", "  ", width),
    ...wrappedTable([head, ...rows], width),
    ...copyNotes(disks, width),
    "",
  ];
}

const COPIED: Readonly<Record<DiskAnswer["copied"], string>> = {
  before: "before",
  between: "in between",
  after: "after",
};

/** Why a directory is not compared with the end of the run. */
const NOTES: Readonly<Record<Exclude<DiskAnswer["copied"], "after">, string>> = {
  before: "what the first process of the log loads. The scenario starts with it, and it is not compared with the end.",
  between:
    "older than the end of the log, and not what its first process loads. It is not compared. Give the directory as " +
    "it is after the incident, or as it was before.",
};

function copyNotes(disks: readonly DiskAnswer[], width: number): string[] {
  return (["before", "between"] as const).flatMap((copied) => {
    const servers = disks.filter((one) => one.copied === copied).map(({ server }) => server);
    const subject = `The directory of server ${servers.join(", ")}`;
    return servers.length === 0 ? [] : hanging(`${subject} is ${NOTES[copied]}`, "  ", "  ", width);
  });
}

function isCompared({ matched }: DiskAnswer): boolean {
  return matched !== null;
}

function matchText({ matched }: DiskAnswer): string {
  return matched === null ? "-" : matched ? "yes" : "no";
}

function epochsText({ acceptedEpoch, currentEpoch }: DiskFilesAnswer): string {
  return `${acceptedEpoch ?? "-"}/${currentEpoch ?? "-"}`;
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
