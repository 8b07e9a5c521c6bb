/** The disks with which the servers start, as far as the logs show them. */
import type { ServerSpec } from "../cluster/cluster-spec.ts";
import { normalizeHistory } from "../cluster/zxid-range.ts";
import type { Ensemble, ExplainedHandshake } from "../explain/ensemble.ts";
import type { Zxid64 } from "../logs/index.ts";
import { formatZxid64 } from "../protocol/zxid.ts";
import { directoryOf, silentDisk, txnsAtStart, withFilesAtStart } from "./disks-at-start.ts";
import type { Evidence, ServerEvidence } from "./evidence.ts";
import { startZxidOf } from "./start-zxid.ts";

/** The disks by server, and the last transaction that a client can have read before. */
export interface StartDisks {
  readonly servers: ReadonlyMap<number, ServerSpec>;
  readonly committed: string | undefined;
}

/** A disk of which no log says anything. */
export const UNKNOWN_DISK: ServerSpec = {
  ...{ role: "participant", history: "", snapshots: ["0:0"], logFilesFrom: [] },
  ...{ acceptedEpoch: 0, currentEpoch: 0, empty: false, down: false, settings: {} },
};

/** The transactions of one server: the counters of each epoch, as ranges without those that the server lacks. */
type Txns = readonly Zxid64[];

/** The largest number of transactions that a disk gets. A leader keeps 500 in committedLog. */
const TXNS_MAX = 2000;

const epochOf = (zxid: Zxid64): number => Number(zxid >> 32n);
const counterOf = (zxid: Zxid64): number => Number(zxid & 0xffff_ffffn);
const zxidOf = (epoch: number, counter: number): Zxid64 => (BigInt(epoch) << 32n) | BigInt(counter);

/** Returns the disks at the start of the first process of each server. */
export function startDisks(evidence: Evidence): StartDisks {
  const { ensemble, servers } = evidence;
  const newEpochs = ensemble.epochs.map(({ epoch }) => epoch);
  const firstNew = newEpochs.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...newEpochs);
  const firstProposed = firstNew - proposedBefore(ensemble);
  const starts = new Map(servers.map((server) => [server.server, startZxidOf(server, ensemble.handshakes)]));
  const handshakes = ensemble.handshakes.filter(
    ({ facts, leaderSide }) => facts !== undefined && leaderSide !== undefined && isAtStart(facts, firstNew),
  );
  const onDisk = evidence.disks.flatMap(({ tree }) => tree.map(({ last }) => BigInt(last)));
  const ends = epochEnds([...starts.values(), ...onDisk], handshakes, firstNew);
  const branches = handshakes.flatMap((handshake) => branchOf(handshake, starts));
  const histories = new Map<number, Txns>();
  for (const one of servers) {
    const { server } = one;
    const start = starts.get(server) ?? 0n;
    const missing = branches.filter(
      ({ last, lackedBy }) => start > last && (lackedBy === "all" || lackedBy === server),
    );
    const txns = without(txnsUpTo(start, ends), missing);
    const logged = { zxid: start, txns, firstNew, handshakes };
    histories.set(server, txnsAtStart(directoryOf(one, evidence), logged));
  }
  const specs = new Map(
    servers.map((one) => {
      const txns = histories.get(one.server) ?? [];
      const spec = specOf(one, txns, handshakes, firstProposed);
      return [one.server, withFilesAtStart(spec, directoryOf(one, evidence), txns, one)];
    }),
  );
  for (const directory of evidence.disks) {
    const { copied, server, spec } = directory;
    const role = specs.get(server)?.role ?? "participant";
    const known = copied === "before" ? spec : silentDisk(directory, firstNew);
    if (known !== undefined && (copied === "before" || !specs.has(server))) specs.set(server, { ...known, role });
  }
  const voters = servers.filter(({ isObserver }) => !isObserver).map(({ server }) => server);
  const size = voters.length + evidence.silent.length;
  const committed = lastHeld(
    voters.map((sid) => histories.get(sid) ?? []),
    Math.floor(size / 2) + 1,
  );
  return { servers: specs, committed: committed === undefined ? undefined : formatZxid64(committed) };
}

