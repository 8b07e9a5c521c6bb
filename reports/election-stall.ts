/** Explains why servers that can reach each other elect no leader, or why an elected leader gets no quorum. */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";
import type { QuorumVerifier } from "../protocol/quorum.ts";
import { formatZxid, type ServerId } from "../protocol/zxid.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import type { TraceEvent } from "../sim/trace.ts";
import { isVoterFor } from "./config-stall.ts";
import { countOf, formatMoment, formatSpan } from "./format.ts";
import { listText, serverEnds } from "./server-end.ts";

type Vote = RecordOf<"voted">;

/** The port of the election connections in a trace. Its value must equal ELECTION_PORT in protocol/effects.ts. */
export const ELECTION_PORT = 1;

/**
 * Returns one sentence for each reason why no server leads. Returns an empty list if a server leads. Some reasons are
 * found only in a run with a trace.
 */
export function electionStalls(run: ScenarioRun): string[] {
  if (run.servers.some(({ leading }) => leading)) return [];
  return [...missingQuorum(run), ...unheardVotes(run), ...lateElections(run), ...blockedSenders(run)];
}

/**
 * Returns a sentence for each configuration, in force at the end of the run, in which fewer voters are running than a
 * quorum needs. If all servers have one configuration, the sentence does not name its servers.
 */
function missingQuorum(run: ScenarioRun): string[] {
  const { scenario, servers } = run;
  const configs = configsInForce(servers);
  const isRunning = (sid: ServerId): boolean => servers.some((server) => server.sid === sid && server.running);
  const [config] = configs.keys();
  if (configs.size > 1) return [...configs].flatMap(([one, pending]) => tooFewVoters(one, pending, isRunning));
  if (config?.groups !== undefined) return missingGroups(config.groups, config.weightOf, isRunning);
  if (config === undefined && scenario.quorum !== undefined) {
    const { groups, weights } = scenario.quorum;
    return missingGroups(Object.values(groups), (sid) => weights[sid] ?? 1, isRunning);
  }
  const voters = config?.voters ?? servers.map(({ sid }) => sid).filter((sid) => !isObserver(scenario, sid));
  const running = voters.filter(isRunning);
  const needed = Math.floor(voters.length / 2) + 1;
  if (running.length >= needed) return [];
  const names = running.length === 0 ? "" : ` (${listText(running)})`;
  const verb = running.length === 1 ? "runs" : "run";
  return [`${running.length} of ${voters.length} voters${names} ${verb}; a quorum needs ${needed}`];
}

function isObserver({ servers }: ScenarioRun["scenario"], sid: ServerId): boolean {
  return servers[sid]?.role === "observer";
}

/**
 * Returns the configurations in force at the running servers, without duplicates, and whether each is pending. Ignores
 * versions and observers.
 */
function configsInForce(servers: readonly FinalServer[]): Map<QuorumVerifier, boolean> {
  const keyOf = ({ groups, voters, weightOf }: QuorumVerifier): string =>
    JSON.stringify([voters, groups, voters.map(weightOf)]);
  const all = servers.flatMap(({ inForce }) => inForce.map((config, i) => [config, i > 0] as const));
  return new Map(new Map(all.map((one) => [keyOf(one[0]), one])).values());
}

/** Returns a sentence if the running servers are no majority in a configuration. Hierarchical quorums are left out. */
function tooFewVoters(
  { groups, voters }: QuorumVerifier,
  pending: boolean,
  isRunning: (sid: ServerId) => boolean,
): string[] {
  const running = voters.filter(isRunning);
  const needed = Math.floor(voters.length / 2) + 1;
  if (groups !== undefined || running.length >= needed) return [];
  const verb = running.length === 1 ? "runs" : "run";
  const name = pending ? "the pending configuration" : "a configuration";
  const reason = pending ? ", and the configuration can be active on other servers" : "";
  return [
    `in ${name} with voters ${listText(voters)}, ${countOf(running.length, "voter")} ${verb}; ` +
      `a quorum needs ${needed}${reason}`,
  ];
}

/**
 * Returns a sentence if the running servers cannot form a quorum of a hierarchical configuration. Such a quorum
 * consists of servers that have, in each of more than half of the groups, more than half of the weight of the group.
 */
function missingGroups(
  groups: readonly (readonly ServerId[])[],
  weightOf: (sid: ServerId) => number,
  isRunning: (sid: ServerId) => boolean,
): string[] {
  const weightIn = (sids: readonly ServerId[]): number => sids.reduce((sum, sid) => sum + weightOf(sid), 0);
  const counted = groups.filter((group) => weightIn(group) > 0);
  const running = counted.filter((group) => 2 * weightIn(group.filter(isRunning)) > weightIn(group));
  const needed = Math.floor(counted.length / 2) + 1;
  if (running.length >= needed) return [];
  return [
    `more than half of the weight runs in ${running.length} of ${counted.length} groups of voters; ` +
      `a quorum needs ${needed} groups`,
  ];
}

/**
 * Returns a sentence if servers keep a worse vote because they have not received the best vote of their round.
 * Considers only servers that the settle step has freed from all faults, because a fault may explain why any other
 * server lacks a vote.
 */
