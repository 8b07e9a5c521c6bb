/**
 * The state of a server as rows of text: a name and a value. The page and the terminal debugger show the same rows, and
 * find changes by comparing the rows of two moments.
 */
import type { ServerView } from "../../cluster/server-view.ts";
import {
  type LeaderView,
  type LearnerView,
  type PeerView,
  PHASE_NAMES,
  ZERO_ZXID,
  type Zxid,
} from "../../protocol/index.ts";
import { formatMoment } from "../../reports/format.ts";
import { zxidText } from "./message-text.ts";

/** One row. */
export interface ServerRow {
  readonly name: string;
  readonly value: string;
  /** What the row means; undefined if its name says it. */
  readonly about?: string;
  /** Whether the value contradicts the disk of the server. */
  readonly isOdd?: boolean;
}

/** What the rows mean, by name. */
export const ROW_MEANINGS: Readonly<Record<string, string>> = {
  epochs: "acceptedEpoch: the newest epoch that the server accepted. currentEpoch: that of the last NEWLEADER",
  "last processed": "lastProcessedZxid: the last transaction that the server has applied in memory",
  committedLog: "the committed transactions in memory with which a leader synchronizes learners: first, last, number",
  leader: "what the main thread of the leader does, and the epoch that it proposes",
  "quorum for the epoch": "the servers that the leader has counted to choose the epoch (connectingFollowers)",
  "quorum of ACKEPOCH": "the servers whose ACKEPOCH the leader has counted (electingFollowers)",
  "ACKs of NEWLEADER": "the servers whose ACK of NEWLEADER counts for the establishment of the leader",
  "sends proposals to": "the learners that get each new proposal or INFORM (forwardingFollowers, observingLearners)",
  "outstanding proposals": "the proposals that are not committed, with the servers that acknowledged them",
  toBeApplied: "the committed transactions that the leader has not applied in memory",
  handlers: "what the LearnerHandler of each learner does",
  learner: "the leader of this learner, and what the main thread of the learner does",
  pending: "the transactions that the server has logged or logs now, and that are not committed (pendingTxns)",
  "proposals only in memory":
    "the proposals that the server received while it synchronizes, and neither logged nor applied (packetsNotLogged)",
  "COMMITs not applied yet":
    "the COMMITs that the server has received while it synchronizes, and applies later (packetsCommitted)",
  snapshots: "the last zxid of each snapshot on disk; 0:0 is a snapshot of the empty database",
};

/** The steps of the main threads and of the LearnerHandlers, in words. A step that is absent says what it does. */
const STEPS: Readonly<Record<string, string>> = {
  "reading-op": "waits for DIFF, TRUNC or SNAP",
  reading: "reads proposals and COMMITs until NEWLEADER or UPTODATE",
  "saving-snapshot": "saves a snapshot",
  "syncing-log": "syncs its log",
  "writing-epoch": "writes currentEpoch",
  "acking-newleader": "waits for a quorum of ACKs of NEWLEADER",
  preempted: "waits until its main thread runs again",
};

function stepText(step: string): string {
  return STEPS[step] ?? step;
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
    ...(peer === undefined
      ? []
      : [...peerRows(peer, server), ...leaderRows(peer.leader), ...learnerRows(peer.learner)]),
    ["snapshots", snapshotsText(disk.snapshots.map(({ zxid }) => zxid))],
    ["disk operations", pending.join(", ")],
    ["timers", timers.map(({ dueUs, name }) => `${name} at ${formatMoment(dueUs)}`).join("; ")],
  ] as const;
  return rows
    .filter(([, value]) => value !== "")
    .map(([name, value]) => ({
      name,
      value,
      ...(ROW_MEANINGS[name] === undefined ? {} : { about: ROW_MEANINGS[name] }),
      ...(name === "last processed" && diskEndBelowMemory(server) !== undefined ? { isOdd: true } : {}),
    }));
}

function epochsText({ disk, peer }: ServerView): string {
  const written = `accepted ${disk.acceptedEpoch ?? "none"}, current ${disk.currentEpoch ?? "none"}`;
  if (peer === undefined) return `on disk: ${written}`;
  const isWritten = peer.acceptedEpoch === disk.acceptedEpoch && peer.currentEpoch === disk.currentEpoch;
  const inMemory = `accepted ${peer.acceptedEpoch}, current ${peer.currentEpoch}`;
  return isWritten ? inMemory : `${inMemory} (on disk: ${written})`;
}

type Pair = readonly [name: string, value: string];

/**
 * Returns the last zxid on disk if the server has applied a later transaction. The zxid of a new epoch, which has the
 * counter 0, is no transaction.
 */
function diskEndBelowMemory({ disk, peer }: ServerView): Zxid | undefined {
  if (peer === undefined || peer.tree.length === 0) return undefined;
  const ends = [...disk.log.map(({ records }) => records.zxid), ...disk.snapshots.map(({ zxid }) => zxid)];
  const end = ends.reduce((last, zxid) => (zxid > last ? zxid : last), ZERO_ZXID);
  return end < peer.tree.zxid ? end : undefined;
}

function peerRows({ committedLog, election, lastProcessedZxid, tree }: PeerView, server: ServerView): readonly Pair[] {
  const { isRunning, received, round, vote } = election;
  const votes = received.map(({ from, leader, zxid }) => `${from} votes for ${leader} (${zxidText(zxid)})`).join(", ");
  const own = `${isRunning ? "proposes" : "vote"} ${vote.leader} (${zxidText(vote.zxid)}, epoch ${vote.peerEpoch})`;
  const end = diskEndBelowMemory(server);
  const contradiction = end === undefined ? "" : `; the disk ends at ${zxidText(end)}`;
  return [
    ["last processed", `${zxidText(lastProcessedZxid)} (${tree.length} transactions in the tree${contradiction})`],
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
  const lastCommitted = leader.lastCommitted < 0 ? "none" : zxidText(leader.lastCommitted);
  return [
    ["leader", `${stepText(leader.step)}, epoch ${leader.epoch < 0 ? "not chosen" : leader.epoch}`],
    ["quorum for the epoch", listText(leader.connecting)],
    ["quorum of ACKEPOCH", listText(leader.electing)],
    ["ACKs of NEWLEADER", listText(leader.newLeaderAcks)],
    ["sends proposals to", listText([...leader.forwarding, ...leader.observing])],
    ["outstanding proposals", proposals.join(", ")],
    ["toBeApplied", zxidList(leader.toBeApplied)],
    ["last proposed", `${zxidText(leader.lastProposed)}, last committed ${lastCommitted}`],
    [
      "handlers",
      leader.handlers.map(({ learner, step }) => `${learner < 0 ? "?" : learner}: ${stepText(step)}`).join(", "),
    ],
  ];
}

function learnerRows(learner: LearnerView | undefined): readonly Pair[] {
  if (learner === undefined) return [];
  return [
    ["learner", `of ${learner.master}, ${stepText(learner.step)}`],
    ["pending", zxidList(learner.pending)],
    ["proposals only in memory", zxidList(learner.notLogged)],
    ["COMMITs not applied yet", zxidList(learner.committed)],
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
