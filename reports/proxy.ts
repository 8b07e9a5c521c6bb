/** Prints what a proxy between real servers has seen: the sync-decision table, the steps, and the counts of links. */
import type { ChalkInstance } from "chalk";
import type { PossibleDecision } from "../decide/possible-decisions.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import type { SeenHandshake } from "../proxy/handshakes.ts";
import type { LinkCount } from "../proxy/links.ts";
import type { ProxyResult } from "../proxy/scenario-proxy.ts";
import type { Step } from "../scenarios/scenario.ts";
import type { StepOutcome } from "../scenarios/script.ts";
import { type DecisionRow, decisionRows } from "./decision-rows.ts";
import { formatMoment, formatSpan, hanging } from "./format.ts";
import { effectText, textOfStep } from "./steps.ts";
import { tableLines } from "./table-layout.ts";

/** What a proxy has seen, and what zabsim says about it. */
export interface ProxyReport {
  readonly result: ProxyResult;
  readonly scenarioSteps: readonly Step[];
  /** The release whose rules are named. */
  readonly release: string;
  /** Returns the rules by which a leader of this release can decide so. */
  readonly rulesOf: (handshake: SeenHandshake) => readonly PossibleDecision[];
  /** The expectations that are not met. */
  readonly unmet: readonly string[];
}

export function proxyText(report: ProxyReport, paint: ChalkInstance, width: number): string {
  const { result, unmet } = report;
  const { active, epoch, handshakes, leader } = result;
  const end =
    leader === undefined
      ? "at the end, no server leads"
      : `at the end, server ${leader} leads epoch ${epoch}; these servers serve: ${active.join(", ")}`;
  return [
    paint.bold("Sync decisions"),
    decisionsText(report, paint, width),
    "",
    ...(handshakes.length === 0 ? [] : [end, ""]),
    ...stepLines(report, paint, width),
    paint.bold("Messages"),
    ...linkLines(result.links, paint),
    ...(unmet.length === 0 ? [] : ["", paint.red("not as expected:"), ...unmet.flatMap((one) => indented(one, width))]),
  ].join("\n");
}

function indented(text: string, width: number): string[] {
  return hanging(text, "  ", "    ", width);
}

function decisionsText(report: ProxyReport, paint: ChalkInstance, width: number): string {
  const { handshakes } = report.result;
  if (handshakes.length === 0) return "  no learner started a handshake with a leader";
  const hasGaps = handshakes.some(({ activeUs }) => activeUs === undefined);
  const notes = hasGaps ? ["-: the handshake had not come so far"] : [];
  return decisionRows(
    handshakes.map((one) => rowOf(one, report, paint)),
    paint,
    { width, notes },
  );
}

function rowOf(handshake: SeenHandshake, report: ProxyReport, paint: ChalkInstance): DecisionRow {
  const { activeUs, epochAccepted, epochAcked, epochOffered, isObserver, leader, learner, operation } = handshake;
  const { committed, peerLastZxid, proposals, startUs, zxid } = handshake;
  const waiting = proposals - committed;
  const reason = reasonOf(handshake, report);
  const isDecided = operation !== undefined && zxid !== undefined;
  return {
    title: `leader ${leader}${epochAccepted === undefined ? "" : `, epoch ${epochAccepted}`}`,
    cells: {
      learner: `${learner} ${isObserver ? "observer" : "follower"}`,
      epochs: [epochOffered, epochAccepted ?? "-", epochAcked ?? "-"].join("/"),
      peer: peerLastZxid === undefined ? "-" : zxidText(peerLastZxid),
      decision: paint.bold(isDecided ? `${operation} ${zxidText(zxid)}` : "none"),
      sent: isDecided ? (waiting > 0 ? `${committed}+${waiting}` : String(proposals)) : "-",
      time: activeUs === undefined ? "-" : formatSpan(activeUs - startUs),
    },
    reason,
    narrowReason: reason,
  };
}

