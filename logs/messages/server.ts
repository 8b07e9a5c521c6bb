/** Messages about the start, the end, the disk and the settings of a server. */
import { type LogMessage, messagesOf } from "../message.ts";

const config = messagesOf("QuorumPeerConfig");
const main = messagesOf("QuorumPeerMain");
const peer = messagesOf("QuorumPeer");
const database = messagesOf("ZKDatabase");
const handler = messagesOf("LearnerHandler");
const files = messagesOf("FileTxnSnapLog");
const snapshots = messagesOf("FileSnap");
const log = messagesOf("FileTxnLog");
const rates = messagesOf("RateLogger");
const server = messagesOf("ZooKeeperServer");
const cleanup = messagesOf("DatadirCleanupManager");

export const SERVER_MESSAGES: readonly LogMessage[] = [
  config("config-read", "INFO", "..", "Reading configuration from: {path:text}"),
  config("few-voters", "WARN", "..", "No server failure will be tolerated. You need at least 3 servers."),
  config("even-voters", "WARN", "..3.7.2", "Non-optimial configuration, consider an odd number of servers."),
  config("even-voters", "WARN", "3.8.0..", "Non-optimal configuration, consider an odd number of servers."),
  main("server-starting", "INFO", "..3.5.8 3.6.0..3.6.1", "Starting quorum peer"),
  main("server-starting", "INFO", "3.5.9..3.5.10 3.6.2..", "Starting quorum peer, myid={myid:int}"),
  messagesOf("Environment")(
    "version",
    "INFO",
    "..",
    "Server environment:zookeeper.version={version:word}, built on {built:text}",
  ),
  main("config-invalid", "ERROR", "..", "Invalid config, exiting abnormally"),
  main("config-invalid", "ERROR", "..", "Invalid arguments, exiting abnormally"),
  main("datadir-inaccessible", "ERROR", "3.5.5..", "Unable to access datadir, exiting abnormally"),
  main("admin-server-failed", "ERROR", "3.5.5..", "Unable to start AdminServer, exiting abnormally"),
  main("start-failed", "ERROR", "..", "Unexpected exception, exiting abnormally"),
  main("exiting-normally", "INFO", "..", "Exiting normally"),
  messagesOf("ServiceUtils")("jvm-exit", "ERROR", "3.6.0..", "Exiting JVM with code {code:int}"),
  messagesOf("ZooKeeperCriticalThread")(
    "fatal-thread",
    "ERROR",
    "..",
    "Severe unrecoverable error, from thread : {thread:text}",
  ),
  peer("peer-thread-exited", "WARN", "..", "QuorumPeer main thread exited"),
  messagesOf("JvmPauseMonitor")(
    "jvm-paused",
    "WARN",
    "3.6.0..",
    "Detected pause in JVM or host machine (eg GC): pause of approximately {ms:int}{rest:text}",
  ),

  // ---- settings
  peer("settings", "INFO", "..", "tickTime set to {tickTimeMs:int}"),
  server("server-created", "INFO", "..3.7.2", "Created server with tickTime {tickTimeMs:int} minSession{rest:text}"),
  server("server-created", "INFO", "3.8.0..", "Created server with tickTime {tickTimeMs:int} ms minSession{rest:text}"),
  peer("settings", "INFO", "..", "initLimit set to {initLimit:int}"),
  peer("settings", "INFO", "3.6.0..", "syncLimit set to {syncLimit:int}"),
  peer("settings", "INFO", "3.6.0..", "connectToLearnerMasterLimit set to {connectToLearnerMasterLimit:int}"),
  database("settings", "INFO", "3.5.5..", "zookeeper.snapshotSizeFactor = {snapshotSizeFactor:word}"),
  database("settings", "INFO", "3.6.0..", "zookeeper.commitLogCount={commitLogCount:int}"),
  database(
    "txn-log-sync-on",
    "INFO",
    "3.5.5..",
    "On disk txn sync enabled with snapshotSizeFactor {snapshotSizeFactor:word}",
  ),
  cleanup("settings", "INFO", "..", "autopurge.snapRetainCount set to {snapRetainCount:int}"),
  database("txn-log-sync-off", "INFO", "3.5.5..", "On disk txn sync disabled"),
  handler("force-snapshot-sync", "INFO", "3.5.5..", "Forcing snapshot sync is enabled"),

  // ---- the disk
  snapshots("snapshot-read", "INFO", "..", "Reading snapshot {path:text}"),
  snapshots("snapshot-invalid", "WARN", "3.6.0..", "problem reading snap file {path:text}"),
  snapshots("snapshot-invalid", "WARN", "..3.5.10", "problem reading snap file {path:text}"),
  files("snapshot-taken", "INFO", "..", "Snapshotting: 0x{zxid:hex} to {path:text}"),
  files("database-empty", "WARN", "3.6.0..", "Unexpected empty data tree, setting zxid to -1"),
  files(
    "log-order-broken",
    "ERROR",
    "3.5.5..",
    "{highest:dec}(highestZxid) > {next:dec}(next log) for type {type:text}",
  ),
  files(
    "log-order-broken",
    "ERROR",
    "..3.4.14",
    "{highest:dec}(higestZxid) > {next:dec}(next log) for type {type:text}",
  ),
  database(
    "database-loaded",
    "INFO",
    "3.6.0..",
    "Snapshot loaded in {ms:int} ms, highest zxid is 0x{zxid:hex}, digest is {digest:dec}",
  ),
  // The repetitions within 100 ms.
  rates(
    "digest-mismatch",
    "WARN",
    "3.6.0..",
    "[{times:int} times] Message: Digests are not matching. Value is Zxid. Last value:{zxid:dec}",
  ),
  rates("digest-mismatch", "WARN", "3.6.0..", "Message:Digests are not matching. Value is Zxid. Value:{zxid:dec}"),
  rates(
    "digest-mismatch",
    "WARN",
    "3.6.0..",
    "Message: Digests are not matching. Value is Zxid. Last value:{zxid:dec}",
  ),
  log("log-file-created", "INFO", "..", "Creating new log file: log.{zxid:hex}"),
  log("zxid-not-higher", "WARN", "..", "Current zxid {zxid:dec} is <= {last:dec} for {type:text}"),
  log("fsync-slow", "WARN", "..", "fsync-ing the write ahead log in {thread:text} took {ms:int}ms{rest:text}"),
  peer(
    "epoch-file-missing",
    "INFO",
    "..",
    "{file:word} not found! Creating with a reasonable default of {epoch:int}. ",
    "This should only happen when you are upgrading your installation",
  ),
  peer(
    "epoch-file-recovered",
    "INFO",
    "3.5.10..3.5.10 3.6.3..3.6.4 3.7.1..",
    "{file:word} found. Setting current epoch to {epoch:int}.",
  ),
  peer(
    "epoch-file-recovered",
    "INFO",
    "..3.4.14",
    "{file:word} found. The server was terminated after taking a snapshot but before updating current epoch. ",
    "Setting current epoch to {epoch:int}.",
  ),
  peer("database-not-loaded", "ERROR", "..", "Unable to load database on disk"),
];
