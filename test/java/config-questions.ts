/**
 * Questions about configurations: their text, equality and quorums (QuorumMaj, QuorumHierarchical,
 * QuorumPeerConfig#parseDynamicConfig), the acknowledgments of two configurations (SyncedLearnerTracker),
 * Leader#getDesignatedLeader, and the state and the files of a server after QuorumPeer#setLastSeenQuorumVerifier and
 * #processReconfig.
 */
import fc from "fast-check";
import { Cluster } from "../../cluster/cluster.ts";
import type { EnsembleConfig } from "../../cluster/cluster-spec.ts";
import { verifierOfConfig } from "../../cluster/verifier.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { designatedLeader } from "../../protocol/leader/reconfig.ts";
import type { Ports } from "../../protocol/ports.ts";
import { AckSet, configText, portsOf, type QuorumVerifier, sameConfig } from "../../protocol/quorum.ts";
import { asServerId, asZxid, formatZxid, type ServerId } from "../../protocol/zxid.ts";
import { ASKED_RELEASES } from "./asked-releases.ts";
import type { Kind } from "./kinds.ts";

interface Config {
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  readonly groups?: readonly (readonly number[])[];
  readonly weights?: Readonly<Record<number, number>>;
  /** The ports that are not the default ones. */
  readonly ports?: Readonly<Record<number, Partial<Ports>>>;
  readonly version: number;
}

interface ConfigStep {
  readonly do: "see" | "process";
  readonly config: Config;
  readonly designated?: number;
}

type ConfigQuestion =
  | { readonly fn: "text"; readonly config: Config; readonly set: readonly number[] }
  | { readonly fn: "same"; readonly a: Config; readonly b: Config }
  | { readonly fn: "acks"; readonly old: Config; readonly new: Config; readonly set: readonly number[] }
  | {
      readonly fn: "designated";
      readonly myid: number;
      readonly old: Config;
      readonly new: Config;
      /** The acknowledgments of the reconfiguration, and of each transaction after it. */
      readonly acks: readonly (readonly number[])[];
    }
  | {
      readonly fn: "process";
      readonly myid: number;
      readonly reconfigEnabled: boolean;
      readonly vote: number;
      readonly start: Config;
      readonly steps: readonly ConfigStep[];
    };

const SIDS = [1, 2, 3, 4, 5, 6, 7];
const sid = fc.constantFrom(...SIDS);
const EPOCH = 2 ** 32;
const version = fc.constantFrom(0, 1, EPOCH, EPOCH + 1, EPOCH + 20, 2 * EPOCH);

/** Few ports are drawn, so two servers or configurations often have the same ones. */
const PORTS = {
  quorum: fc.constantFrom(2888, 2889),
  election: fc.constantFrom(3888, 3889),
  client: fc.constantFrom(2181, 2182),
};

/** Few configurations are drawn, so two of them are often equal or have servers in common. */
const config: fc.Arbitrary<Config> = fc
  .record({
    members: fc.subarray(SIDS, { minLength: 2 }),
    observerCount: fc.constantFrom(0, 0, 1, 2),
    groupCount: fc.constantFrom(0, 0, 0, 1, 2, 3),
    ports: fc.dictionary(fc.constantFrom("1", "2", "3"), fc.record(PORTS, { requiredKeys: [] }), { maxKeys: 2 }),
    weightOf: fc.array(fc.constantFrom(1, 1, 0, 2, 3), { minLength: 7, maxLength: 7 }),
    version,
  })
  .map(({ groupCount, members, observerCount, ports, version, weightOf }) => {
    const observerNumber = Math.min(observerCount, members.length - 2);
    const voters = members.slice(observerNumber);
    const moved = Object.entries(ports).filter(([sid]) => members.includes(Number(sid)));
    const lists = {
      ...{ voters, observers: members.slice(0, observerNumber), version },
      ...(moved.length > 0 && { ports: Object.fromEntries(moved) }),
    };
    if (groupCount === 0) return lists;
    const groups = Array.from({ length: groupCount }, (_, i) => voters.filter((sid) => sid % groupCount === i));
    const weights = Object.fromEntries(voters.map((sid) => [sid, weightOf[sid - 1] as number]));
    return { ...lists, groups: groups.filter((group) => group.length > 0), weights };
  });
const set = fc.uniqueArray(sid);

const step: fc.Arbitrary<ConfigStep> = fc
  .record({ do: fc.constantFrom("see", "process"), config, designated: fc.option(sid, { nil: undefined }) })
  .map(({ config, designated, do: action }) =>
    action === "process" && designated !== undefined
      ? { do: action, config, designated }
      : { do: action as "see", config },
  );