/** Returns the number of leaders that proposed an epoch and did not establish it, before the first that did. */
function proposedBefore({ epochs, handshakes }: Ensemble): number {
  const [first] = epochs;
  const periods = handshakes.flatMap(({ leaderSide, timeMs }) =>
    leaderSide === undefined || timeMs === undefined || timeMs >= (first?.timeMs ?? 0) ? [] : [leaderSide.period],
  );
  return new Set(periods.filter((period) => period !== first?.period)).size;
}

function isAtStart(
  { maxCommittedLog, peerLastZxid }: { maxCommittedLog: Zxid64; peerLastZxid: Zxid64 },
  firstNew: number,
): boolean {
  return epochOf(maxCommittedLog) < firstNew && epochOf(peerLastZxid) < firstNew;
}

/** Returns the last known counter of each epoch that was over before the logs begin. */
function epochEnds(
  starts: readonly Zxid64[],
  handshakes: readonly ExplainedHandshake[],
  firstNew: number,
): ReadonlyMap<number, number> {
  const zxids = [
    ...starts,
    ...handshakes.flatMap(({ facts, operation, zxid }) => [
      ...(facts === undefined ? [] : [facts.minCommittedLog, facts.maxCommittedLog, facts.peerLastZxid]),
      ...(operation === "TRUNC" && zxid !== undefined ? [zxid] : []),
    ]),
  ];
  const ends = new Map<number, number>();
  for (const zxid of zxids) {
    const epoch = epochOf(zxid);
    if (zxid > 0n && epoch < firstNew) ends.set(epoch, Math.max(ends.get(epoch) ?? 0, counterOf(zxid)));
  }
  return ends;
}

/** Returns all known transactions up to a zxid. */
function txnsUpTo(last: Zxid64, ends: ReadonlyMap<number, number>): Txns {
  const txns: Zxid64[] = [];
  for (const [epoch, end] of [...ends].sort(([a], [b]) => a - b)) {
    if (epoch > epochOf(last)) break;
    const to = epoch === epochOf(last) ? Math.max(counterOf(last), 0) : end;
    for (let counter = Math.max(1, to - TXNS_MAX + 1); counter <= to; counter++) txns.push(zxidOf(epoch, counter));
  }
  return txns;
}

/** A range of transactions that some servers lack: above `after`, up to `last`. */
interface Gap {
  readonly after: Zxid64;
  readonly last: Zxid64;
  /** The servers that lack it, of those that start after its end. */
  readonly lackedBy: number | "all";
}

/**
 * A leader that sends a TRUNC or a SNAP lacks transactions of the learner. If the learner has started with them, no
 * server that is further has got them: their histories come from the same leaders.
 */
function branchOf(
  { facts, leader, learner, operation, zxid: after }: ExplainedHandshake,
  starts: ReadonlyMap<number, Zxid64>,
): Gap[] {
  if (leader === undefined || facts === undefined) return [];
  const { maxCommittedLog, minCommittedLog, peerLastZxid: last } = facts;
  const lackedBy = starts.get(learner) === last ? "all" : leader;
  if (operation === "TRUNC" && after !== undefined && after < last) return [{ after, last, lackedBy }];
  const isWithin = last >= minCommittedLog && last < maxCommittedLog;
  return operation === "SNAP" && isWithin ? [{ after: last - 1n, last, lackedBy }] : [];
}

function without(txns: Txns, gaps: readonly Gap[]): Txns {
  if (gaps.length === 0) return txns;
  return txns.filter((zxid) => !gaps.some(({ after, last }) => zxid > after && zxid <= last));
}

/** Returns the last transaction that a number of servers have. */
function lastHeld(histories: readonly Txns[], needed: number): Zxid64 | undefined {
  const holders = new Map<Zxid64, number>();
  for (const txns of histories) for (const zxid of txns) holders.set(zxid, (holders.get(zxid) ?? 0) + 1);
  let last: Zxid64 | undefined;
  for (const [zxid, count] of holders) if (count >= needed && (last === undefined || zxid > last)) last = zxid;
  return last;
}

function specOf(
  { isObserver, processes, server }: ServerEvidence,
  txns: Txns,
  handshakes: readonly ExplainedHandshake[],
  firstProposed: number,
): ServerSpec {
  const [first] = processes;
  const role = isObserver ? "observer" : "participant";
  const isEmpty = (first?.run.missingEpochFiles.length ?? 0) > 0 && txns.length === 0;
  if (isEmpty) {
    return {
      ...UNKNOWN_DISK,
      ...{ role, empty: true, snapshots: [], acceptedEpoch: "missing", currentEpoch: "missing" },
    };
  }
  const ofZxid = epochOf(txns.at(-1) ?? 0n);
  const currentEpoch = Math.max(first?.epoch ?? ofZxid, 0) || ofZxid;
  const acceptedEpoch = acceptedAt(server, handshakes, firstProposed, currentEpoch);
  return {
    ...UNKNOWN_DISK,
    ...{ role, history: historyText(txns), currentEpoch, acceptedEpoch },
    snapshots: [snapshotOf(server, txns, handshakes)],
    ...logStartOf(server, txns, handshakes),
  };
}

