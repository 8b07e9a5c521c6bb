/** The timeline of an ensemble: what each server did, in the order of the reference clock. */
import { formatZxid64 } from "../protocol/zxid.ts";
import type { Ensemble, ExplainedHandshake } from "./ensemble.ts";
import { listOf, spanText } from "./finding.ts";
import type { Election, Evidence } from "./history.ts";
import { stateChanges } from "./states.ts";

/** One event of the timeline. */
export interface TimelineEvent {
  /** By the reference clock. */
  readonly timeMs: number;
  readonly server: number;
  readonly text: string;
  readonly at: Evidence;
}

/** Returns the events of all servers, in the order of time. */
export function timelineOf(ensemble: Ensemble): TimelineEvent[] {
  const events: TimelineEvent[] = stateChanges(ensemble).map(({ at, server, state, timeMs }) => ({
    ...{ timeMs, server, at },
    text: state,
  }));
  const add = (at: Evidence, text: string): void => {
    const timeMs = ensemble.aligned(at.server, at.timeMs);
    if (timeMs !== undefined) events.push({ timeMs, server: at.server, text, at });
  };
  for (const { disk, elections, periods, processes } of ensemble.histories) {
    for (const election of elections) addElection(election, add);
    for (const { problems } of periods) for (const { at } of problems) add(at, at.text);
    for (const { fatal } of processes) for (const at of fatal) add(at, at.text);
    for (const { at, kind, zxid } of disk)
      if (kind === "snapshot-taken") add(at, `takes a snapshot at ${formatZxid64(zxid)}`);
  }
  for (const handshake of ensemble.handshakes) addHandshake(handshake, add);
  return events.sort((a, b) => a.timeMs - b.timeMs || a.server - b.server || a.at.line - b.at.line);
}

type Add = (at: Evidence, text: string) => void;

function addElection({ at, heard, unreachable, zxid }: Election, add: Add): void {
  if (zxid !== undefined) add(at, `starts an election with zxid ${formatZxid64(zxid)}`);
  for (const [sid, { first, leader, peerEpoch, round, state, zxid: voted }] of heard) {
    if (sid === at.server) continue;
    const vote = `${leader} (zxid ${formatZxid64(voted)}, epoch ${peerEpoch}, round ${round})`;
    add(first, `hears server ${sid} (${state}), whose last vote is for ${vote}`);
  }
  for (const [sid, { address, at: line, count }] of unreachable) {
    add(line, `cannot connect to server ${sid} at ${address}${count === 1 ? "" : ` (${count} times)`}`);
  }
}

function addHandshake(
  { check, facts, leaderSide, learner, learnerSide, operation, zxid }: ExplainedHandshake,
  add: Add,
): void {
  const packet = `${operation ?? "an unknown packet"}${zxid === undefined ? "" : ` ${formatZxid64(zxid)}`}`;
  if (leaderSide !== undefined && facts !== undefined) {
    const rules = check.rules.length === 0 ? "" : ` (${listOf(check.rules)})`;
    add(
      leaderSide.at,
      `synchronizes server ${learner}, which is at ${formatZxid64(facts.peerLastZxid)}: ${packet}${rules}`,
    );
  }
  if (learnerSide === undefined) return;
  add(learnerSide.at, `receives ${packet}`);
  const { at, upToDateMs } = learnerSide;
  if (upToDateMs !== undefined && at.timeMs !== undefined) {
    add({ ...at, timeMs: upToDateMs }, `serves ${spanText(upToDateMs - at.timeMs)} after the packet`);
  }
}
