/** Prints the answer of `zabsim doctor`: the servers, their transactions, the starts, the findings and the advice. */
import type { DoctorAnswer, OutcomeAnswer, ServerAnswer, TransactionsAnswer } from "../doctor/diagnose.ts";
import { countOf, hanging } from "./format.ts";
import { shellPath } from "./shell.ts";
import { wrappedTable } from "./table-layout.ts";

/** The answer, where the configuration comes from, and the file of the scenario. */
export type DoctorDocument = DoctorAnswer & { readonly configuration: string; readonly scenario: string | null };

const STATUS: Readonly<Record<TransactionsAnswer["status"], string>> = {
  committed: "committed",
  "possibly-committed": "possibly committed",
  "not-committed": "not committed",
  lost: "LOST",
};
const SEVERITY: Readonly<Record<DoctorAnswer["findings"][number]["severity"], string>> = {
  loss: "LOSS",
  fault: "FAULT",
  note: "note",
};
/** The largest number of groups of transactions, the newest ones, that are printed. */
const GROUPS_MAX = 12;
const OUTCOMES_MAX = 24;

/** Returns the text of an answer with lines of at most `width` columns. */
export function doctorText(document: DoctorDocument, width: number): string {
  const sections = [
    headLines(document, width),
    serverLines(document.servers, width),
    transactionLines(document.transactions, width),
    startLines(document, width),
    findingLines(document, width),
    adviceLines(document, width),
    scenarioLines(document, width),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

function headLines(document: DoctorDocument, width: number): string[] {
  const { configuration, newestRelease, servers, voters, zookeeper } = document;
  const isMixed = servers.some((one) => one.zookeeper !== zookeeper);
  const named = isMixed ? servers.map((one) => one.zookeeper).join(", ") : zookeeper;
  const release = named === "newest" ? `the newest release (${newestRelease})` : `ZooKeeper ${named}`;
  return hanging(`Voters ${voters.join(", ")} (from ${configuration}), started with ${release}.`, "", "", width);
}

// ---- the servers

function serverLines(servers: readonly ServerAnswer[], width: number): string[] {
  const head = ["server", "starts", "epochs", "last zxid", "snapshot", "log after it"];
  const rows = servers.map((one) => [
    `${one.server}${one.role === "observer" ? " observer" : ""}`,
    one.starts ? "yes" : "NO",
    `${one.acceptedEpoch ?? "-"}/${one.currentEpoch ?? "-"}`,
    one.lastZxid ?? "-",
    one.snapshot ?? one.unusedSnapshot?.file ?? "none",
    replayedText(one),
  ]);
  return ["What each server loads (epochs: acceptedEpoch/currentEpoch):", ...wrappedTable([head, ...rows], width)];
}

function replayedText({ replayed, unusedSnapshot }: ServerAnswer): string {
  if (unusedSnapshot !== null) return `not used: ${unusedSnapshot.why}`;
  return replayed === "" ? "nothing" : replayed;
}

// ---- the transactions

function transactionLines(groups: readonly TransactionsAnswer[], width: number): string[] {
  if (groups.length === 0) return ["No transactions were found."];
  const older = groups.slice(0, -GROUPS_MAX);
  const rows = groups
    .slice(-GROUPS_MAX)
    .map((group) => [group.zxids, STATUS[group.status], list(group.holders), remarksOn(group)]);
  const count = older.reduce((sum, one) => sum + one.count, 0);
  const before = older.length === 0 ? [] : [`  (${countOf(count, "older transaction")}: see --json)`];
  return ["Transactions:", ...before, ...wrappedTable([["zxids", "status", "voters", ""], ...rows], width)];
}

function remarksOn({ staleAt, supersededBy, unknownAt, unloadedAt }: TransactionsAnswer): string {
  return [
    ...(staleAt.length > 0 ? [`in the log of ${list(staleAt)} below a newer snapshot`] : []),
    ...(unloadedAt.length > 0 ? [`in the log of ${list(unloadedAt)}, which cannot be loaded`] : []),
    ...(supersededBy.length > 0 ? [`the later epoch of ${list(supersededBy)} lacks them`] : []),
    ...(unknownAt.length > 0 ? [`not known of ${list(unknownAt)}`] : []),
  ].join("; ");
}

function list(ids: readonly number[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}

// ---- the starts

function startLines({ starts: { outcomes, runs } }: DoctorDocument, width: number): string[] {
  if (runs === 0) return [];
  const head = ["servers", "orders", "leader", "result"];
  const rows = outcomes
    .slice(0, OUTCOMES_MAX)
    .map((one) => [one.servers.join(", "), ordersText(one), leaderText(one), resultText(one)]);
  const more = outcomes.slice(OUTCOMES_MAX);
  return [
    ...hanging(`Who can lead, by ${countOf(runs, "start")} in the simulator:`, "", "", width),
    ...wrappedTable([head, ...rows], width),
    ...(more.length === 0 ? [] : [`  (${countOf(more.length, "more result")}: see --json)`]),
  ];
}

function ordersText({ example, ofOrders, orders }: OutcomeAnswer): string {
  if (orders === ofOrders) return "any";
  return orders === 1 ? example.join(",") : `${orders} of ${ofOrders}`;
}

function leaderText({ epoch, leader }: OutcomeAnswer): string {
  return leader === null ? "none" : `${leader}, epoch ${epoch}`;
}

function resultText(outcome: OutcomeAnswer): string {
  const { idle, lostCommitted, lostPossiblyCommitted, removed, violations } = outcome;
  const parts = [
    ...(lostCommitted === "" ? [] : [`LOSES ${lostCommitted}, which was committed`]),
    ...(lostPossiblyCommitted === "" ? [] : [`LOSES ${lostPossiblyCommitted}, which was possibly committed`]),
    ...(violations.length === 0 ? [] : [`violates ${violations.join(", ")}`]),
    ...(idle.length === 0 ? [] : [`servers that do not serve: ${list(idle)}`]),
    ...removed.map(({ server, zxids }) => `removes ${zxids} from server ${server}`),
  ];
  return parts.length === 0 ? "loses nothing" : parts.join("; ");
}

// ---- findings, advice, scenario

function findingLines({ findings }: DoctorDocument, width: number): string[] {
  if (findings.length === 0) return ["Findings: none. Nothing is wrong."];
  return [
    "Findings:",
    ...findings.flatMap(({ server, severity, text }) => {
      const first = `  ${SEVERITY[severity].padEnd(5)}  `;
      const subject = server === null ? "" : `server ${server}: `;
      return hanging(`${subject}${text}`, first, " ".repeat(first.length), width);
    }),
  ];
}

function adviceLines({ advice }: DoctorDocument, width: number): string[] {
  if (advice.length === 0) return ["Advice: none that is safe in the simulator. Keep all directories as they are."];
  return [
    "Advice for stopped servers (leave those running that serve):",
    ...advice.flatMap(({ text, trial }, i) => [
      ...hanging(text, `  ${i + 1}. `, "     ", width),
      ...(trial === null ? [] : hanging(`Tried: ${trial}`, "     ", "     ", width)),
    ]),
  ];
}

function scenarioLines({ scenario }: DoctorDocument, width: number): string[] {
  if (scenario === null) return [];
  const path = shellPath(scenario);
  return [...hanging(`Wrote ${path}. To find out what can still go wrong:`, "", "", width), `  zabsim fuzz ${path}`];
}
