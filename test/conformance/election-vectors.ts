/**
 * Questions about votes and quorums, in the form of the recorded ones, and the answers of the core: totalOrderPredicate
 * (order), Vote#equals (same), getVoteTracker or termPredicate (tally), checkLeader (leader), QuorumVerifier#getWeight
 * (weight) and #containsQuorum (quorum), SyncedLearnerTracker (acks), ZxidUtils (zxid), and call after call
 * Leader#getEpochToPropose (propose), #waitForEpochAck (ack) and #waitForNewLeaderAck (new).
 */
import { Configurations } from "../../protocol/configurations.ts";
import type { Effects } from "../../protocol/effects.ts";
import { type ElectionServer, FastLeaderElection } from "../../protocol/election/fast-leader-election.ts";
import { isBetterVote, sameVote, type Vote } from "../../protocol/election/vote.ts";
import { EpochAck, type StateSummary } from "../../protocol/leader/epoch-ack.ts";
import { EpochProposal } from "../../protocol/leader/epoch-proposal.ts";
import { NewLeaderAck } from "../../protocol/leader/newleader-ack.ts";
import { FOLLOWING, LEADING, LOOKING, OBSERVING, type ServerState } from "../../protocol/packets.ts";
import { AckSet, countingObservers, hierarchical, majority, type QuorumVerifier } from "../../protocol/quorum.ts";
import { behaviorOf, NEWEST } from "../../protocol/releases.ts";
import { DEFAULT_SETTINGS } from "../../protocol/settings.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  counterOf,
  epochOf,
  formatZxidHex,
  makeZxid,
  type ServerId,
  type Zxid,
} from "../../protocol/zxid.ts";
import { fieldsOf } from "./input-fields.ts";

const STATES: Readonly<Record<string, ServerState>> = { LOOKING, FOLLOWING, LEADING, OBSERVING };

function serverIds(text = ""): ServerId[] {
  return text === "" ? [] : text.split(",").map((sid) => asServerId(Number(sid)));
}

/** Zxids are decimal, or hexadecimal as unsigned numbers of 64 bits. */
function zxidOf(text = ""): Zxid {
  return asZxid(Number(BigInt.asIntN(64, BigInt(text))));
}

/** Parses `m/VOTERS/OBSERVERS` or `h/GROUP|GROUP/OBSERVERS/SID:WEIGHT,...`. */
function verifierOf(text = ""): QuorumVerifier {
  const [type, voters = "", observers, weights = ""] = text.split("/");
  if (type === "m") return majority(serverIds(voters), serverIds(observers));
  const weightOf = weights === "" ? [] : weights.split(",").map((pair) => pair.split(":").map(Number));
  return hierarchical(
    voters.split("|").map(serverIds),
    new Map(weightOf.map(([sid = 0, weight = 0]) => [asServerId(sid), weight])),
    serverIds(observers),
  );
}

function voteOf(text = ""): Vote {
  const [id, zxid, round, epoch, state, version] = text.split(",");
  return {
    id: asServerId(Number(id)),
    zxid: zxidOf(zxid),
    electionEpoch: Number(round),
    peerEpoch: asEpoch(Number(epoch)),
    state: STATES[state as string] as ServerState,
    version: Number(version),
  };
}

function votesOf(text = ""): Map<ServerId, Vote> {
  return new Map(
    listOf(text).map((entry) => {
      const [sid, vote] = entry.split(":");
      return [asServerId(Number(sid)), voteOf(vote)];
    }),
  );
}

function listOf(text = ""): string[] {
  return text === "" ? [] : text.split("|");
}

type Fields = Readonly<Record<string, string>>;

const NO_EFFECTS = { setTimer: () => {} } as unknown as Effects;

/** Makes a list of calls. Each caller times out before the next call, unless it gets an answer immediately. */
function answersOf(
  calls: string | undefined,
  call: (fields: readonly string[], answer: (text: string) => void) => void,
): string[] {
  return listOf(calls).map((text) => {
    const answers: string[] = [];
    call(text.split(":"), (answer) => answers.push(answer));
    return answers[0] ?? "timeout";
  });
}

/** The election of one server that has no connections. */
function electionOf(qv: string | undefined, myid = "0"): FastLeaderElection {
  const host = {
    behavior: NEWEST,
    settings: DEFAULT_SETTINGS,
    effects: NO_EFFECTS,
    notes: undefined as never,
    myid: asServerId(0),
    ownNameFails: false,
  };
  const configurations = new Configurations(host, verifierOf(qv), undefined);
  const server = { configurations, myid: asServerId(Number(myid)) };
  return new FastLeaderElection(server as ElectionServer, undefined as never, NO_EFFECTS, undefined as never);
}

/** The verifier of the quorums of epochs, as Peer makes it. */
function epochVerifierOf(qv: string | undefined, release: string): QuorumVerifier {
  return behaviorOf(release).observersDoNotCount ? verifierOf(qv) : countingObservers(verifierOf(qv));
}

