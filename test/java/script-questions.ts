/**
 * Questions about scripts: what one server does, step by step, while a script plays its peers and its disk
 * (script-host.ts). The drawn scripts are mostly what a leader and its learners send to each other, in any order that
 * threads and connections permit, with some packets that no server sends.
 */
import fc from "fast-check";
import { asEpoch, formatZxid, makeZxid } from "../../protocol/index.ts";
import { HAND_MADE_SCRIPTS } from "../conformance/hand-made-scripts.ts";
import {
  knownScriptDifference,
  type Script,
  type ScriptDisk,
  scriptAnswer,
  WAITS,
} from "../conformance/script-host.ts";
import type { Kind } from "./kinds.ts";

const MOVES_MAX = 16;
const LEADER_MOVES_MAX = 28;
const OBSERVER = 4;

const z = (epoch: number, counter: number): string => formatZxid(makeZxid(asEpoch(epoch), counter));
const at = <T>(list: readonly T[], place: number): T | undefined => list[place % Math.max(1, list.length)];
const percent = fc.nat({ max: 99 });

/** A disk with a log of up to two epochs, and a snapshot of some of it. */
const disk: fc.Arbitrary<ScriptDisk> = fc
  .record({
    first: fc.nat({ max: 3 }),
    second: fc.nat({ max: 2 }),
    snapshot: fc.nat({ max: 5 }),
    startsAtSnapshot: percent,
    accepted: fc.nat({ max: 1 }),
  })
  .map(({ accepted, first, second, snapshot, startsAtSnapshot }) => {
    const txns = [...counters(1, first), ...counters(2, second)];
    const epoch = second > 0 ? 2 : first > 0 ? 1 : 0;
    const kept = snapshot > 0 && snapshot <= txns.length ? snapshot : 0;
    const log = startsAtSnapshot < 20 ? txns.slice(kept) : txns;
    return {
      acceptedEpoch: epoch + accepted,
      currentEpoch: epoch,
      snapshots: ["0:0=", ...(kept > 0 ? [`${txns[kept - 1]}=${txns.slice(0, kept).join(" ")}`] : [])],
      log: log.join(" "),
    };
  });

function counters(epoch: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => z(epoch, i + 1));
}

/** All transactions on a disk. */
function historyOf({ log, snapshots }: ScriptDisk): string[] {
  const inSnapshots = snapshots.flatMap((text) => wordsOf(text.split("=")[1] ?? ""));
  return [...new Set([...inSnapshots, ...wordsOf(log)])];
}

const wordsOf = (text: string): string[] => text.split(" ").filter((word) => word !== "");

/** An operation that waits from one step on, and either completes once or no longer waits some steps later. */
const hold = fc.record({
  kind: fc.constantFrom(...WAITS.filter((wait) => wait !== "load")),
  from: fc.nat({ max: MOVES_MAX }),
  length: fc.nat({ max: 6 }),
  once: fc.boolean(),
});
type Hold = typeof hold extends fc.Arbitrary<infer T> ? T : never;

/** What happens after the drawn steps. */
const ending = fc.record({
  what: fc.constantFrom("nothing", "close", "crash", "close and crash"),
  cut: fc.nat({ max: MOVES_MAX + 6 }),
});

function withHolds(steps: readonly string[], holds: readonly Hold[]): string[] {
  const inserted = steps.map((step) => [step]);
  for (const { from, kind, length, once } of holds) {
    at(inserted, from)?.unshift(`hold ${kind}`);
    inserted[(from % inserted.length) + length]?.push(once ? `let ${kind}` : `free ${kind}`);
  }
  return inserted.flat();
}

const freeAll = (holds: readonly Hold[]): string[] => holds.map(({ kind }) => `free ${kind}`);

// ---- learners

/** What the leader sends next, by percent. */
const LEARNER_MOVES: readonly (readonly [number, keyof LeaderOfLearner])[] = [
  [36, "propose"],
  [68, "commit"],
  [84, "proceed"],
  [88, "ping"],
  [92, "startEpoch"],
  [94, "leaveGap"],
  [96, "repeat"],
  [98, "commitAgain"],
  [100, "commitNext"],
];

/** The leader that a drawn script plays. */
class LeaderOfLearner {
  readonly steps: string[] = [];
  private readonly isObserver: boolean;
  private readonly epoch: number;
  /** The epoch and the counter of the last transaction. */
  private last: readonly [number, number];
  private readonly proposed: string[] = [];
  private committed = 0;
  /** The number of packets sent of NEWLEADER and UPTODATE. */
  private phase = 0;

  constructor(isObserver: boolean, epoch: number, last: readonly [number, number]) {
    this.isObserver = isObserver;
    this.epoch = epoch;
    this.last = last;
  }

