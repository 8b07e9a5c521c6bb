/** What a live server must do among real servers. Each check stages one ensemble. */
import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { sendMutated } from "../../live/mutated-messages.ts";
import type { LiveEnsemble, LiveServerSpec, LiveSettings } from "./live-ensemble.ts";

/** One check. */
export interface LiveCheck {
  readonly name: string;
  /** The servers; `real` are the releases of the real ones, one after the other. */
  servers(real: readonly string[]): readonly LiveServerSpec[];
  readonly settings?: Partial<LiveSettings>;
  run(ensemble: LiveEnsemble): Promise<string>;
}

const WRITES = 1000;
const CLIENTS = 4;
const ANSWER_MS_MAX = 3000;
const RETRY_MS = 100;
const STOPPED_MS = 1000;
/** The timeout of a session that a check lets expire. */
const EXPIRING_MS = 6000;
const EPHEMERAL = 1;
const SEQUENTIAL = 2;
const LED_WRITES = 100;
const KILLS = 3;
const KILL_EVERY_MS = 700;
/** Number of mutated messages for each port of a server. */
const MUTATED = 150;

/** Servers 1 and 2 are real. 3 is a participant and 4 an observer of ours. */
const withObserver = ([first = "", second = first]: readonly string[]): LiveServerSpec[] => [
  { id: 1, release: first },
  { id: 2, release: second },
  { id: 3, release: second, isOurs: true },
  { id: 4, release: first, isOurs: true, isObserver: true },
];

/** Servers 1 and 2 are real, and 3 is ours. */
const withParticipant = (real: readonly string[]): LiveServerSpec[] => withObserver(real).slice(0, 3);

/** Creates nodes through several sessions at a time. Returns the names of those whose creation was acknowledged. */
async function createMany(ensemble: LiveEnsemble, id: number, prefix: string, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  const lanes = Array.from({ length: CLIENTS }, (_, lane) => names.filter((_, i) => i % CLIENTS === lane));
  await Promise.all(lanes.map((lane) => ensemble.write(id, lane)));
  return names;
}

/**
 * Waits until servers have logged the last transaction of the leader. Compares zxids, because servers of two releases
 * write the same transaction with different bytes: 3.5 logs no digest.
 */
async function caughtUp(ensemble: LiveEnsemble, leader: number, ...learners: readonly number[]): Promise<void> {
  for (const id of learners) {
    await ensemble.until(`server ${id} logs what leader ${leader} has logged`, async () => {
      return ensemble.logged(id).at(-1)?.zxid === ensemble.logged(leader).at(-1)?.zxid;
    });
  }
}

/** The packets that started the synchronizations of a server of ours, in order. */
function syncs(ensemble: LiveEnsemble, id: number): string[] {
  return ensemble
    .records(id)
    .filter(({ event, message }) => event === "received" && /^(DIFF|TRUNC|SNAP)$/.test(message as string))
    .map(({ message }) => message as string);
}

/** Fails unless the log of a server of ours is the last part of the leader's: the same records, byte by byte. */
function logsAgree(ensemble: LiveEnsemble, leader: number, ours: number, atLeast: number): void {
  const theirs = ensemble.logged(leader);
  const own = ensemble.logged(ours);
  assert.ok(own.length >= atLeast, `the log of server ${ours} has ${own.length} records, at least ${atLeast} expected`);
  assert.deepEqual(own, theirs.slice(-own.length), `the logs of servers ${ours} and ${leader} differ`);
}

/**
 * Sends mutated messages to all ports of a server of ours while the work is done. Fails if the server then leaves its
 * role or its epoch.
 */
async function undisturbed<Result>(ensemble: LiveEnsemble, id: number, work: () => Promise<Result>): Promise<Result> {
  const { election, quorum } = ensemble.server(id).ports;
  const isLeader = ensemble.records(id).findLast(({ event }) => ROLES.includes(event))?.event === "leading";
  const looked = (): number => ensemble.records(id).filter(({ event }) => event === "looking").length;
  const before = { looked: looked(), epoch: ensemble.epoch(id, "currentEpoch") };
  const [result] = await Promise.all([work(), sendMutated({ election, ...(isLeader && { quorum }) }, MUTATED)]);
  assert.deepEqual({ looked: looked(), epoch: ensemble.epoch(id, "currentEpoch") }, before);
  return result;
}

const ROLES: readonly string[] = ["leading", "following", "observing"];

