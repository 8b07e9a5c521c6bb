/**
 * Explains why servers with different or pending configurations elect no leader, do not join a leader, or follow a
 * leader that commits nothing.
 */
import type { RecordOf } from "../cluster/records.ts";
import type { QuorumVerifier } from "../protocol/quorum.ts";
import { asZxid, formatZxid, type ServerId } from "../protocol/zxid.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import { listText, type ServerEnd, serverEnds } from "./server-end.ts";

type Waiting = Extract<ServerEnd, { kind: "waits" }>;

/** The number of elections of a server outside the settled ones from which on it is a reason for the stall. */
const REPEATED_ELECTIONS = 3;

/** Returns one sentence for each reason that the configurations of the servers give. */
export function configStalls(run: ScenarioRun): string[] {
  const leader = run.servers.find(({ leading }) => leading);
  const waiting = serverEnds(run).filter((end): end is Waiting => end.kind === "waits");
  const refused = refusedLearners(run, waiting);
  if (leader === undefined) return [...refused, ...ignoredVotes(waiting), ...votesForNone(waiting), ...lostLeader(run)];
  return [...refused, ...blockedProposal(run, leader), ...keptOut(run, leader, waiting)];
}

/** Returns whether a server votes in a configuration in force at another one. */
export function isVoterFor({ inForce }: FinalServer, sid: ServerId): boolean {
  return inForce.some((config) => config.isVoter(sid));
}

/** Returns a sentence for each server without reconfigEnabled that refuses a server with a newer configuration. */
function refusedLearners({ scenario, servers }: ScenarioRun, waiting: readonly Waiting[]): string[] {
  const isStatic = (sid: ServerId): boolean => {
    const enabled = scenario.servers[sid]?.settings?.reconfigEnabled ?? scenario.settings.reconfigEnabled;
    return enabled !== true;
  };
  return waiting.flatMap(({ rejection, server }) => {
    if (rejection?.reason !== "config-ahead" || !isStatic(rejection.server)) return [];
    const refuser = servers.find(({ sid }) => sid === rejection.server);
    return [
      `server ${rejection.server} has reconfigEnabled=false and keeps the version ${versionText(refuser)} of its ` +
        `configuration. It refuses server ${server.sid}, whose configuration has the version ${versionText(server)}, ` +
        "whenever it wins an election.",
    ];
  });
}

/** Returns a sentence if servers vote for a voter of their pending configuration that others do not know. */
function ignoredVotes(waiting: readonly Waiting[]): string[] {
  const looking = waiting.filter(({ role }) => role.event === "looking");
  const candidates = new Set(looking.flatMap(({ vote }) => (vote === undefined || vote.leader < 0 ? [] : vote.leader)));
  return [...candidates].flatMap((leader) => {
    const voters = looking.filter(({ server, vote }) => vote?.leader === leader && isPendingVoter(server, leader));
    const others = looking.filter(({ server }) => !isVoterFor(server, leader));
    if (voters.length === 0 || others.length === 0) return [];
    return [
      `${serversText(voters, "votes", "vote")} for server ${leader}, a voter of the pending configuration, and ` +
        `${serversText(others, "ignores", "ignore")} these votes, because server ${leader} is no voter there.`,
    ];
  });
}

/** Returns a sentence for each server that votes for no server, because it votes only in its pending configuration. */
function votesForNone(waiting: readonly Waiting[]): string[] {
  return waiting.flatMap(({ role, server, vote }) => {
    if (role.event !== "looking" || vote === undefined || vote.leader >= 0) return [];
    if (!isPendingVoter(server, server.sid)) return [];
    return [
      `server ${server.sid} is a voter only of its pending configuration, so it does not vote for itself, and the ` +
        `others ignore its vote. It has taken no vote of another server for its own epoch ${vote.peerEpoch}, zxid ` +
        `${formatZxid(vote.zxid)} and round ${vote.round}.`,
    ];
  });
}

