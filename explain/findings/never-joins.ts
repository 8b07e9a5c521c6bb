/** Explains why one server stays LOOKING although the others have a leader. */
import { formatZxid64 } from "../../protocol/zxid.ts";
import { majorityOf } from "../commit-status.ts";
import type { Ensemble, EstablishedEpoch } from "../ensemble.ts";
import { capital, type Finding, type FindingOf, listOf, MAX_EVIDENCE, serversText, spanText } from "../finding.ts";
import type { Election, Evidence, HeardVotes, Unreachable } from "../history.ts";

/** A server that looks for an existing leader for a shorter time is only slow. */
const MIN_LOOKING_MS = 10_000;

/** An election of one server during which another server led. Times are by the reference clock. */
interface Lonely {
  readonly election: Election;
  readonly epoch: EstablishedEpoch;
  readonly lookedMs: number;
}

interface Cause {
  readonly title: string;
  readonly cause: string;
  readonly evidence: readonly Evidence[];
  readonly advice: readonly string[];
}

export const neverJoins: FindingOf = (ensemble) =>
  ensemble.histories.flatMap(({ elections, server }): Finding[] => {
    const lonely = elections.flatMap((election) => lonelyIn(election, ensemble) ?? []);
    const longest = lonely.toSorted((a, b) => b.lookedMs - a.lookedMs)[0];
    if (longest === undefined) return [];
    const { advice, cause, evidence, title } = causeOf(longest, ensemble);
    const { election, epoch } = longest;
    const more = lonely.length === 1 ? "" : `, the longest of ${lonely.length} such times`;
    return [
      {
        ...{ rule: "never-joins", severity: "problem", certainty: "proven", servers: [server] },
        timeMs: ensemble.aligned(server, lonely[0]?.election.at.timeMs),
        title:
          `server ${server} stayed LOOKING for ${spanText(longest.lookedMs)} while server ${epoch.leader} led: ` +
          title,
        cause: `Leader ${epoch.leader} had a quorum in epoch ${epoch.epoch}${more}. ${cause}`,
        evidence: [
          ...(epoch.period.established === undefined ? [] : [epoch.period.established]),
          election.zxidAt,
          ...evidence,
        ].slice(0, MAX_EVIDENCE),
        advice,
      },
    ];
  });

/** Returns an election that lasted long while another server was an established leader. */
function lonelyIn(election: Election, { aligned, epochs, histories }: Ensemble): Lonely | undefined {
  const { server } = election.at;
  const history = histories.find((one) => one.server === server);
  const from = aligned(server, election.at.timeMs);
  const end = election.endMs ?? (election.process.hasEnded ? election.process.lastMs : history?.lastMs);
  const until = aligned(server, end);
  if (from === undefined || until === undefined) return undefined;
  const all = epochs.flatMap((epoch): Lonely[] => {
    const { endMs, leader, timeMs } = epoch;
    if (leader === server || timeMs === undefined) return [];
    const lookedMs = Math.min(until, endMs ?? until) - Math.max(from, timeMs);
    return lookedMs >= MIN_LOOKING_MS ? [{ election, epoch, lookedMs }] : [];
  });
  return all.toSorted((a, b) => b.lookedMs - a.lookedMs)[0];
}

function causeOf(lonely: Lonely, ensemble: Ensemble): Cause {
  const { at, heard } = lonely.election;
  const others = [...heard].filter(([sid]) => sid !== at.server);
  if (others.length === 0) return hearsNobody(lonely, ensemble);
  const supporting = others.filter(([, { leader, state }]) => leader === lonely.epoch.leader && state !== "LOOKING");
  const hearsLeader = supporting.some(([sid]) => sid === lonely.epoch.leader);
  if (!hearsLeader) return hearsNotLeader(lonely, others, ensemble);
  return supporting.length < majorityOf(ensemble)
    ? hearsNoQuorum(lonely, supporting, ensemble)
    : votesDiffer(lonely, supporting);
}

/** No notification arrived: its connections fail, or the other side does not answer. */
function hearsNobody(lonely: Lonely, ensemble: Ensemble): Cause {
  const { election } = lonely;
  const self = election.at.server;
  const failed = failuresOf(election);
  const seen = seenBy(self, lonely, ensemble);
  const answered =
    seen.length === 0
      ? "No log of another server shows a notification of it."
      : `${capital(serversText(seen.map(({ server }) => server)))} ` +
        `received its notifications, but no answer arrived: ` +
        "the way back is cut.";
  return {
    title:
      failed.length === 0 ? "its notifications were not answered" : `its connections failed (${errorsText(failed)})`,
    cause: `It heard no other server. ${connectionText(failed)}${answered}${lowerIdText(self, failed)}`,
    evidence: [...failed.map(({ at }) => at), ...seen.map(({ at }) => at)],
    advice: [
      portAdvice(
        self,
        failed.map(({ sid }) => sid),
      ),
    ],
  };
}