const follows: LiveCheck = {
  name: "follows",
  servers: withObserver,
  async run(ensemble) {
    ensemble.start(1, 2);
    let leader = await ensemble.serving(1, 2);
    await ensemble.write(leader, ["first"]);
    ensemble.start(3, 4);
    await Promise.all([3, 4].map((id) => ensemble.hasRecord(id, "active")));
    await undisturbed(ensemble, 3, () => createMany(ensemble, 1, "w", WRITES));
    await caughtUp(ensemble, leader, 3, 4);
    for (const id of [3, 4]) logsAgree(ensemble, leader, id, WRITES);
    await ensemble.stop([3, 4]);
    await ensemble.write(leader, ["while-down-1", "while-down-2"]);
    ensemble.start(3, 4);
    await Promise.all([3, 4].map((id) => ensemble.hasRecord(id, "active", 2)));
    await caughtUp(ensemble, leader, 3, 4);
    for (const id of [3, 4]) logsAgree(ensemble, leader, id, WRITES);
    // The real servers lose writes that ours keep: their directories are restored from a backup.
    for (const id of [1, 2]) ensemble.backUp(id);
    await ensemble.write(leader, ["lost-1", "lost-2"]);
    await caughtUp(ensemble, leader, 3, 4);
    await ensemble.stop([3, 4]);
    await ensemble.stop([1, 2]);
    for (const id of [1, 2]) ensemble.restore(id);
    ensemble.start(1, 2);
    leader = await ensemble.serving(1, 2);
    ensemble.start(3, 4);
    await Promise.all([3, 4].map((id) => ensemble.hasRecord(id, "active", 3)));
    await ensemble.write(leader, ["last"]);
    await caughtUp(ensemble, leader, 3, 4);
    for (const id of [3, 4]) logsAgree(ensemble, leader, id, WRITES);
    for (const id of [3, 4]) assert.deepEqual(syncs(ensemble, id), ["SNAP", "DIFF", "TRUNC"]);
    return `follower and observer: SNAP, DIFF, TRUNC; ${WRITES} writes followed`;
  },
};

/** Creates nodes one after the other until `isOver`, in new sessions after errors. Returns the acknowledged names. */
async function createUntil(
  ensemble: LiveEnsemble,
  ids: readonly number[],
  prefix: string,
  isOver: () => boolean,
): Promise<string[]> {
  const acknowledged: string[] = [];
  for (let i = 0; !isOver(); i++) {
    try {
      const client = await ensemble.client(ids[i % ids.length] as number, { timeoutMs: ANSWER_MS_MAX });
      for (; !isOver(); i++) {
        await client.create(`/${prefix}${i}`);
        acknowledged.push(`${prefix}${i}`);
      }
      await client.close();
    } catch {
      // A write without an answer can be lost. The next session starts when a server serves again.
      await sleep(RETRY_MS);
    }
  }
  return acknowledged;
}

/** Fails unless each of these real servers has all of these nodes. */
async function haveAll(ensemble: LiveEnsemble, ids: readonly number[], names: readonly string[]): Promise<void> {
  for (const id of ids) {
    const found = new Set(await ensemble.nodes(id));
    const lost = names.filter((name) => !found.has(name));
    assert.deepEqual(lost, [], `server ${id} lacks ${lost.length} acknowledged writes`);
  }
}

const acknowledges: LiveCheck = {
  name: "acknowledges",
  servers: ([first = "", second = first]) => [
    { id: 1, release: second, isOurs: true },
    { id: 2, release: first },
    { id: 3, release: second },
  ],
  async run(ensemble) {
    ensemble.start(2, 3);
    const leader = await ensemble.serving(2, 3);
    const follower = 5 - leader;
    ensemble.start(1);
    await ensemble.hasRecord(1, "active");
    await ensemble.stop([follower]);
    await ensemble.write(leader, ["with-ack"]);
    // Without our ack, the leader cannot commit.
    const client = await ensemble.client(leader);
    ensemble.server(1).process?.kill("SIGSTOP");
    const write = client.create("/without-ack").then(() => Date.now());
    const isEarly = await Promise.race([write.then(() => true), sleep(STOPPED_MS).then(() => false)]);
    assert.equal(isEarly, false, "a write was acknowledged without our ack");
    ensemble.server(1).process?.kill("SIGCONT");
    await write;
    await client.close();
    // No acknowledged write is lost if our process is killed while clients write.
    let isOver = false;
    const writing = createUntil(ensemble, [leader], "k", () => isOver);
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(KILL_EVERY_MS);
        await ensemble.stop([1], "SIGKILL");
        ensemble.start(1);
        await ensemble.hasRecord(1, "active", kill + 2);
        await ensemble.serve(leader);
      }
      await sleep(KILL_EVERY_MS);
    } finally {
      isOver = true;
    }
    const names = ["with-ack", "without-ack", ...(await writing)];
    await haveAll(ensemble, [leader], names);
    // The stopped server gets them from ours and the other one.
    ensemble.start(follower);
    await ensemble.serve(follower);
    await haveAll(ensemble, [2, 3], names);
    await caughtUp(ensemble, await ensemble.serving(2, 3), 1);
    assert.ok(names.length > KILLS, `only ${names.length} writes were acknowledged`);
    return `${names.length} acknowledged writes survive ${KILLS} kills`;
  },
};

