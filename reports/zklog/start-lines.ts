/** The lines of a process from its start to its first election. */
import type { ServerConfig } from "../../cluster/records.ts";
import { epochOf, type Zxid } from "../../protocol/zxid.ts";
import { addressOf, dataFolderOf, ELECTION_PORT_NUMBER, MAIN_THREAD } from "./line-pattern.ts";
import type { LoggedServer } from "./logged-server.ts";
import { isAtLeast } from "./written-release.ts";

/** Logs the start of a process: its configuration, its release and its settings. */
export function writeStart(one: LoggedServer, config: ServerConfig | undefined, atUs: number): void {
  if (config !== undefined) one.config = config;
  resetProcess(one, atUs);
  const { log, release, sid } = one;
  log.release = release;
  log.myid = undefined;
  one.say("config-read", { path: `/etc/zookeeper/server-${one.server}/zoo.cfg` });
  writeVoters(one);
  log.myid = sid;
  one.say("server-starting", { myid: sid });
  const { settings } = one;
  one.say("settings", { tickTimeMs: settings.tickTimeMs });
  one.say("settings", { initLimit: settings.initLimit });
  one.say("settings", { syncLimit: settings.syncLimit });
  one.say("settings", { connectToLearnerMasterLimit: settings.connectToLearnerMasterLimit });
  if (isAtLeast(release, "3.6.0")) writeVersion(one);
  one.say("settings", { snapshotSizeFactor: String(settings.snapshotSizeFactor) });
  one.say("settings", { commitLogCount: settings.commitLogCount });
}

/** Logs that the configuration has a number of voters that is not useful. Java parses the pending one without this. */
function writeVoters(one: LoggedServer): void {
  const { length } = one.committedVoters;
  if (length < 2) return;
  if (length === 2) one.say("few-voters", {});
  else if (length % 2 === 0) one.say("even-voters", {});
}

function resetProcess(one: LoggedServer, atUs: number): void {
  one.sid = one.config?.myid ?? one.server;
  one.startedUs = atUs;
  Object.assign(one, { hasStarted: false, hasVersion: false, hasVoted: false, vote: undefined, elected: undefined });
  Object.assign(one, { state: "looking", phase: "ELECTION", syncMode: "", role: undefined });
  one.handlers.clear();
  one.startFiles.clear();
  one.committedVoters = one.config?.ensemble.voters ?? [];
  one.committedObservers = one.config?.ensemble.observers ?? [];
  one.committedVersion = 0n;
  one.pendingVoters = votersOf(one.config?.nextFile?.config);
  if (one.config?.dynamicFile !== undefined) setCommitted(one, one.config.dynamicFile.config);
  one.seenVersion = BigInt(one.config?.nextFile?.version ?? one.committedVersion);
  one.isObserver = one.committedObservers.includes(one.sid);
  one.hasEndedReceiver = false;
}

/** Notes the committed configuration, given as text such as `voters 1,2,3; observers 4; version 1:0`. */
export function setCommitted(one: LoggedServer, config: string): void {
  one.committedVoters = votersOf(config);
  one.committedObservers = idsAfter("observers", config);
  one.committedVersion = versionOf(config);
  if (one.committedVersion > one.seenVersion) one.seenVersion = one.committedVersion;
}

/** Returns whether the committed configuration has the members of a configuration, given as text. */
export function hasMembers({ committedObservers, committedVoters }: LoggedServer, config: string): boolean {
  return (
    committedVoters.join() === votersOf(config).join() &&
    committedObservers.join() === idsAfter("observers", config).join()
  );
}

/** Returns the version in the text of a configuration. */
export function versionOf(config: string): bigint {
  const [, epoch = "0", counter = "0"] = /version (\d+):(\d+)/.exec(config) ?? [];
  return (BigInt(epoch) << 32n) | BigInt(counter);
}

/** Returns the voters in the text of a configuration, such as `voters 1,2,3; version 1:0`. */
export function votersOf(config: string | undefined): number[] {
  return idsAfter("voters", config);
}

function idsAfter(word: string, config: string | undefined): number[] {
  const list = new RegExp(`\\b${word} ([^;]*)`).exec(config ?? "")?.[1] ?? "";
  return (list.match(/\d+(?=\s*(?:[,: +]|$|\())/g) ?? []).map(Number);
}

/**
 * Logs the release (Environment#logEnv). From 3.6 on, the class ZooKeeperServer is loaded at the start; before, when
 * the server gets its first role.
 */
export function writeVersion(one: LoggedServer): void {
  if (one.hasVersion) return;
  one.hasVersion = true;
  one.say("version", { version: `${one.release}-simulated`, built: "zabsim" });
}

/** Logs that the process has loaded its database. */
export function writeLoaded(one: LoggedServer, zxid: Zxid): void {
  one.loadedZxid = zxid;
  // The run has no digests of the tree. A server whose digests are off logs 0.
  const ms = Math.floor((one.log.nowUs - one.startedUs) / 1000);
  one.say("database-loaded", { ms, zxid: BigInt(zxid), digest: 0n });
}

/** Logs that the database is loaded again after a truncation (ZKDatabase#truncateLog). The run has no time for that. */
export function writeReloaded(one: LoggedServer, zxid: Zxid): void {
  one.say("database-loaded", { ms: 0, zxid: BigInt(zxid), digest: 0n });
}

/** Logs the write of an epoch file before the first election. */
export function writeStartFile(one: LoggedServer, file: string): void {
  one.startFiles.add(file);
  const epoch = Math.max(0, epochOf(one.loadedZxid as Zxid));
  // The file existed if a run has written a lower epoch into it: the epoch of the last transaction replaces it.
  const isRecovered = file === "currentEpoch" && one.currentEpoch !== undefined && one.currentEpoch < epoch;
  if (file === "currentEpoch") one.currentEpoch = epoch;
  if (!isRecovered) one.say("epoch-file-missing", { file, epoch });
  else one.say("epoch-file-recovered", { file: recoveryFileOf(one.release), epoch });
}

function recoveryFileOf(release: string): string {
  return isAtLeast(release, "3.5.0") ? "currentEpoch.tmp" : "updatingEpoch";
}

/** Logs that the election port is open, and enters the main loop of the server. */
export function writeStarted(one: LoggedServer): void {
  const address = addressOf(one.sid, ELECTION_PORT_NUMBER);
  one.say("election-port-bound", { sid: one.sid, address }, { thread: listenerThread(one.release, address) });
  one.hasStarted = true;
}

function listenerThread(release: string, address: string): string {
  if (isAtLeast(release, "3.6.0")) return `ListenerHandler-${address}`;
  return isAtLeast(release, "3.5.0") ? "QuorumPeerListener" : "ListenerThread";
}

/** Logs the start of a snapshot. */
export function writeSnapshot(one: LoggedServer, zxid: Zxid, inBackground: boolean): void {
  const path = `${dataFolderOf(one.sid)}/snapshot.${BigInt.asUintN(64, BigInt(zxid)).toString(16)}`;
  const thread = inBackground ? "Snapshot Thread" : one.hasStarted ? one.peerThread : MAIN_THREAD;
  one.say("snapshot-taken", { zxid: BigInt(zxid), path }, { thread });
}

/** Logs that the log thread creates a file for the first transaction of the file (FileTxnLog#append). */
export function writeLogged(one: LoggedServer, zxid: Zxid): void {
  if (one.hasOpenLog) return;
  one.hasOpenLog = true;
  one.say("log-file-created", { zxid: BigInt(zxid) }, { thread: `SyncThread:${one.sid}` });
}