/** It hears other servers, but not the leader, whose own notification it needs (FastLeaderElection#checkLeader). */
function hearsNotLeader(
  { election, epoch: { leader } }: Lonely,
  others: readonly (readonly [number, HeardVotes])[],
  { members }: Ensemble,
): Cause {
  const self = election.at.server;
  const failed = failuresOf(election);
  const unheard = members.filter((sid) => sid !== self && !election.heard.has(sid));
  return {
    title: `it did not hear the leader`,
    cause:
      `It heard ${serversText(others.map(([sid]) => sid))}, ` +
      `and not ${serversText(unheard.length === 0 ? [leader] : unheard)}. ` +
      `A server follows a leader only after a notification of the leader itself. ${connectionText(failed)}` +
      lowerIdText(self, failed),
    evidence: [...failed.map(({ at }) => at), ...others.map(([, { last }]) => last)],
    advice: [portAdvice(self, failed.length === 0 ? [leader] : failed.map(({ sid }) => sid))],
  };
}

function hearsNoQuorum(
  { election }: Lonely,
  supporting: readonly (readonly [number, HeardVotes])[],
  ensemble: Ensemble,
): Cause {
  const self = election.at.server;
  const failed = failuresOf(election);
  const needed = majorityOf(ensemble);
  return {
    title: `it heard only ${supporting.length} of the ${needed} servers that it needs`,
    cause:
      `It heard ${serversText(supporting.map(([sid]) => sid))} vote for this leader, and a majority is ${needed} of ` +
      `${ensemble.members.length} servers. ${connectionText(failed)}${lowerIdText(self, failed)}`,
    evidence: [...failed.map(({ at }) => at), ...supporting.map(([, { last }]) => last)],
    advice: [
      portAdvice(
        self,
        failed.map(({ sid }) => sid),
      ),
    ],
  };
}

/** It hears a quorum, so the votes themselves do not fit together (FastLeaderElection#totalOrderPredicate). */
function votesDiffer(lonely: Lonely, supporting: readonly (readonly [number, HeardVotes])[]): Cause {
  const votes = supporting.map(
    ([sid, { peerEpoch, round, zxid }]) =>
      `server ${sid}: round ${round}, epoch ${peerEpoch}, zxid ${formatZxid64(zxid)}`,
  );
  const isSame = new Set(supporting.map(([, { peerEpoch }]) => peerEpoch)).size === 1;
  return {
    title: isSame ? "although it heard a majority" : "the votes that it heard do not agree",
    cause:
      `It heard a majority vote for this leader (${listOf(votes)}). ` +
      (isSame
        ? "The votes agree, so the logs do not show why it did not follow."
        : "A server counts votes together only if leader and epoch agree: " +
          "a follower that changed its vote later than " +
          "the others keeps an old epoch in it."),
    evidence: supporting.map(([, { last }]) => last),
    advice: [
      `Restart server ${lonely.epoch.leader}, so that a new election takes place. Keep the logs of all servers.`,
    ],
  };
}

type Failed = Unreachable & { readonly sid: number };

function failuresOf({ unreachable }: Election): Failed[] {
  return [...unreachable].map(([sid, failed]) => ({ sid, ...failed }));
}

const ERRORS: readonly (readonly [RegExp, string])[] = [
  [/refused/i, "connection refused"],
  [/timed? ?out/i, "timed out"],
  [/UnknownHost|unresolved|UnresolvedAddress/i, "unknown host"],
  [/NoRoute|unreachable/i, "no route"],
];

function errorOf({ at }: Failed): string {
  return ERRORS.find(([text]) => text.test(at.text))?.[1] ?? "failed";
}

function errorsText(failed: readonly Failed[]): string {
  return [...new Set(failed.map(errorOf))].join(", ");
}

function connectionText(failed: readonly Failed[]): string {
  if (failed.length === 0) return "";
  const each = failed.map(
    (one) =>
      `to server ${one.sid} at ${one.address} ${one.count === 1 ? "once" : `${one.count} times`} (${errorOf(one)})`,
  );
  return `Its connections failed: ${listOf(each)}. `;
}

/** Of two servers, only the one with the higher id keeps the connection that it opens (QuorumCnxManager). */
function lowerIdText(self: number, failed: readonly Failed[]): string {
  const lower = failed.filter(({ sid }) => sid < self).map(({ sid }) => sid);
  if (lower.length === 0) return "";
  return (
    ` ${capital(serversText(lower))} cannot help: of two servers, only the one with the higher id keeps the ` +
    "connection that it opens."
  );
}

function portAdvice(self: number, others: readonly number[]): string {
  const who = others.length === 0 ? "the other servers" : serversText(others);
  return (
    `Check that server ${self} and ${who} reach each other at the election port ` +
    `(the second port of server.N) in both ` +
    "directions, and that the addresses in zoo.cfg are right."
  );
}

/** Returns the servers whose logs show a vote of this server while it was looking, with the line. */
function seenBy(
  self: number,
  { election }: Lonely,
  { aligned, histories }: Ensemble,
): { readonly server: number; readonly at: Evidence }[] {
  const from = aligned(self, election.at.timeMs) ?? Number.POSITIVE_INFINITY;
  return histories.flatMap(({ firstVotes, server }) => {
    const vote = firstVotes.find(({ at, sid }) => sid === self && (aligned(server, at.timeMs) ?? 0) >= from - 1000);
    return server === self || vote === undefined ? [] : [{ server, at: vote.at }];
  });
}