/** The decisions of our leader about a learner that the learner has acknowledged, in order. */
function decisions(ensemble: LiveEnsemble, leader: number, learner: number): string[] {
  const acknowledged: string[] = [];
  let decision: string | undefined;
  for (const record of ensemble.records(leader)) {
    if (record.learner !== learner) continue;
    // A mutated handshake can have the id of the learner, but no ACK follows.
    if (record.event === "sync-decided") decision = record.decision as string;
    if (record.event !== "newleader-ack-read" || decision === undefined) continue;
    acknowledged.push(decision);
    decision = undefined;
  }
  return acknowledged;
}

const leads: LiveCheck = {
  name: "leads",
  servers: withParticipant,
  async run(ensemble) {
    ensemble.start(1, 3);
    await ensemble.serve(1);
    assert.equal(await ensemble.mode(1), "follower");
    const client = await ensemble.client(1, { sessionMs: EXPIRING_MS });
    await client.create("/data", "first");
    await client.setData("/data", "second");
    assert.equal(await client.getData("/data"), "second");
    await client.create("/gone");
    await client.remove("/gone");
    await assert.rejects(client.create("/data"), { code: -110 });
    await assert.rejects(client.setData("/no-node", ""), { code: -101 });
    await client.create("/ephemeral", "", EPHEMERAL);
    await client.create("/sequential-", "", SEQUENTIAL);
    // The session of this client expires: its znode is deleted.
    client.abandon();
    const written = await undisturbed(ensemble, 3, () => createMany(ensemble, 1, "a", LED_WRITES));
    const names = ["data", "sequential-0000000003", ...written];
    ensemble.start(2);
    await ensemble.serve(2);
    await haveAll(ensemble, [1, 2], names);
    // A follower restarts, and the other one goes on.
    await ensemble.stop([2]);
    await ensemble.write(1, ["while-down"]);
    ensemble.start(2);
    await ensemble.serve(2);
    names.push("while-down", ...(await createMany(ensemble, 2, "b", LED_WRITES)));
    await haveAll(ensemble, [1, 2], names);
    // The leader and one follower lose writes that the other one keeps.
    await ensemble.until("the session expires", async () => !(await ensemble.nodes(1)).includes("ephemeral"));
    for (const id of [1, 3]) ensemble.backUp(id);
    await ensemble.write(2, ["lost-1", "lost-2"]);
    await ensemble.stop([2, 1]);
    await ensemble.stop([3]);
    for (const id of [1, 3]) ensemble.restore(id);
    ensemble.start(1, 3);
    await ensemble.serve(1);
    ensemble.start(2);
    await ensemble.serve(2);
    await ensemble.write(2, ["last"]);
    await haveAll(ensemble, [1, 2], [...names, "last"]);
    assert.ok(!(await ensemble.nodes(2)).includes("lost-1"), "server 2 still has a write that the leader lacks");
    for (const id of [1, 2]) await caughtUp(ensemble, 3, id);
    logsAgree(ensemble, 3, 2, 1);
    assert.deepEqual(decisions(ensemble, 3, 2), ["SNAP", "DIFF", "TRUNC"]);
    // From 3.6 on, a server compares the digest in each transaction with that of its own tree.
    for (const id of [1, 2])
      assert.doesNotMatch(ensemble.logText(id), /digests? (are|is) not matching|digest mismatch/i);
    // Without followers, the server stops leading.
    const looked = ensemble.records(3).filter(({ event }) => event === "looking").length;
    await ensemble.stop([1, 2]);
    await ensemble.hasRecord(3, "looking", looked + 1);
    return `SNAP, DIFF, TRUNC; ${names.length} writes`;
  },
};