  propose(): void {
    this.last = [this.last[0], this.last[1] + 1];
    const zxid = z(...this.last);
    // An observer gets proposals only as a part of a DIFF.
    if (this.isObserver && (this.phase > 0 || this.last[0] === this.epoch)) {
      this.steps.push(`INFORM ${zxid}`);
      return;
    }
    this.proposed.push(zxid);
    this.steps.push(`PROPOSAL ${zxid}`);
  }

  commit(): void {
    if (this.committed === this.proposed.length) this.propose();
    else this.steps.push(`COMMIT ${this.proposed[this.committed++]}`);
  }

  /** Sends NEWLEADER, and then UPTODATE. An observer first gets the commits of its proposals. */
  proceed(): void {
    while (this.isObserver && this.committed < this.proposed.length) this.commit();
    const packet = [`NEWLEADER ${z(this.epoch, 0)}`, "UPTODATE"][this.phase];
    if (packet === undefined) this.propose();
    else this.steps.push(packet);
    if (this.phase === 1) this.startEpoch();
    this.phase++;
  }

  ping(): void {
    this.steps.push(`PING ${z(this.epoch, 0)}`);
  }

  startEpoch(): void {
    if (this.last[0] < this.epoch) this.last = [this.epoch, 0];
  }

  leaveGap(): void {
    this.last = [this.last[0], this.last[1] + 1];
  }

  repeat(): void {
    const zxid = this.proposed.at(-1);
    if (zxid !== undefined) this.steps.push(`PROPOSAL ${zxid}`);
  }

  commitAgain(): void {
    const zxid = this.proposed[this.committed - 1];
    if (zxid !== undefined) this.steps.push(`COMMIT ${zxid}`);
  }

  commitNext(): void {
    const zxid = this.proposed[this.committed + 1];
    if (zxid !== undefined) this.steps.push(`COMMIT ${zxid}`);
  }
}

const pair = (zxid: string): readonly [number, number] => zxid.split(":").map(Number) as unknown as [number, number];

const learnerScript: fc.Arbitrary<Script> = fc
  .record({
    disk,
    isObserver: percent.map((draw) => draw < 25),
    epochDraw: percent,
    op: percent,
    place: fc.nat({ max: 9 }),
    moves: fc.array(percent, { maxLength: MOVES_MAX }),
    holds: fc.array(hold, { maxLength: 2 }),
    ending,
  })
  .map(({ disk, ending, epochDraw, holds, isObserver, moves, op, place }) => {
    const history = historyOf(disk);
    const accepted = disk.acceptedEpoch as number;
    const epoch = accepted + (epochDraw < 85 ? 1 : epochDraw < 95 ? 0 : 2);
    const synced = syncOf(history, op, place, epoch);
    const leader = new LeaderOfLearner(isObserver, epoch, pair(synced.last));
    for (const move of moves) {
      const [, name] = LEARNER_MOVES.find(([limit]) => move < limit) as (typeof LEARNER_MOVES)[number];
      (leader[name] as () => void)();
    }
    const all = ["elect 2", `LEADERINFO ${z(epoch, 0)}`, synced.step, ...leader.steps];
    const isCut = ending.what !== "nothing";
    const steps = withHolds(isCut ? all.slice(0, 1 + (ending.cut % all.length)) : all, holds);
    if (ending.what.startsWith("close")) steps.push("2 close", ...freeAll(holds));
    if (ending.what.endsWith("crash")) steps.push("crash");
    if (isCut) steps.push("elect 2", `LEADERINFO ${z(epoch + 1, 0)}`);
    return { myid: isObserver ? OBSERVER : 1, disk, steps };
  });

/** Chooses the first packet of the synchronization. `last` is the last transaction that the learner then has. */
function syncOf(history: readonly string[], op: number, place: number, epoch: number): { step: string; last: string } {
  const end = history.at(-1) ?? "0:0";
  if (op < 50) return { step: `DIFF ${end}`, last: end };
  const kept = history.slice(0, 1 + (place % Math.max(1, history.length)));
  const last = kept.at(-1) ?? "0:0";
  if (op < 75) return { step: `TRUNC ${last}`, last };
  const snapshot = [...new Set([...kept, ...counters(epoch, op % 3)])];
  const snapLast = snapshot.at(-1) ?? "0:0";
  return { step: ["SNAP", snapLast, ...snapshot].join(" "), last: snapLast };
}

// ---- leaders

