/**
 * Questions about votes and quorums (election-vectors.ts names the functions), as a running server asks them: only
 * voters vote and are proposed, and zxids have at most 53 bits.
 */
import fc from "fast-check";
import { formatZxidHex, MAX_COUNTER, MAX_EPOCH, MIN_VALUE } from "../../protocol/zxid.ts";
import { electionAnswer } from "../conformance/election-vectors.ts";
import type { Kind } from "./kinds.ts";

interface ElectionQuestion {
  readonly input: string;
}

const SIDS = 12;
/** Draws a member of a list whose length is known only later. */
const index = fc.nat({ max: SIDS - 1 });
const pick = <T>(list: readonly T[], place: number): T => list[place % list.length] as T;

interface Ensemble {
  /** The text of the verifier. */
  readonly qv: string;
  readonly voters: readonly number[];
  readonly observers: readonly number[];
}

const sids = fc.shuffledSubarray(
  Array.from({ length: SIDS }, (_, sid) => sid),
  { minLength: 1 },
);
const one = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength: SIDS, maxLength: SIDS });

const ensemble: fc.Arbitrary<Ensemble> = fc
  .record({
    members: sids,
    observerCount: fc.nat({ max: 3 }),
    hasGroups: fc.boolean(),
    groupOf: one(fc.nat({ max: 3 })),
    weightOf: one(fc.constantFrom(undefined, 1, 0, 2, 3, 5)),
  })
  .map(({ groupOf, hasGroups, members, observerCount, weightOf }) => {
    const voterCount = Math.max(1, members.length - observerCount);
    const voters = members.slice(0, voterCount);
    const observers = members.slice(voterCount);
    if (!hasGroups) return { qv: `m/${voters}/${observers}`, voters, observers };
    const groups = [0, 1, 2, 3].map((group) => voters.filter((sid) => groupOf[sid] === group));
    const filled = groups.filter((group) => group.length > 0);
    const weights = voters.filter((sid) => weightOf[sid] !== undefined).map((sid) => `${sid}:${weightOf[sid]}`);
    return { qv: `h/${filled.join("|")}/${observers}/${weights}`, voters, observers };
  });

const zxid = fc
  .tuple(
    fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.constant(MAX_EPOCH as number) }),
    fc.constantFrom(0, 1, 2, 3, 0x7fff_ffff, 0x8000_0000, MAX_COUNTER - 1, MAX_COUNTER),
  )
  .map(([epoch, counter]) => epoch * 2 ** 32 + counter);
/** The zxid of a server without a database is -1. */
const summaryZxid = fc.oneof({ weight: 5, arbitrary: zxid }, { weight: 1, arbitrary: fc.constant(-1) });
const hex = (value: number): string => formatZxidHex(BigInt(value));
const epoch = fc.integer({ min: -1, max: 2 });
const state = fc.constantFrom("LOOKING", "FOLLOWING", "LEADING", "OBSERVING");

/** A vote. Of two votes with the same seed, most fields are the same. */
const vote = fc.record({ id: index, zxid, round: fc.integer({ min: -1, max: 3 }), epoch, state, version: fc.nat(2) });
type DrawnVote = Readonly<Record<"id" | "zxid" | "round" | "epoch" | "version", number> & { state: string }>;
/** For each field, whether it differs from the vote that others agree on. */
const deviation = fc.record({
  vote,
  fields: fc.subarray(["id", "zxid", "round", "epoch", "state", "version"] as const),
});

function voteText(voters: readonly number[], { epoch, id, round, state, version, zxid }: DrawnVote): string {
  return [pick(voters, id), hex(zxid), round, epoch, state, version].join(",");
}

function deviating(common: DrawnVote, { fields, vote }: { vote: DrawnVote; fields: (keyof DrawnVote)[] }): DrawnVote {
  return { ...common, ...Object.fromEntries(fields.map((field) => [field, vote[field]])) };
}

/** Most servers vote for the common vote. */
const votes = fc
  .record({
    common: vote,
    others: fc.array(
      fc.record({ sid: index, differs: fc.oneof(fc.constant(undefined), fc.constant(undefined), deviation) }),
      { maxLength: SIDS },
    ),
  })
  .map(({ common, others }) => (voters: readonly number[]) => ({
    vote: voteText(voters, common),
    votes: [
      ...new Map(
        others.map(({ differs, sid }) => [
          pick(voters, sid),
          voteText(voters, differs === undefined ? common : deviating(common, differs)),
        ]),
      ),
    ]
      .map(([sid, text]) => `${sid}:${text}`)
      .join("|"),
  }));

/** The values of one side of totalOrderPredicate. A server that does not vote has MIN_VALUE. */
const candidate = fc.record({ id: index, zxid: summaryZxid, epoch });
const NO_VOTE = [MIN_VALUE, MIN_VALUE, MIN_VALUE].map(BigInt).join(",");