const exchanges: LiveCheck = {
  name: "exchanges",
  servers: withParticipant,
  async run(ensemble) {
    ensemble.start(1, 2);
    const leader = await ensemble.serving(1, 2);
    ensemble.start(3);
    await ensemble.hasRecord(3, "active");
    const names = await createMany(ensemble, leader, "e", LED_WRITES);
    await caughtUp(ensemble, leader, 3);
    await ensemble.stop([3]);
    await ensemble.stop([1, 2]);
    // Server 1 gets the directory of ours, and ours gets that of server 2.
    const epochs = [ensemble.epoch(3, "acceptedEpoch"), ensemble.epoch(3, "currentEpoch")];
    assert.deepEqual([ensemble.epoch(2, "acceptedEpoch"), ensemble.epoch(2, "currentEpoch")], epochs);
    ensemble.copyData(3, 1);
    ensemble.copyData(2, 3);
    ensemble.start(1, 2);
    const next = await ensemble.serving(1, 2);
    ensemble.start(3);
    await ensemble.hasRecord(3, "active", 2);
    const loaded = ensemble.records(3).findLast(({ event }) => event === "loaded");
    assert.equal(loaded?.zxid, `1:${2 * CLIENTS + LED_WRITES}`);
    names.push("last");
    await ensemble.write(next, ["last"]);
    await haveAll(ensemble, [1, 2], names);
    await caughtUp(ensemble, next, 3);
    return `a real server starts on our directory, and ours on one of a real server, at ${loaded?.zxid}`;
  },
};

/** The writes before server 1 is cut off: the creation of a session, a node, and the end of the session. */
const WRITES_BEFORE_CUT = 3;
/** In ticks. It is below the time of the cut, so that the connections break. */
const PROXIED_SYNC_LIMIT = 10;
const CUT = `servers: 3
steps:
  - { when: { message: COMMIT, to: 1, nth: ${WRITES_BEFORE_CUT} }, isolate: 1, for: 8s }
`;

const proxy: LiveCheck = {
  name: "proxy",
  servers: ([first = "", second = first]) => [
    { id: 1, release: first },
    { id: 2, release: second },
    { id: 3, release: first },
  ],
  settings: { isProxied: true, syncLimit: PROXIED_SYNC_LIMIT },
  async run(ensemble) {
    await ensemble.startProxy(CUT, ensemble.releaseOf(2));
    ensemble.start(1, 2, 3);
    // With empty disks, the largest id of a quorum leads, so server 1 follows.
    const leader = await ensemble.serving(1, 2, 3);
    const names = ["before", ...Array.from({ length: LED_WRITES }, (_, i) => `cut-${i}`)];
    await ensemble.write(leader, ["before"]);
    await ensemble.stepped(1, "start");
    await ensemble.write(leader, names.slice(1));
    const last = ensemble.logged(leader).at(-1)?.zxid ?? 0n;
    assert.ok(!has(ensemble, 1, last), "server 1 has the writes although it was cut off");
    await ensemble.stepped(1, "end");
    await caughtUp(ensemble, leader, 1);
    await ensemble.serve(1);
    await haveAll(ensemble, [1, 2, 3], names);
    const { active, handshakes, leader: seen, links } = await ensemble.endProxy();
    assert.equal(seen, leader);
    assert.deepEqual(active, [1, 2, 3]);
    const again = handshakes.findLast(({ activeUs, learner }) => learner === 1 && activeUs !== null);
    assert.equal(again?.decision, "DIFF");
    assert.equal(again.leader, leader);
    assert.ok(again.rules.includes("committed-log-diff"), `the rules that fit are ${again.rules.join(", ")}`);
    assert.equal(again.lastZxid, `${last >> 32n}:${last & 0xffff_ffffn}`);
    const held = links.filter(({ from, to }) => from === 1 || to === 1).reduce((sum, one) => sum + one.held, 0);
    assert.ok(held > 0, "the cut held no message");
    return `DIFF ${again.firstZxid}..${again.lastZxid} after a cut that held ${held} messages`;
  },
};

function has(ensemble: LiveEnsemble, id: number, zxid: bigint): boolean {
  return ensemble.logged(id).some((txn) => txn.zxid === zxid);
}

export const LIVE_CHECKS: readonly LiveCheck[] = [follows, acknowledges, leads, exchanges, proxy];