/** The learners that a drawn script plays, with what each has sent. */
class LearnersOfLeader {
  readonly steps: string[] = [];
  /** 0: no connection; 1: FOLLOWERINFO sent; 2: ACKEPOCH sent; 3: ACK of NEWLEADER sent. */
  private readonly stages = new Map<number, number>();
  private readonly acked = new Map<number, number>();
  private readonly history: readonly string[];
  private readonly currentEpoch: number;
  /** The highest acceptedEpoch that counts for the epoch. */
  private accepted: number;
  private isEpochFinal = false;
  private writes = 0;
  private hasPinged = false;

  constructor(history: readonly string[], currentEpoch: number, acceptedEpoch: number) {
    this.history = history;
    this.currentEpoch = currentEpoch;
    this.accepted = acceptedEpoch;
  }

  private get epoch(): number {
    return this.accepted + 1;
  }

  move(sid: number, draw: number): void {
    const stage = this.stages.get(sid) ?? 0;
    if (draw < 4) this.close(sid);
    else if (draw < 20) this.write();
    else if (draw < 22) this.ping();
    else if (stage === 0) this.info(sid, draw);
    else if (stage === 1) this.ackEpoch(sid, draw);
    else if (stage === 2) this.send(sid, `ACK ${draw < 95 ? z(this.epoch, 0) : (this.history.at(-1) ?? "0:0")}`, 3);
    else this.ack(sid, draw);
  }

  private send(sid: number, packet: string, stage: number): void {
    this.steps.push(`${sid} ${packet}`);
    this.stages.set(sid, stage);
  }

  private close(sid: number): void {
    if (this.stages.has(sid)) this.send(sid, "close", 0);
  }

  private write(): void {
    this.writes++;
    this.steps.push("write");
  }

  private ping(): void {
    if (!this.hasPinged) this.steps.push("ping");
    this.hasPinged = true;
  }

  private info(sid: number, draw: number): void {
    const accepted = Math.max(0, this.currentEpoch + (draw % 4) - 1);
    if (!this.isEpochFinal) this.accepted = Math.max(this.accepted, accepted);
    if (sid < OBSERVER) this.isEpochFinal = true;
    this.send(sid, `${sid < OBSERVER ? "FOLLOWERINFO" : "OBSERVERINFO"} ${z(accepted, 0)}`, 1);
  }

  private ackEpoch(sid: number, draw: number): void {
    const history = [...this.history, ...counters(this.epoch, this.writes)];
    const last = draw < 90 ? at(history, draw) : z(this.currentEpoch, 90);
    const epoch = draw % 7 === 0 ? -1 : draw % 11 === 0 ? this.currentEpoch + 1 : this.currentEpoch;
    this.send(sid, `ACKEPOCH ${last ?? "0:0"} ${epoch}`, 2);
  }

  /** Acknowledges the next transaction, or rarely any. Observers acknowledge none. */
  private ack(sid: number, draw: number): void {
    const next = (this.acked.get(sid) ?? 0) + 1;
    if (sid >= OBSERVER || next > this.writes || draw < 30) this.send(sid, `PING ${z(this.epoch, 0)}`, 3);
    else if (draw > 95) this.send(sid, `ACK ${z(this.epoch, 1 + (draw % (this.writes + 1)))}`, 3);
    else {
      this.acked.set(sid, next);
      this.send(sid, `ACK ${z(this.epoch, next)}`, 3);
    }
  }
}

const leaderScript: fc.Arbitrary<Script> = fc
  .record({
    disk,
    moves: fc.array(fc.tuple(fc.constantFrom(2, 2, 2, 3, 3, 4), percent), { maxLength: LEADER_MOVES_MAX }),
    holds: fc.array(hold, { maxLength: 2 }),
    ending: fc.constantFrom("nothing", "nothing", "crash"),
  })
  .map(({ disk, ending, holds, moves }) => {
    const { acceptedEpoch = 0, currentEpoch = 0 } = disk;
    const learners = new LearnersOfLeader(historyOf(disk), currentEpoch, acceptedEpoch);
    for (const [sid, draw] of moves) learners.move(sid, draw);
    const steps = withHolds(["elect 1", ...learners.steps], holds);
    return { myid: 1, disk, steps: [...steps, ...(ending === "crash" ? ["crash", "elect 1"] : [])] };
  });

export const scriptQuestions: Kind<Script> = {
  name: "script",
  releases: ["3.4.14", "3.5.10", "3.6.4", "3.8.4", "3.9.3", "3.9.5"],
  cost: 10,
  repeats: 4,
  fixed: HAND_MADE_SCRIPTS,
  questions: fc.oneof(learnerScript, leaderScript),
  answer: (script, release) => scriptAnswer(script, release),
  isKnownDifference: (script, release) => knownScriptDifference(script, release) !== undefined,
};
