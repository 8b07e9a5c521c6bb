/** Checks the servers of a scenario: at least one votes, and the content of each disk is consistent. */
import type { ServerSpec } from "../../cluster/cluster-spec.ts";
import { ensembleConfigOf, verifierOfConfig } from "../../cluster/verifier.ts";
import { HISTORY_LENGTH_MAX, normalizeHistory, parseZxidRanges, type ZxidRange } from "../../cluster/zxid-range.ts";
import {
  asServerId,
  counterOf,
  formatZxid,
  nextZxid,
  parseZxid,
  type ServerId,
  type Zxid,
} from "../../protocol/zxid.ts";
import { checkConfig } from "./check-config.ts";
import type { FieldChecks } from "./field-checks.ts";
import type { Path } from "./field-path.ts";

export function checkServers(checks: FieldChecks): void {
  if (checks.participants.length === 0) {
    checks.report(["servers"], undefined, "all servers are observers", "at least one participant");
  }
  for (const [id, server] of Object.entries(checks.scenario.servers)) checkServer(checks, server, ["servers", id]);
  checkTotalLength(checks);
  checkCommitted(checks);
}

function checkNextConfig(checks: FieldChecks, { nextConfig }: ServerSpec, path: Path): void {
  if (nextConfig === undefined) return;
  checkConfig(checks, nextConfig, path);
  if (nextConfig.version === undefined) checks.report([...path, "version"], undefined, "is missing", "a zxid");
}

function checkServer(checks: FieldChecks, server: ServerSpec, path: Path): void {
  checks.settings(server.settings, [...path, "settings"]);
  checks.servers(server.view ?? [], [...path, "view"]);
  if (server.myid !== undefined) checks.server(server.myid, [...path, "myid"]);
  if (server.config !== undefined) checkConfig(checks, server.config, [...path, "config"]);
  checkNextConfig(checks, server, [...path, "nextConfig"]);
  if (server.config !== undefined && server.view !== undefined) {
    checks.report([...path, "view"], server.view, "cannot be combined with config", "either view or config");
  }
  if (server.empty) checkEmpty(checks, server, path);
  else checkDisk(checks, server, path);
}

/**
 * Limits the total length of all histories, because this length determines the time and memory that the start states
 * need.
 */
function checkTotalLength(checks: FieldChecks): void {
  let total = 0;
  for (const [id, { history }] of Object.entries(checks.scenario.servers)) {
    const ranges = parseZxidRanges(history);
    if (typeof ranges === "string") continue;
    total += ranges.reduce((length, { first, last }) => length + last - first + 1, 0);
    if (total <= HISTORY_LENGTH_MAX) continue;
    const message = `makes all histories together longer than ${HISTORY_LENGTH_MAX} transactions`;
    checks.report(["servers", id, "history"], history, message, "shorter histories, or fewer servers");
    return;
  }
}

function checkDisk(checks: FieldChecks, server: ServerSpec, path: Path): void {
  const ranges = checkHistory(checks, server.history, [...path, "history"]);
  if (ranges === undefined) return;
  const last = ranges.at(-1);
  if (last !== undefined) checks.epochBelowLimit(last.last, [...path, "history"]);
  for (const [i, zxid] of checkAscending(checks, server.snapshots ?? [], [...path, "snapshots"]).entries()) {
    // A leader that takes a snapshot before its first transaction names it by the start of its epoch.
    if (counterOf(zxid) !== 0) checkInside(checks, zxid, ranges, [...path, "snapshots", i]);
  }
  const log = server.log === undefined ? ranges : checkLog(checks, server, ranges, path);
  if (log === undefined) return;
  for (const [i, zxid] of checkAscending(checks, server.logFilesFrom, [...path, "logFilesFrom"]).entries()) {
    checkInside(checks, zxid, log, [...path, "logFilesFrom", i]);
  }
  if (server.logFrom === undefined) return;
  const zxid = checks.zxid(server.logFrom, [...path, "logFrom"]);
  if (zxid !== undefined) checkInside(checks, zxid, ranges, [...path, "logFrom"]);
}

/** Checks the field `log`. Returns its ranges; undefined if it is invalid. */
function checkLog(
  checks: FieldChecks,
  { history, log = "", logFrom, snapshots = [] }: ServerSpec,
  ranges: readonly ZxidRange[],
  path: Path,
): readonly ZxidRange[] | undefined {
  const at = [...path, "log"];
  if (logFrom !== undefined) checks.report(at, log, "cannot be combined with logFrom", "either log or logFrom");
  const logged = checkHistory(checks, log, at);
  const newest = parseZxid(snapshots.at(-1) ?? "");
  if (logged === undefined || newest === undefined) return logged;
  const [inLog, inHistory] = [rangesAbove(logged, newest), rangesAbove(ranges, newest)];
  if (inLog === inHistory) return logged;
  const message = `has ${inLog || "nothing"} above the snapshot ${formatZxid(newest)}`;
  checks.report(at, log, message, `${inHistory || "nothing"} there, as in the history ${history}`);
  return undefined;
}