function reasonOf(handshake: SeenHandshake, { release, rulesOf }: ProxyReport): string {
  const { activeUs, firstZxid, isEnded, lastZxid, operation } = handshake;
  const parts: string[] = [];
  if (operation === undefined) parts.push("no sync decision");
  else {
    const rules = rulesOf(handshake);
    if (rules.length === 0) parts.push(`no rule of ${release} decides so`);
    else if (rules.length === 1) parts.push(rules[0]?.why ?? "");
    else parts.push(`one of the rules ${rules.map(({ rule }) => rule).join(", ")}`);
  }
  if (firstZxid !== undefined && lastZxid !== undefined) {
    parts.push(
      firstZxid === lastZxid ? `sent ${zxidText(firstZxid)}` : `sent ${zxidText(firstZxid)}..${zxidText(lastZxid)}`,
    );
  }
  if (isEnded && activeUs === undefined) parts.push("the connection ended first");
  return parts.join("; ");
}

/** Returns a zxid as `epoch:counter`; -1 is `none`. */
function zxidText(zxid: bigint): string {
  return zxid === -1n ? "none" : formatZxid64(zxid);
}

function stepLines({ result, scenarioSteps }: ProxyReport, paint: ChalkInstance, width: number): string[] {
  if (result.steps.length === 0) return [];
  const lines = result.steps.flatMap((outcome) => {
    const step = scenarioSteps[outcome.step];
    return indented(`${outcome.step + 1}  ${stepResult(outcome, step)}`, width);
  });
  return [paint.bold("Steps"), ...lines, ""];
}

function stepResult({ atUs, effect }: StepOutcome, step: Step | undefined): string {
  const text = step === undefined ? "" : textOfStep(step);
  if (atUs === undefined) return `${text}: not performed`;
  return `${text}: at ${formatMoment(atUs)} s${effect === undefined ? "" : `, ${effectText(effect)}`}`;
}

function linkLines(links: readonly LinkCount[], paint: ChalkInstance): string[] {
  if (links.length === 0) return ["  no server has connected"];
  const hasDuplicates = links.some(({ duplicated }) => duplicated > 0);
  const titles = ["link", "seen", "passed", "held", "dropped", "undelivered", ...(hasDuplicates ? ["duplicated"] : [])];
  const rows = links.map(({ dropped, duplicated, from, held, passed, seen, to, undelivered }) => {
    const counts = [seen, passed, held, dropped, undelivered, ...(hasDuplicates ? [duplicated] : [])];
    return [`${nameOf(from)} → ${nameOf(to)}`, ...counts.map(String)];
  });
  const aligns = ["left", ...titles.slice(1).map(() => "right" as const)] as const;
  return tableLines([titles.map((title) => paint.dim(title)), ...rows], { gap: "  ", aligns }).map(
    (line) => `  ${line}`,
  );
}

function nameOf(server: number): string {
  return server < 0 ? "?" : String(server);
}

/** Returns the report as JSON values: zxids are texts such as `1:5`. */
export function proxyJson({ result, rulesOf, scenarioSteps, unmet }: ProxyReport): object {
  const { active, epoch, handshakes, leader, links, steps } = result;
  const zxidJson = (zxid: bigint | undefined): string | null => (zxid === undefined ? null : zxidText(zxid));
  return {
    handshakes: handshakes.map((one) => ({
      ...{ leader: one.leader, learner: one.learner, observer: one.isObserver },
      ...{ epochOffered: one.epochOffered, epochAccepted: one.epochAccepted ?? null },
      ...{ epochAcked: one.epochAcked ?? null, peerLastZxid: zxidJson(one.peerLastZxid) },
      ...{ decision: one.operation ?? null, zxid: zxidJson(one.zxid) },
      ...{ proposals: one.proposals, committed: one.committed },
      ...{ firstZxid: zxidJson(one.firstZxid), lastZxid: zxidJson(one.lastZxid) },
      ...{ startUs: one.startUs, activeUs: one.activeUs ?? null, ended: one.isEnded },
      rules: one.operation === undefined ? [] : rulesOf(one).map(({ rule }) => rule),
    })),
    leader: leader ?? null,
    epoch: epoch ?? null,
    active,
    steps: steps.map(({ atUs, effect, step }) => ({
      ...{ step: step + 1, text: textOfStep(scenarioSteps[step] as Step), atUs: atUs ?? null, effect: effect ?? null },
    })),
    links,
    unmet,
  };
}
