/**
 * The recorded answers of each release about votes and quorums: totalOrderPredicate (order), Vote#equals (same),
 * QuorumVerifier#getWeight (weight) and #containsQuorum (quorum), and SyncedLearnerTracker (acks).
 *
 * Not compared: the functions propose, ack, new, tally, leader and zxid, and answers whose id starts with `odd`, which
 * no running server of the simulator reaches.
 */
import { describe, expect, it } from "vitest";
import { isBetterVote, sameVote, type Vote } from "../../protocol/election/vote.ts";
import { FOLLOWING, LEADING, LOOKING, OBSERVING, type ServerState } from "../../protocol/packets.ts";
import { AckSet, hierarchical, majority, type QuorumVerifier } from "../../protocol/quorum.ts";
import { asEpoch, asServerId, asZxid, type ServerId } from "../../protocol/zxid.ts";
import { fieldsOf, RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface ElectionVector {
  readonly id: string;
  readonly input: string;
  readonly expect: unknown;
}

const STATES: Readonly<Record<string, ServerState>> = { LOOKING, FOLLOWING, LEADING, OBSERVING };

function serverIds(text = ""): ServerId[] {
  return text === "" ? [] : text.split(",").map((sid) => asServerId(Number(sid)));
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
    zxid: asZxid(Number(zxid)),
    electionEpoch: Number(round),
    peerEpoch: asEpoch(Number(epoch)),
    state: STATES[state as string] as ServerState,
    version: Number(version),
  };
}

type Fields = Readonly<Record<string, string>>;

const ANSWERS: Readonly<Record<string, (fields: Fields) => unknown>> = {
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
  weight: ({ qv, sid }) => verifierOf(qv).weightOf(asServerId(Number(sid))),
  quorum: ({ qv, set }) => verifierOf(qv).containsQuorum([...new Set(serverIds(set))]),
  acks: ({ qv, set }) => {
    const acks = new AckSet(verifierOf(qv));
    return { added: serverIds(set).map((sid) => acks.add(sid)), quorum: acks.hasQuorum };
  },
};

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it.each(Object.keys(ANSWERS))("answers as recorded: %s", (fn) => {
    const vectors = recordedAnswers<ElectionVector>("election", release).filter(
      // 3.4 has no SyncedLearnerTracker: its recorded answer is null.
      ({ id, input, expect: answer }) => input.startsWith(`fn=${fn};`) && !id.startsWith("odd") && answer !== null,
    );
    const differing = vectors.flatMap(({ id, input, expect: answer }) => {
      const got = ANSWERS[fn]?.(fieldsOf(input));
      return JSON.stringify(got) === JSON.stringify(answer)
        ? []
        : [`${id} ${input}: expected ${JSON.stringify(answer)}, got ${JSON.stringify(got)}`];
    });
    expect(differing).toEqual([]);
  });
});