/** Returns disks with the same transactions and another snapshot: without one, then with one of the last zxid. */
export function diskVariants(spec: ServerSpec): ServerSpec[] {
  const last = /(\d+:\d+)$/.exec(spec.history)?.[1];
  // Without a snapshot, a log that starts later would lack transactions.
  const { log: _log, logFrom: _logFrom, ...rest } = spec;
  const whole = { ...rest, logFilesFrom: [] };
  const without = { ...whole, snapshots: ["0:0"] };
  if (last === undefined) return [without];
  return [without, { ...spec, snapshots: [last] }, { ...whole, snapshots: [last], logFrom: last }];
}

/** A leader that does not find a learner's zxid in its log on disk has a log that starts after it. */
function logStartOf(
  server: number,
  txns: Txns,
  handshakes: readonly ExplainedHandshake[],
): Partial<Pick<ServerSpec, "logFrom" | "snapshots">> {
  const last = txns.at(-1);
  const lacksStart = handshakes.some(
    ({ leader, leaderSide }) => leader === server && leaderSide?.ruleLines.has("sync-not-found"),
  );
  return lacksStart && last !== undefined ? { logFrom: formatZxid64(last), snapshots: [formatZxid64(last)] } : {};
}

/** The first epoch is one more than the highest acceptedEpoch of its quorum. The leader gets it if no other has it. */
function acceptedAt(
  server: number,
  handshakes: readonly ExplainedHandshake[],
  firstProposed: number,
  currentEpoch: number,
): number {
  const [first] = handshakes;
  const leads = first?.leader === server;
  return leads && Number.isFinite(firstProposed) ? Math.max(currentEpoch, firstProposed - 1) : currentEpoch;
}

/** Returns the snapshot from which a server that leads has read its log: committedLog starts after it. */
function snapshotOf(server: number, txns: Txns, handshakes: readonly ExplainedHandshake[]): string {
  const facts = handshakes.find(({ leader }) => leader === server)?.facts;
  const last = txns.at(-1);
  if (facts === undefined || last === undefined || commitLogCountOf(server, handshakes) !== undefined) return "0:0";
  const { maxCommittedLog, minCommittedLog } = facts;
  if (maxCommittedLog === 0n || (minCommittedLog === maxCommittedLog && txns.length > 1)) return formatZxid64(last);
  const before = txns.findLast((zxid) => zxid < minCommittedLog);
  return before === undefined ? "0:0" : formatZxid64(before);
}

/**
 * Returns the setting commitLogCount of a leader whose committedLog has dropped its first transactions: it contains one
 * transaction more (ZKDatabase#addCommittedProposal). Undefined if the logs do not show this.
 */
export function commitLogCountOf(server: number, handshakes: readonly ExplainedHandshake[]): number | undefined {
  const own = handshakes.flatMap(({ facts, leader, leaderSide }) =>
    leader === server && facts !== undefined && leaderSide !== undefined ? [{ facts, run: leaderSide.process }] : [],
  );
  const slid = own.findLast(({ facts, run }) =>
    own.some((one) => one.run === run && one.facts.minCommittedLog < facts.minCommittedLog),
  );
  if (slid === undefined) return undefined;
  const { maxCommittedLog, minCommittedLog } = slid.facts;
  const count = Number(maxCommittedLog - minCommittedLog);
  return epochOf(maxCommittedLog) === epochOf(minCommittedLog) ? count : undefined;
}

function historyText(txns: Txns): string {
  const ranges: [Zxid64, Zxid64][] = [];
  for (const zxid of txns) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] + 1n === zxid) last[1] = zxid;
    else ranges.push([zxid, zxid]);
  }
  return normalizeHistory(
    ranges.map(([a, b]) => (a === b ? formatZxid64(a) : `${formatZxid64(a)}..${formatZxid64(b)}`)).join(", "),
  );
}
