/**
 * The state of a server as rows of text: a name and a value. The page and the terminal debugger show the same rows, and
 * find changes by comparing the rows of two moments.
 */
import type { ServerView } from "../../cluster/server-view.ts";
import { type LeaderView, type LearnerView, type PeerView, PHASE_NAMES, type Zxid } from "../../protocol/index.ts";
import { formatMoment } from "../../reports/format.ts";
import { zxidText } from "./describe-event.ts";

/** One row. */
export interface ServerRow {
  readonly name: string;
  readonly value: string;
}

/** The names of the states of a server, by code. */
export const STATE_NAMES = ["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"] as const;

/** Returns the state and the phase of a server, such as `LEADING · BROADCAST`. */
export function roleText({ peer, process }: ServerView): string {
  if (peer === undefined) return "down";
  const role = `${STATE_NAMES[peer.state]} · ${PHASE_NAMES[peer.phase]}`;
  return process === "paused" ? `${role}, paused` : role;
}

/** Returns the rows of a server. A row without content is absent. */
export function serverRows(server: ServerView): readonly ServerRow[] {
  const { disk, peer, pending, timers } = server;
  const rows = [
    ["role", roleText(server)],
    ["epochs", epochsText(server)],
    ...(peer === undefined ? [] : [...peerRows(peer), ...leaderRows(peer.leader), ...learnerRows(peer.learner)]),
    ["snapshots", snapshotsText(disk.snapshots)],
    ["disk operations", pending.join(", ")],
    ["timers", timers.map(({ dueUs, name }) => `${name} at ${formatMoment(dueUs)}`).join("; ")],
  ] as const;
  return rows.filter(([, value]) => value !== "").map(([name, value]) => ({ name, value }));
}

function epochsText({ disk, peer }: ServerView): string {
  const written = `accepted ${disk.acceptedEpoch ?? "none"}, current ${disk.currentEpoch ?? "none"}`;
  if (peer === undefined) return `on disk: ${written}`;
  const isWritten = peer.acceptedEpoch === disk.acceptedEpoch && peer.currentEpoch === disk.currentEpoch;
  const inMemory = `accepted ${peer.acceptedEpoch}, current ${peer.currentEpoch}`;
  return isWritten ? inMemory : `${inMemory} (on disk: ${written})`;
}

type Pair = readonly [name: string, value: string];

function peerRows({ committedLog, election, lastProcessedZxid, tree }: PeerView): readonly Pair[] {
  const { isRunning, received, round, vote } = election;
  const votes = received.map(({ from, leader, zxid }) => `${from} votes for ${leader} (${zxidText(zxid)})`).join(", ");
  const own = `${isRunning ? "proposes" : "vote"} ${vote.leader} (${zxidText(vote.zxid)}, epoch ${vote.peerEpoch})`;
  return [
    ["last processed", `${zxidText(lastProcessedZxid)} (${tree.length} transactions in the tree)`],
    [
      "committedLog",
      committedLog === undefined
        ? "empty"
        : `${zxidText(committedLog.min)}..${zxidText(committedLog.max)} (${committedLog.length})`,
    ],
    ["election", `round ${round}, ${own}${votes === "" ? "" : `; ${votes}`}`],
  ];
}

function leaderRows(leader: LeaderView | undefined): readonly Pair[] {
  if (leader === undefined) return [];
  const proposals = leader.outstanding.map(
    ({ acks, zxid }) => `${zxidText(zxid)} (ACKs: ${acks.join(", ") || "none"})`,
  );
  return [
    ["leader", `${leader.step}, epoch ${leader.epoch < 0 ? "-" : leader.epoch}`],
    ["counted for the epoch", listText(leader.connecting)],
    ["counted for ACKEPOCH", listText(leader.electing)],
    ["ACKs of NEWLEADER", listText(leader.newLeaderAcks)],
    ["forwarding to", listText([...leader.forwarding, ...leader.observing])],
    ["outstanding proposals", proposals.join(", ")],
    ["toBeApplied", zxidList(leader.toBeApplied)],
    ["last proposed", `${zxidText(leader.lastProposed)}, last committed ${zxidText(leader.lastCommitted)}`],
    ["handlers", leader.handlers.map(({ learner, step }) => `${learner < 0 ? "?" : learner}: ${step}`).join(", ")],
  ];
}

function learnerRows(learner: LearnerView | undefined): readonly Pair[] {
  if (learner === undefined) return [];
  return [
    ["learner", `of ${learner.master}, ${learner.step}`],
    ["pending", zxidList(learner.pending)],
    ["proposals without COMMIT", zxidList(learner.notLogged)],
    ["commits until UPTODATE", zxidList(learner.committed)],
  ];
}

const SNAPSHOTS_MAX = 4;

/** The newest snapshots decide what a restart loads, so a long list shows only these. */
function snapshotsText(snapshots: readonly Zxid[]): string {
  const newest = snapshots.slice(-SNAPSHOTS_MAX).map(zxidText).join(", ");
  return snapshots.length > SNAPSHOTS_MAX ? `${snapshots.length - SNAPSHOTS_MAX} older, ${newest}` : newest;
}

function listText(ids: readonly number[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}

const ZXIDS_MAX = 12;

function zxidList(zxids: readonly Zxid[]): string {
  const shown = zxids.slice(0, ZXIDS_MAX).map(zxidText).join(", ");
  return zxids.length > ZXIDS_MAX ? `${shown} and ${zxids.length - ZXIDS_MAX} more` : shown;
}