const questions: fc.Arbitrary<ConfigQuestion> = fc.oneof(
  fc.record({ fn: fc.constant("text" as const), config, set }).map((question) => ({
    ...question,
    // QuorumMaj counts any set, and its callers pass voters only.
    set: question.set.filter((sid) => question.config.voters.includes(sid)),
  })),
  fc.record({ fn: fc.constant("same" as const), a: config, b: config, hasSameMembers: fc.boolean() }).map(same),
  fc.record({ fn: fc.constant("acks" as const), old: config, new: config, set }),
  fc
    .record({
      fn: fc.constant("designated" as const),
      myid: sid,
      old: config,
      new: config,
      acks: fc.array(set, { minLength: 1, maxLength: 4 }),
    })
    // A reconfiguration is committed only if voters of the new configuration have acknowledged it.
    .filter(({ acks, myid, new: { voters } }) =>
      (acks[0] as number[]).some((sid) => voters.includes(sid) && (sid !== myid || voters.includes(myid))),
    ),
  fc
    .record({
      fn: fc.constant("process" as const),
      place: fc.nat({ max: SIDS.length - 1 }),
      reconfigEnabled: fc.constantFrom(true, true, true, false),
      vote: sid,
      start: config,
      steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    })
    .map(({ fn, place, ...question }) => {
      // A server that its configuration does not list exits at its start.
      const members = [...question.start.voters, ...question.start.observers];
      const myid = members[place % members.length] as number;
      const steps = question.steps.map((step) => ({ ...step, config: withClientPort(step.config, myid) }));
      return { fn, myid, ...question, start: withClientPort(question.start, myid), steps };
    }),
);

/** Returns the configuration with the default client port of a server, because the Java program opens no such port. */
function withClientPort({ ports, ...config }: Config, sid: number): Config {
  const { client: _client, ...own } = ports?.[sid] ?? {};
  return { ...config, ...(ports && { ports: { ...ports, [sid]: own } }) };
}

function same({
  a,
  b,
  fn,
  hasSameMembers,
}: {
  readonly fn: "same";
  readonly a: Config;
  readonly b: Config;
  readonly hasSameMembers: boolean;
}): ConfigQuestion {
  return { fn, a, b: hasSameMembers ? { ...a, version: b.version } : b };
}

function ensembleOf({ groups, observers, ports, version, voters, weights }: Config): EnsembleConfig {
  return {
    voters: voters.map(asServerId),
    observers: observers.map(asServerId),
    ...(groups && { groups: Object.fromEntries(groups.map((group, i) => [`${i}`, group.map(asServerId)])) }),
    ...(weights && { weights }),
    ...(ports && { ports }),
    version: formatZxid(asZxid(version)),
  };
}

function verifierOf(config: Config): QuorumVerifier {
  return verifierOfConfig(ensembleOf(config));
}

function acksOf(question: { readonly old: Config; readonly new: Config }, sids: readonly number[]): AckSet {
  const acks = new AckSet(verifierOf(question.old), verifierOf(question.new));
  for (const sid of sids) acks.add(asServerId(sid));
  return acks;
}

type Asked<Fn extends ConfigQuestion["fn"]> = Extract<ConfigQuestion, { readonly fn: Fn }>;

const ANSWERS: { readonly [Fn in ConfigQuestion["fn"]]: (question: Asked<Fn>, release: string) => unknown } = {
  text({ config, set }) {
    const verifier = verifierOf(config);
    return { text: configText(verifier), quorum: verifier.containsQuorum(set.map(asServerId)) };
  },
  same: ({ a, b }) => sameConfig(verifierOf(a), verifierOf(b)),
  acks(question) {
    const acks = acksOf(question, []);
    return question.set.map((sid) => `${acks.add(asServerId(sid))} ${acks.hasQuorum}`);
  },
  designated(question) {
    const [first, ...later] = question.acks.map((sids) => acksOf(question, sids));
    const [before, after] = [verifierOf(question.old), verifierOf(question.new)];
    const myid = asServerId(question.myid);
    const isMember = before.members.includes(myid);
    const keepsAddress = !isMember || portsOf(before, myid).quorum === portsOf(after, myid).quorum;
    return designatedLeader(myid, first as AckSet, later, keepsAddress);
  },
  process: processed,
};

const BASE = loadScenario("servers: 7", "base.yaml");

/** Returns the state of a server after each step. */
function processed({ myid, reconfigEnabled, start, steps, vote }: Asked<"process">, release: string): unknown {
  const sid = asServerId(myid);
  const server = BASE.servers[sid];
  if (server === undefined) throw new Error(`no server ${sid}`);
  const servers = { ...BASE.servers, [sid]: { ...server, config: ensembleOf(start) } };
  const cluster = new Cluster(
    { ...BASE, zookeeper: release, settings: { reconfigEnabled }, servers },
    { seed: 1n, watch: () => [] },
  );
  cluster.startServer(sid);
  const peer = cluster.server(sid)?.peer;
  if (peer === undefined) throw new Error(`server ${sid} does not start`);
  const { configurations } = peer;
  peer.currentVote = { ...peer.currentVote, id: asServerId(vote) };
  return steps.map(({ config, designated, do: action }) => {
    const verifier = verifierOf(config);
    const leader = designated === undefined ? null : (asServerId(designated) as ServerId);
    const ends = action === "process" && peer.processReconfig(verifier, leader, asZxid(0), false);
    if (action === "see") configurations.see(verifier);
    const { committed, next } = cluster.configFiles(sid);
    return {
      ...(action === "process" && { ends }),
      committed: configText(configurations.committed),
      pending: configText(configurations.pending),
      ...(committed && { committedFile: configText(committed) }),
      ...(next && { pendingFile: configText(next) }),
      participant: peer.participant,
      vote: peer.currentVote.id,
      skipsElection: (peer as unknown as { readonly skipsElection: boolean }).skipsElection,
    };
  });
}

export const configQuestions: Kind<ConfigQuestion> = {
  name: "config",
  // 3.4 has no reconfiguration.
  releases: ASKED_RELEASES.filter((release) => !release.startsWith("3.4.")),
  cost: 2,
  questions,
  answer: (question, release) => ANSWERS[question.fn](question as never, release),
};