/** Returns a sentence if the settled servers elect a server again and again that is not one of them. */
function lostLeader({ liveness, records, servers }: ScenarioRun): string[] {
  if (liveness === undefined) return [];
  const settled = liveness.servers;
  const elections = records.filter(
    (record): record is RecordOf<"elected"> =>
      record.event === "elected" && record.atUs >= liveness.settledUs && settled.includes(record.server),
  );
  const lost = elections.at(-1)?.leader;
  if (lost === undefined || settled.includes(lost)) return [];
  const count = elections.filter(({ leader }) => leader === lost).length;
  const answers = servers.flatMap((server) => {
    const asking = servers.find(({ inForce, sid }) => isUnknownVoter(sid, inForce, server));
    return asking === undefined || !settled.includes(server.sid) ? [] : [{ asking: asking.sid, server: server.sid }];
  });
  const [answer] = answers;
  if (count < REPEATED_ELECTIONS || answer === undefined) return [];
  return [
    `the settled servers have elected server ${lost}, which is not one of them, ${count} times. Server ` +
      `${answer.server} does not know server ${answer.asking} as a voter, so it answers each of its votes with its ` +
      "own vote of the last election.",
  ];
}

/** Returns whether both servers vote in the pending configuration of server `sid`, and `other` does not know this. */
function isUnknownVoter(sid: ServerId, [, pending]: readonly QuorumVerifier[], other: FinalServer): boolean {
  return pending?.isVoter(sid) === true && pending.isVoter(other.sid) && other.running && !isVoterFor(other, sid);
}

/** Returns a sentence if the leader proposed a transaction while its configuration was pending and cannot commit it. */
function blockedProposal({ records }: ScenarioRun, { inForce, sid }: FinalServer): string[] {
  const own = records.filter(({ server }) => server === sid);
  const activated = own.findLast((one): one is RecordOf<"config-committed"> => one.event === "config-committed");
  const [config] = inForce;
  if (activated === undefined || config === undefined || config.version !== activated.version) return [];
  const committed = new Set(own.flatMap((one) => (one.event === "committed" ? one.zxid : [])));
  const blocked = own.find(
    (one): one is RecordOf<"proposed"> =>
      one.event === "proposed" &&
      one.atUs <= activated.atUs &&
      one.zxid > activated.version &&
      !committed.has(one.zxid),
  );
  const observers = config.members.filter((member) => !config.isVoter(member));
  if (blocked === undefined || observers.length === 0 || !committed.has(activated.version)) return [];
  const zxid = formatZxid(blocked.zxid);
  return [
    `leader ${sid} proposed ${zxid} before it committed the configuration ${formatZxid(activated.version)}, so ` +
      `${zxid} needs a quorum of the configuration before that one, too. It is not committed: observers, that is, ` +
      `${observers.length === 1 ? "server" : "servers"} ${listText(observers)}, acknowledge nothing.`,
  ];
}

/** Returns a sentence if LOOKING servers wait for a quorum of a pending configuration that the leader does not have. */
function keptOut({ servers }: ScenarioRun, leader: FinalServer, waiting: readonly Waiting[]): string[] {
  const serving = servers.filter(({ active }) => active).map(({ sid }) => sid);
  const kept = waiting.filter(({ role, server: { inForce } }) => {
    const [committed, pending] = inForce;
    if (role.event !== "looking" || committed === undefined || pending === undefined) return false;
    if (leader.inForce.some(({ version }) => version === pending.version)) return false;
    return isQuorum(committed, serving) && !isQuorum(pending, serving);
  });
  const pending = kept[0]?.server.inForce[1];
  if (pending === undefined) return [];
  const supporters = pending.voters.filter((sid) => serving.includes(sid));
  const only =
    supporters.length === 0 ? "none" : `only ${supporters.length === 1 ? "server" : "servers"} ${listText(supporters)}`;
  return [
    `${serversText(kept, "does", "do")} not join leader ${leader.sid}, because this needs a quorum of the pending ` +
      `configuration, too: of its voters ${listText(pending.voters)}, ${only} ` +
      `${supporters.length < 2 ? "serves" : "serve"}. The leader does not have that configuration.`,
  ];
}

/** Returns whether the voters among these servers are a quorum. */
function isQuorum(config: QuorumVerifier, sids: readonly ServerId[]): boolean {
  return config.containsQuorum(sids.filter((sid) => config.isVoter(sid)));
}

function isPendingVoter({ inForce: [committed, pending] }: FinalServer, sid: ServerId): boolean {
  return committed?.isVoter(sid) === false && pending?.isVoter(sid) === true;
}

function versionText(server: FinalServer | undefined): string {
  return formatZxid(asZxid(server?.inForce[0]?.version ?? 0));
}

function serversText(ends: readonly Waiting[], singular: string, plural: string): string {
  const sids = ends.map(({ server }) => server.sid);
  return sids.length === 1 ? `server ${sids[0]} ${singular}` : `servers ${listText(sids)} ${plural}`;
}
