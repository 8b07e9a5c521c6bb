/** What is wrong with the disks of an ensemble, as sentences with a severity. */
import type { ServerId } from "../protocol/zxid.ts";
import type { DataDirectory, SnapshotFile } from "./data-directory.ts";
import type { EnsembleDisks } from "./ensemble.ts";
import { failureText, holeText, snapshotText, stopText } from "./failure-text.ts";
import type { ServerDisk, ServerHistory } from "./histories.ts";
import { isCut, type LoadedDatabase, type StartPrediction } from "./predict-start.ts";
import type { SetResult, StartResult } from "./simulate-starts.ts";
import { lastOf } from "./txn-runs.ts";
import { type Range, sizeOf, textOf, type ZxidSet } from "./zxid-set.ts";

/** How bad a finding is. */
export type Severity =
  /** Committed transactions are lost, can get lost, or servers contradict each other. */
  | "loss"
  /** A server does not start, or a file is damaged. */
  | "fault"
  /** Worth knowing; nothing is wrong. */
  | "note";

/** One finding. */
export interface Finding {
  readonly severity: Severity;
  /** The server; undefined if the finding concerns several servers. */
  readonly server: ServerId | undefined;
  readonly text: string;
}

const ORDER: readonly Severity[] = ["loss", "fault", "note"];

/** Returns the findings, the worst ones first. */
export function findingsOf(ensemble: EnsembleDisks, sets: readonly SetResult[]): Finding[] {
  const { disks, histories } = ensemble;
  const findings = [
    ...disks.flatMap((disk, i) => serverFindings(disk, histories[i] as ServerHistory)),
    ...groupFindings(ensemble),
    ...startFindings(ensemble, sets),
  ];
  return findings.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
}

function serverFindings({ directory, sid, start }: ServerDisk, { holes }: ServerHistory): Finding[] {
  const say =
    (severity: Severity) =>
    (text: string): Finding => ({ severity, server: sid, text });
  const [fault, note, loss] = [say("fault"), say("note"), say("loss")];
  return [
    ...startFinding(start).map(fault),
    ...(directory.badMyid === undefined
      ? []
      : [fault(`myid contains "${directory.badMyid}", which is not a server id`)]),
    ...(directory.myid === undefined || directory.myid === sid ? [] : [fault(`myid is ${directory.myid}`)]),
    ...directory.snapshots
      .filter(({ content, looksValid }) => !looksValid || content.kind === "damage")
      .map((snapshot) => fault(snapshotText(snapshot))),
    ...logFindings(directory, start, fault, note),
    ...(holes.length > 0 ? [loss(holesText(holes, start))] : []),
    ...leftovers(directory).map(note),
  ];
}

/** A log with readable records after the damage gets a finding of its own, which says more. */
function startFinding({ failure }: StartPrediction): string[] {
  if (failure === undefined) return [];
  const hasMore = failure.reason === "damaged-log" && failure.log.unread.length > 0;
  return [`does not start${hasMore ? `, because of ${failure.log.name}` : `: ${failureText(failure)}`}`];
}

/** The largest number of holes whose files are named. */
const HOLES_MAX = 3;

/** Returns which transactions are missing below later ones, and in which files the transactions around them are. */
function holesText(holes: ZxidSet, { database }: StartPrediction): string {
  const places = holes.slice(0, HOLES_MAX).flatMap((hole) => (database && aroundHole(database, hole)) ?? []);
  const lacks = `lacks ${textOf(holes)} below later transactions`;
  return places.length === 0 ? lacks : `${lacks}: ${places.join("; ")}`;
}

function aroundHole({ records, snapshot }: LoadedDatabase, { first, last }: Range): string | undefined {
  const runs = records.flatMap(({ log, runs: all }) => all.map((run) => ({ log, run })));
  const after = runs.findLast(({ run }) => lastOf(run) < first);
  const next = runs.find(({ run }) => run.first > last);
  if (next === undefined || (after ?? snapshot) === undefined) return undefined;
  const before =
    after === undefined
      ? { file: snapshot as SnapshotFile, zxid: (snapshot as SnapshotFile).zxid }
      : { file: after.log, zxid: lastOf(after.run) };
  return holeText(before, { file: next.log, zxid: next.run.first });
}

function logFindings(
  { logs }: DataDirectory,
  { failure }: StartPrediction,
  fault: (text: string) => Finding,
  note: (text: string) => Finding,
): Finding[] {
  return logs.flatMap((log, i) => {
    const { length } = log.unread;
    const ignored = length === 0 ? "" : `; ZooKeeper does not read the ${counted(length, "record")} after it`;
    const isKnown = failure?.reason === "damaged-log" && failure.log === log;
    if (isKnown && length === 0) return [];
    if (log.stop.isDamage || length > 0) return [fault(stopText(log) + ignored)];
    if (!isCut(log.stop)) return [];
    return i === logs.length - 1
      ? [note(`${stopText(log)}, as after a crash: the record was never acknowledged`)]
      : [fault(`${stopText(log)}, and newer log files follow`)];
  });
}

