/**
 * Questions about sync decisions: LearnerHandler#syncFollower (sync), with Leader#startForwarding (forward), and both
 * with zxids of all 64 bits and lists out of order (wide).
 */
import fc from "fast-check";
import { formatZxidHex } from "../../protocol/index.ts";
import { behaviorOf } from "../../protocol/releases.ts";
import { asBigint, decide, type SyncVector } from "../conformance/sync-vectors.ts";
import type { Kind } from "./kinds.ts";

type SyncQuestion = Omit<SyncVector, "id" | "expect">;
type Leader = SyncQuestion["leader"];

const EPOCH = 1n << 32n;
/** Zxids of few epochs with small counters: lists of them overlap often. */
const smallZxid = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 6 }))
  .map(([epoch, counter]) => BigInt(epoch) * EPOCH + BigInt(counter));
/** Zxids at the limits of counters and epochs, which compare as signed numbers. */
const limitZxid = fc
  .tuple(
    fc.constantFrom(0n, 1n, 2n, 0x1f_ffffn, 0x20_0000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn),
    fc.constantFrom(0n, 1n, 4n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fffen, 0xffff_ffffn),
  )
  .map(([epoch, counter]) => BigInt.asIntN(64, epoch * EPOCH + counter));
const anyZxid = fc.oneof(smallZxid, limitZxid, fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));

/** A position in a list: 0 is the start and 1000 the end. */
const position = fc.integer({ min: 0, max: 1000 });
const at = (list: readonly bigint[], place: number): bigint | undefined =>
  list[Math.min(list.length - 1, Math.floor((place * list.length) / 1000))];

/** A zxid near one of a list, the start of the epoch after it, or any other. */
function zxidNear(zxid: fc.Arbitrary<bigint>): fc.Arbitrary<(list: readonly bigint[]) => bigint> {
  const epochAfter = (one: bigint): bigint => BigInt.asIntN(64, (one / EPOCH + 1n) * EPOCH);
  const change = fc.constantFrom<((one: bigint) => bigint)[]>(
    (one) => one,
    (one) => BigInt.asIntN(64, one + 1n),
    (one) => BigInt.asIntN(64, one - 1n),
    epochAfter,
    (one) => (one / EPOCH) * EPOCH,
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(position, change).map(([place, to]) => nearElement(place, to)) },
    { weight: 1, arbitrary: zxid.map((value) => () => value) },
  );
}

function nearElement(place: number, change: (one: bigint) => bigint): (list: readonly bigint[]) => bigint {
  return (list) => change(at(list, place) ?? 0n);
}

/** Part of a list, or another list. */
function partOr(other: fc.Arbitrary<bigint[]>): fc.Arbitrary<(list: readonly bigint[]) => bigint[]> {
  return fc.oneof(
    {
      weight: 3,
      arbitrary: fc.tuple(position, position).map(
        ([from, to]) =>
          (list: readonly bigint[]) =>
            slice(list, Math.min(from, to), Math.max(from, to)),
      ),
    },
    { weight: 1, arbitrary: other.map((list) => () => list) },
  );
}

function slice(list: readonly bigint[], from: number, to: number): bigint[] {
  return list.slice(Math.floor((from * list.length) / 1000), Math.ceil((to * list.length) / 1000));
}

/** Cuts a list into files. A file is named after its first zxid, and ZooKeeper reads files in the order of names. */
function filesOf(log: readonly bigint[], cuts: readonly boolean[]): bigint[][] {
  const files: bigint[][] = [];
  log.forEach((zxid, i) => {
    if (i === 0 || cuts[i]) files.push([zxid]);
    else files.at(-1)?.push(zxid);
  });
  const named = new Map(files.map((file) => [file[0] as bigint, file]));
  return [...named]
    .filter(([name]) => name >= 0n)
    .sort(([a], [b]) => Number(a > b) - Number(a < b))
    .map(([, file]) => file);
}

/** The limit concerns only the files after the first one that is read (FileTxnIterator#getStorageSize). */
function hasFilesAfterFirst(files: readonly bigint[][], peer: bigint): boolean {
  const first = files.findLastIndex(([name]) => (name as bigint) < peer);
  return files.length > Math.max(0, first) + 1;
}

const ascending = (list: readonly bigint[]): bigint[] =>
  [...new Set(list)].sort((a, b) => Number(a > b) - Number(a < b));
const hex = (list: readonly bigint[]): string[] => list.map((zxid) => formatZxidHex(zxid));

interface Shape {
  readonly zxid: fc.Arbitrary<bigint>;
  /** Whether lists are out of order and contain duplicates. */
  readonly disorder: boolean;
  /** Whether the leader has proposals that it has not applied. */
  readonly forwards: boolean;
}

function questions({ disorder, forwards, zxid }: Shape): fc.Arbitrary<SyncQuestion> {
  const sorted = fc.array(zxid, { maxLength: 12 }).map(ascending);
  const list = disorder ? fc.oneof(sorted, fc.array(zxid, { maxLength: 12 })) : sorted;
  return fc
    .record({
      log: list,
      cuts: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      committedLog: partOr(list),
      lastProcessed: zxidNear(zxid),
      peer: zxidNear(zxid),
      syncsFromLog: frequently,
      exceeds: rarely,
      forceSnap: rarely,
      proposals: fc.record({
        toBeApplied: partOr(list),
        outstanding: partOr(sorted),
        lastProposed: zxidNear(zxid),
        observer: fc.boolean(),
      }),
    })
    .map(({ committedLog, cuts, exceeds, forceSnap, lastProcessed, log, peer, proposals, syncsFromLog }) => {
      const files = filesOf(log, cuts);
      const peerLastZxid = peer(log);
      const leader: Leader = {
        committedLog: hex(committedLog(log)),
        txnLogFiles: files.map(hex),
        txnLogSyncEnabled: syncsFromLog,
        txnLogExceedsSizeLimit: exceeds && hasFilesAfterFirst(files, peerLastZxid),
        lastProcessedZxid: formatZxidHex(lastProcessed(log)),
      };
      if (!forwards) {
        return { leader: { ...leader, forceSnapSync: forceSnap }, peerLastZxid: formatZxidHex(peerLastZxid) };
      }
      const outstanding = ascending(proposals.outstanding(log));
      return {
        leader: {
          ...leader,
          lastProposed: formatZxidHex(proposals.lastProposed(outstanding.length > 0 ? outstanding : log)),
          toBeApplied: hex(proposals.toBeApplied(log)),
          outstandingProposals: hex(outstanding),
        },
        learnerType: proposals.observer ? "OBSERVER" : "PARTICIPANT",
        peerLastZxid: formatZxidHex(peerLastZxid),
      };
    });
}

const rarely = fc.integer({ min: 0, max: 9 }).map((draw) => draw === 9);
const frequently = rarely.map((value) => !value);

/** 3.4 has no forceSnapSync. */
function answer({ leader, ...rest }: SyncQuestion, release: string): unknown {
  const { syncSource } = behaviorOf(release);
  return decide({ ...rest, leader } as SyncVector, asBigint, syncSource).answer;
}

export const syncQuestions: readonly Kind<SyncQuestion>[] = [
  { name: "sync", questions: questions({ zxid: smallZxid, disorder: false, forwards: false }), answer },
  { name: "forward", questions: questions({ zxid: smallZxid, disorder: false, forwards: true }), answer },
  {
    name: "wide",
    questions: fc.oneof(
      questions({ zxid: anyZxid, disorder: true, forwards: false }),
      questions({ zxid: anyZxid, disorder: true, forwards: true }),
    ),
    answer,
  },
];