/** Returns the part of a history above a zxid. Ranges that follow each other are joined. */
function rangesAbove(ranges: readonly ZxidRange[], zxid: Zxid): string {
  const joined: { first: Zxid; last: Zxid }[] = [];
  for (const { first, last } of ranges) {
    if (last <= zxid) continue;
    const start = first > zxid ? first : nextZxid(zxid);
    const before = joined.at(-1);
    if (before !== undefined && before.last + 1 === start) before.last = last;
    else joined.push({ first: start, last });
  }
  return normalizeHistory(joined.map((range) => `${formatZxid(range.first)}..${formatZxid(range.last)}`).join(", "));
}

/** Returns the ranges of a history. If the history is invalid, reports a problem and returns undefined. */
export function checkHistory(checks: FieldChecks, text: string, path: Path): readonly ZxidRange[] | undefined {
  const ranges = parseZxidRanges(text);
  if (typeof ranges !== "string") return ranges;
  checks.report(path, text, ranges, "zxids and ranges of one epoch in ascending order, such as 1:1..1:5, 2:1");
  return undefined;
}

function checkAscending(checks: FieldChecks, texts: readonly string[], path: Path): Zxid[] {
  const zxids: Zxid[] = [];
  for (const [i, text] of texts.entries()) {
    const zxid = checks.zxid(text, [...path, i]);
    if (zxid === undefined) continue;
    const previous = zxids.at(-1);
    if (previous !== undefined && zxid <= previous) {
      checks.report([...path, i], text, `does not come after ${texts[i - 1]}`, "zxids in ascending order");
    }
    zxids.push(zxid);
  }
  return zxids;
}

function checkInside(checks: FieldChecks, zxid: Zxid, ranges: readonly ZxidRange[], path: Path): void {
  if (ranges.some(({ first, last }) => first <= zxid && zxid <= last)) return;
  const history = checks.scenario.servers[asServerId(Number(path[1]))]?.history ?? "";
  const accepted = history === "" ? "nothing, as the history is empty" : `a zxid of the history ${history}`;
  checks.report(path, textAt(checks, path), "is not in the server's history", accepted);
}

function textAt(checks: FieldChecks, [, id, field, i]: Path): unknown {
  const server = checks.scenario.servers[asServerId(Number(id))];
  const value = server?.[field as "snapshots" | "logFilesFrom" | "logFrom"];
  return Array.isArray(value) ? value[Number(i)] : value;
}

const ON_DISK = [
  "history",
  "snapshots",
  "log",
  "logFilesFrom",
  "logFrom",
  "acceptedEpoch",
  "currentEpoch",
  "currentEpochTmp",
];

function checkEmpty(checks: FieldChecks, server: ServerSpec, path: Path): void {
  for (const field of ON_DISK) {
    const value = server[field as keyof ServerSpec];
    if (value === undefined || value === "" || value === "missing" || (Array.isArray(value) && value.length === 0))
      continue;
    checks.report([...path, field], value, "contradicts empty: true", "either this field, or empty: true");
  }
}

/**
 * Checks `committed`: a client can have read only transactions that a quorum has logged. A server with an empty disk
 * may have logged them before it was wiped, or may have joined the ensemble after they were committed. At least one
 * server must still hold them, because its history says what they are.
 */
function checkCommitted(checks: FieldChecks): void {
  const { committed, servers } = checks.scenario;
  const zxid = parseZxid(committed ?? "0:0");
  if (zxid === undefined || zxid === 0) return;
  const holders = new Set<ServerId>();
  const empty = checks.participants.filter((sid) => servers[sid]?.empty);
  for (const sid of checks.participants) {
    const ranges = parseZxidRanges(servers[sid]?.history ?? "");
    // Another check reports an invalid history. The history may contain the zxid, so this check reports no problem.
    if (typeof ranges === "string") return;
    if (ranges.some((range) => range.first <= zxid && zxid <= range.last)) holders.add(sid);
  }
  const keepers = [...holders, ...empty];
  const isQuorumFor = (sid: ServerId): boolean => {
    const verifier = verifierOfConfig(ensembleConfigOf(checks.scenario, servers[sid] ?? {}));
    return verifier.containsQuorum(keepers.filter((keeper) => verifier.isVoter(keeper)));
  };
  if (holders.size > 0 && checks.serverIds.some(isQuorumFor)) return;
  const accepted = "a zxid that a quorum has logged; a server with empty: true may have logged it";
  checks.report(["committed"], committed, "is not in the histories of a quorum", accepted);
}