function unheardVotes(run: ScenarioRun): string[] {
  const settled = run.liveness?.servers ?? [];
  const ends = serverEnds(run).filter(({ server }) => server.running && settled.includes(server.sid));
  const votes = ends.flatMap((end) => (end.kind === "waits" && end.vote !== undefined ? [end.vote] : []));
  // No server can elect the server of a vote for no server.
  const best = votes
    .filter(({ leader }) => leader >= 0)
    .reduce<Vote | undefined>((a, b) => (a === undefined || isBetter(b, a) ? b : a), undefined);
  if (best === undefined) return [];
  // A server ignores a vote for a server that is no voter of its configurations.
  const ignores = (sid: ServerId): boolean => {
    const server = run.servers.find((one) => one.sid === sid);
    return server !== undefined && server.inForce.length > 0 && !isVoterFor(server, best.leader);
  };
  const worse = votes.filter((vote) => vote.round === best.round && isBetter(best, vote) && !ignores(vote.server));
  if (worse.length === 0) return [];
  const servers = worse.map(({ server }) => server);
  const [has, keeps] = servers.length === 1 ? ["has", "it keeps"] : ["have", "they keep"];
  return [
    `the vote of server ${best.server} is the best one of round ${best.round} (${voteText(best)}), but server` +
      `${servers.length === 1 ? "" : "s"} ${listText(servers)} ${has} not received it: ${keeps} a worse vote ` +
      `(${voteText(worse[0] as Vote)}). A LOOKING server repeats its vote only if it receives nothing for a while.`,
  ];
}

/** Returns whether vote `a` is better than vote `b`, as FastLeaderElection#totalOrderPredicate compares them. */
function isBetter(a: Vote, b: Vote): boolean {
  if (a.peerEpoch !== b.peerEpoch) return a.peerEpoch > b.peerEpoch;
  return a.zxid === b.zxid ? a.leader > b.leader : a.zxid > b.zxid;
}

function voteText({ leader, peerEpoch, zxid }: Vote): string {
  return `for ${leader}, epoch ${peerEpoch}, zxid ${formatZxid(zxid)}`;
}

/**
 * Returns a sentence if a server elects a leader and then gives up connecting to it, before the leader has finished the
 * same election round.
 */
function lateElections({ records }: ScenarioRun): string[] {
  const elections = records.filter((one): one is RecordOf<"elected"> => one.event === "elected");
  const late = elections.flatMap((election) => {
    const { atUs, leader, round, server } = election;
    const own = elections.find(
      (one) => one.server === leader && one.leader === leader && one.round === round && one.atUs > atUs,
    );
    const gaveUp =
      own && records.find((one) => isConnectFailure(one, server) && one.atUs > atUs && one.atUs < own.atUs);
    return gaveUp === undefined || own === undefined ? [] : [{ election, gaveUp, own }];
  });
  const last = late.at(-1);
  if (last === undefined) return [];
  const { election, gaveUp, own } = last;
  const { leader, round, server } = election;
  const moments = `from ${formatMoment(election.atUs)} s to ${formatMoment(gaveUp.atUs)} s`;
  const repeated = late.length === 1 ? "" : ` This happens in ${late.length} rounds.`;
  return [
    `server ${server} elects server ${leader} in round ${round} and tries to connect to it ${moments}, but server ` +
      `${leader} ends this round only at ${formatMoment(own.atUs)} s.${repeated}`,
  ];
}

function isConnectFailure(record: ProtocolRecord, server: ServerId): boolean {
  return record.event === "failed" && record.server === server && record.reason === "connect-failed";
}

/**
 * Returns a sentence for each server that does not answer attempts to open an election connection. In some releases, a
 * server opens these connections one after the other and sends no notification while it waits for an answer.
 */
function blockedSenders({ trace }: ScenarioRun): string[] {
  const events = trace?.events() ?? [];
  const sendsAt = new Set(events.filter(isNotification).map(({ node, sequence }) => `${sequence} ${node}`));
  const waits = unansweredDials(events).filter(({ close }) => sendsAt.has(`${close.sequence} ${close.node}`));
  return [...new Set(waits.map(({ dial }) => dial.peer))].map((peer) => {
    const own = waits.filter(({ dial }) => dial.peer === peer);
    const longestUs = Math.max(...own.map(({ close, dial }) => close.timeUs - dial.timeUs));
    const servers = [...new Set(own.map(({ dial }) => dial.node))].sort((a, b) => a - b);
    const [who, wait, send] =
      servers.length === 1
        ? [`server ${servers[0]}`, "waits", "sends its vote"]
        : [`servers ${listText(servers)}`, "wait", "send their votes"];
    return (
      `server ${peer} does not answer: ${who} ${wait} up to ${formatSpan(longestUs)} for an election connection ` +
      `to it, and ${send} to the other servers only after that.`
    );
  });
}

/** Returns the attempts to open an election connection that failed because the other server did not answer. */
function unansweredDials(events: readonly TraceEvent[]): { readonly dial: TraceEvent; readonly close: TraceEvent }[] {
  const open = new Map<number, TraceEvent>();
  return events.flatMap((event) => {
    const dial = open.get(event.detail);
    if (event.kind === "connect" && event.payload === ELECTION_PORT) open.set(event.detail, event);
    if (event.kind === "connected" || event.kind === "close") open.delete(event.detail);
    return event.kind === "close" && dial !== undefined && dial.node === event.node ? [{ dial, close: event }] : [];
  });
}

function isNotification({ kind, payload }: TraceEvent): boolean {
  return kind === "send" && typeof payload === "object" && payload !== null && "electionEpoch" in payload;
}