function leftovers({ acceptedEpochTmp, currentEpochTmp, hasInitialize, hasUpdatingEpoch }: DataDirectory): string[] {
  return [
    ...(acceptedEpochTmp === "missing" ? [] : ["acceptedEpoch.tmp is left over from a crash"]),
    ...(currentEpochTmp === "missing" ? [] : ["currentEpoch.tmp is left over from a crash"]),
    ...(hasUpdatingEpoch ? ["updatingEpoch is left over from a crash"] : []),
    ...(hasInitialize ? ["the file initialize permits the server to vote with an empty database"] : []),
  ];
}

function groupFindings({ contradictions, groups, missing }: EnsembleDisks): Finding[] {
  const all = (severity: Severity, text: string): Finding => ({ severity, server: undefined, text });
  const findings: Finding[] = [];
  for (const { range, staleAt, holders, status, supersededBy, unloadedAt } of groups) {
    const text = textOf([range]);
    const own = servers([...holders, ...staleAt, ...unloadedAt].sort((a, b) => a - b));
    const later = servers(supersededBy);
    if (status === "lost") {
      findings.push(all("loss", `${text} was on a quorum (${own}), and the later epoch of ${later} lacks it`));
    } else if (supersededBy.length > 0 && holders.length > 0) {
      findings.push(
        all("note", `${text} is an uncommitted tail on ${servers(holders)}: the later epoch of ${later} lacks it`),
      );
    } else if (supersededBy.length > 0 && staleAt.length > 0) {
      findings.push(
        all("note", `${text} is an uncommitted tail in the log of ${own}, below a newer snapshot that lacks it`),
      );
    }
  }
  for (const {
    servers: [a, b],
    different,
    onlyFirst,
    onlySecond,
  } of contradictions) {
    if (different.length > 0)
      findings.push(all("loss", `servers ${a} and ${b} have different transactions ${textOf(different)}`));
    const only = (sid: ServerId, other: ServerId, set: ZxidSet): void => {
      if (set.length > 0)
        findings.push(
          all(
            "loss",
            `server ${sid} has ${textOf(set)} below transactions that it shares with server ${other}, which lacks it`,
          ),
        );
    };
    only(a, b, onlyFirst);
    only(b, a, onlySecond);
  }
  if (missing.length > 0) findings.push(all("note", `the data of ${servers(missing)} is not known`));
  return findings;
}

function startFindings({ voters }: EnsembleDisks, sets: readonly SetResult[]): Finding[] {
  const all = (severity: Severity, text: string): Finding => ({ severity, server: undefined, text });
  if (sets.length === 0) return [all("fault", `no quorum of ${servers(voters.ids)} starts from these disks`)];
  const results = sets.flatMap((set) => set.results);
  const losing = results.filter(losesData);
  const stuck = results.filter(({ leader }) => leader === undefined);
  const findings: Finding[] = [];
  if (losing.length > 0) {
    const [example] = losing as [StartResult, ...StartResult[]];
    const what = lossText(example);
    findings.push(
      all("loss", `${losing.length} of ${counted(results.length, "start")} lose data: ${startText(example)}${what}`),
    );
  }
  if (stuck.length > 0) {
    const [example] = stuck as [StartResult, ...StartResult[]];
    findings.push(
      all(
        "fault",
        `${stuck.length} of ${counted(results.length, "start")} elect no leader: order ${example.order.join(", ")}`,
      ),
    );
  }
  return findings;
}

function startText({ epoch, leader, order }: StartResult): string {
  return `in the order ${order.join(", ")}, server ${leader} leads epoch ${epoch}`;
}

function lossText({ lost, violations }: StartResult): string {
  const parts = [
    lost.committed && ` without ${textOf(lost.committed)}, which was committed`,
    lost["possibly-committed"] && ` without ${textOf(lost["possibly-committed"])}, which was possibly committed`,
  ].filter((part): part is string => part !== undefined);
  const violated = violations.length === 0 ? "" : ` (${violations.join(", ")})`;
  return parts.join(" and") + violated;
}

/** Returns whether a start loses a transaction that was, or possibly was, committed, or violates an invariant. */
export function losesData({ lost, violations }: StartResult): boolean {
  const gone = sizeOf(lost.committed ?? []) + sizeOf(lost["possibly-committed"] ?? []);
  return gone > 0 || violations.length > 0;
}

/** Returns `server 1`, or `servers 1, 2`. */
export function servers(ids: readonly ServerId[]): string {
  return ids.length === 1 ? `server ${ids[0]}` : `servers ${ids.join(", ")}`;
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