const ANSWERS: Readonly<Record<string, (fields: Fields, release: string) => unknown>> = {
  order: ({ qv, new: proposed = "", cur = "" }) => {
    const [id, zxid, epoch] = proposed.split(",").map(Number) as [number, number, number];
    const [curId, curZxid, curEpoch] = cur.split(",").map(Number) as [number, number, number];
    return isBetterVote(
      verifierOf(qv),
      asServerId(id),
      asZxid(zxid),
      asEpoch(epoch),
      asServerId(curId),
      asZxid(curZxid),
      asEpoch(curEpoch),
    );
  },
  same: ({ a, b }) => sameVote(voteOf(a), voteOf(b)),
  tally: ({ qv, vote, votes }) => electionOf(qv).tally(votesOf(votes), voteOf(vote)).hasQuorum,
  leader: ({ epoch, leader, myid, qv, round, votes }) => {
    const election = electionOf(qv, myid);
    election.round = Number(round);
    return election.checkLeader(votesOf(votes), asServerId(Number(leader)), Number(epoch));
  },
  weight: ({ qv, sid }) => verifierOf(qv).weightOf(asServerId(Number(sid))),
  quorum: ({ qv, set }) => verifierOf(qv).containsQuorum([...new Set(serverIds(set))]),
  acks: ({ qv, set }, release) => {
    // 3.4 has no SyncedLearnerTracker.
    if (release.startsWith("3.4.")) return null;
    const acks = new AckSet(verifierOf(qv));
    return { added: serverIds(set).map((sid) => acks.add(sid)), quorum: acks.hasQuorum };
  },
  zxid: ({ counter, epoch, zxid }) => {
    const read = zxidOf(zxid);
    return {
      make: formatZxidHex(makeZxid(asEpoch(Number(epoch)), Number(counter))),
      epoch: String(epochOf(read)),
      counter: String(counterOf(read)),
      text: formatZxidHex(read).slice(2),
    };
  },
  propose: ({ calls, myid, qv }, release) => {
    const written: number[] = [];
    const effects = { ...NO_EFFECTS, writeAcceptedEpoch: (epoch: number) => written.push(epoch) } as Effects;
    const verifier = epochVerifierOf(qv, release);
    const proposal = new EpochProposal(asServerId(Number(myid)), verifier, effects, 1);
    return answersOf(calls, ([sid, epoch], answer) => {
      const waiter = {
        ...NO_WAITER,
        epochProposed: (proposed: number) => answer(String(proposed)),
        quorumUndecidable: () => answer(NULL_POINTER),
      };
      proposal.propose(waiter, asServerId(Number(sid)), asEpoch(Number(epoch)), 0);
      if (written.length > 0 && !proposal.done) proposal.written(true);
      proposal.leave(waiter);
    });
  },
  ack: ({ calls, myid, qv, summary = "" }, release) => {
    const acks = new EpochAck({
      myid: asServerId(Number(myid)),
      verifier: epochVerifierOf(qv, release),
      leader: summaryOf(summary.split(",")),
      knowsMissingDatabase: behaviorOf(release).knowsMissingDatabase,
      effects: NO_EFFECTS,
      timeoutUs: 1,
    });
    return answersOf(calls, ([sid, ...state], answer) => {
      const waiter = {
        epochAcked: () => answer("ok"),
        epochAckTimedOut: () => {},
        quorumUndecidable: () => answer(NULL_POINTER),
      };
      if (!acks.ack(waiter, asServerId(Number(sid)), summaryOf(state), 0)) answer("ahead");
      acks.leave(waiter);
    });
  },
  new: ({ calls, qv, zxid }) => {
    const acks = new NewLeaderAck(zxidOf(zxid), new AckSet(verifierOf(qv)), NO_EFFECTS, 1);
    return answersOf(calls, ([sid, acked], answer) => {
      const waiter = { newLeaderAcked: () => answer("ok"), newLeaderAckTimedOut: () => {} };
      acks.ack(waiter, asServerId(Number(sid)), zxidOf(acked), 0);
      acks.leave(waiter);
    });
  },
};

/** The answer if QuorumHierarchical#containsQuorum does not know the group of a server. */
const NULL_POINTER = "NullPointerException";

const NO_WAITER = {
  epochTimedOut: () => {},
  epochAborted: () => {},
  epochLimitReached: () => {},
  acceptedEpochNotWritten: () => {},
};

function summaryOf([epoch, zxid]: readonly string[]): StateSummary {
  return { currentEpoch: asEpoch(Number(epoch)), lastZxid: zxidOf(zxid) };
}

/** The functions that questions name. */
export const ELECTION_FUNCTIONS = Object.keys(ANSWERS);

/** Returns the core's answer to an input such as `fn=weight;qv=m/1,2,3/;sid=1`. */
export function electionAnswer(input: string, release: string): unknown {
  const fields = fieldsOf(input);
  return ANSWERS[fields.fn as string]?.(fields, release);
}