/** Only whether an acknowledged zxid is equal to the one of NEWLEADER matters. */
const NEWLEADER_ZXID = 2 ** 32;

const FUNCTIONS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  order: fc
    .record({
      ensemble,
      proposed: candidate,
      current: fc.option(candidate),
      same: fc.subarray(["zxid", "epoch"] as const),
    })
    .map(({ current, ensemble: { qv, voters }, proposed, same }) => {
      const text = ({ epoch, id, zxid }: { id: number; zxid: number; epoch: number }): string =>
        [pick(voters, id), zxid, epoch].join(",");
      const copied = Object.fromEntries(same.map((field) => [field, proposed[field]]));
      const cur = current === null ? NO_VOTE : text({ ...current, ...copied });
      return `qv=${qv};new=${text(proposed)};cur=${cur}`;
    }),
  same: fc.record({ ensemble, common: vote, other: deviation }).map(({ common, ensemble: { voters }, other }) => {
    return `a=${voteText(voters, common)};b=${voteText(voters, deviating(common, other))}`;
  }),
  tally: fc.record({ ensemble, drawn: votes }).map(({ drawn, ensemble: { qv, voters } }) => {
    const { vote, votes } = drawn(voters);
    return `qv=${qv};vote=${vote};votes=${votes}`;
  }),
  leader: fc
    .record({ ensemble, drawn: votes, myid: index, leader: index, round: fc.nat(2), epoch: fc.nat(2) })
    .map(({ drawn, ensemble: { qv, voters }, epoch, leader, myid, round }) => {
      const { votes } = drawn(voters);
      return [
        `qv=${qv};myid=${pick(voters, myid)};round=${round}`,
        `leader=${pick(voters, leader)};epoch=${epoch};votes=${votes}`,
      ].join(";");
    }),
  weight: fc
    .record({ ensemble, sid: index })
    .map(({ ensemble: { qv, voters }, sid }) => `qv=${qv};sid=${pick(voters, sid)}`),
  quorum: fc
    .record({ ensemble, set: sids })
    .map(({ ensemble: { qv, voters }, set }) => `qv=${qv};set=${set.filter((sid) => voters.includes(sid))}`),
  acks: fc.record({ ensemble, set: sids }).map(({ ensemble: { qv }, set }) => `qv=${qv};set=${set}`),
  zxid: fc.record({ made: zxid, read: summaryZxid }).map(({ made, read }) => {
    return `epoch=${Math.floor(made / 2 ** 32)};counter=${made % 2 ** 32};zxid=${hex(read)}`;
  }),
  propose: calls({ acceptedEpoch: epoch }, (_ensemble, _sid, { acceptedEpoch }) => `${acceptedEpoch}`),
  ack: fc
    .tuple(
      fc.tuple(fc.nat(2), zxid),
      calls({ epoch, zxid: summaryZxid }, (_ensemble, _sid, { epoch, zxid }) => `${epoch}:${hex(zxid)}`),
    )
    .map(([[epoch, zxid], rest]) => `summary=${epoch},${hex(zxid)};${rest}`),
  new: calls({ isLate: fc.nat(5) }, ({ observers }, sid, { isLate }) => {
    const acked = isLate === 5 ? NEWLEADER_ZXID + 1 : NEWLEADER_ZXID;
    return `${hex(acked)}:${observers.includes(sid) ? 1 : 0}`;
  }).map((rest) => `zxid=${hex(NEWLEADER_ZXID)};${rest}`),
};

/** Calls of a function that waits for a quorum. The leader itself is among the callers in half of the calls or more. */
function calls<T extends object>(
  fields: { readonly [K in keyof T]: fc.Arbitrary<T[K]> },
  text: (ensemble: Ensemble, sid: number, drawn: T) => string,
): fc.Arbitrary<string> {
  const call = fc.record({ caller: fc.option(index, { freq: 5 }), drawn: fc.record(fields) as fc.Arbitrary<T> });
  return fc
    .record({ ensemble, myid: index, calls: fc.array(call, { minLength: 1, maxLength: SIDS }) })
    .map(({ calls, ensemble, myid }) => {
      const { observers, qv, voters } = ensemble;
      const leader = pick(voters, myid);
      const texts = calls.map(({ caller, drawn }) => {
        const sid = caller === null ? leader : pick([...voters, ...observers], caller);
        return `${sid}:${text(ensemble, sid, drawn)}`;
      });
      return `qv=${qv};myid=${leader};calls=${texts.join("|")}`;
    });
}

export const electionQuestions: Kind<ElectionQuestion> = {
  name: "election",
  questions: fc
    .oneof(...Object.entries(FUNCTIONS).map(([fn, fields]) => fields.map((text) => `fn=${fn};${text}`)))
    .map((input) => ({ input })),
  answer: ({ input }, release) => electionAnswer(input, release),
};
