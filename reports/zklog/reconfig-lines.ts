/** The lines about changes of the configuration while servers run (PrepRequestProcessor, Leader, QuorumPeer). */
import type { RecordOf } from "../../cluster/records.ts";
import { requestThreadOf } from "./line-pattern.ts";
import type { LoggedServer } from "./logged-server.ts";
import { versionOf, votersOf } from "./start-lines.ts";

/** Logs that a leader takes requests. The line says whether clients can change the configuration. */
export function writeRequestsStarted(one: LoggedServer): void {
  const { settings, sid } = one;
  one.say(
    "requests-started",
    { sid, reconfigEnabled: String(settings.reconfigEnabled) },
    { thread: requestThreadOf(sid) },
  );
}

/**
 * Logs that a server has seen a pending configuration. `request`: what a client asks of the leader. A leader that
 * already serves sees a configuration only if a client asks for it.
 */
export function writeSeen(one: LoggedServer, config: string, request: unknown): void {
  const version = versionOf(config);
  if (version < one.seenVersion) one.say("config-stale", { version, current: one.committedVersion });
  one.seenVersion = version;
  one.pendingVoters = votersOf(config);
  if (one.state === "leading" && one.phase === "BROADCAST") writeRequest(one, request);
}

/** Refusals that Java makes before it logs the request (PrepRequestProcessor#pRequest2Txn). */
const BEFORE_REQUEST: ReadonlySet<string> = new Set([
  "ReconfigDisabled",
  "Unimplemented",
  "ReconfigInProgress",
  "BadVersion",
]);

/** Logs a request that the leader refuses. */
export function writeRefused(one: LoggedServer, { reason }: RecordOf<"reconfig-refused">, request: unknown): void {
  if (!BEFORE_REQUEST.has(reason)) writeRequest(one, request);
}

/** A request with a whole configuration is not incremental. */
function writeRequest(one: LoggedServer, request: unknown): void {
  const isWhole = typeof request === "object" && request !== null && "config" in request;
  const form = isWhole ? "Non-incremental" : "Incremental";
  one.say("reconfig-requested", {}, { thread: requestThreadOf(one.sid), form });
}

/** Logs that the role of the server in its committed configuration has changed (QuorumPeer#updateLearnerType). */
export function writeRoleChanged(one: LoggedServer): void {
  const { committedObservers, committedVoters, settings, sid } = one;
  const isObserver = committedObservers.includes(sid);
  if (!settings.reconfigEnabled || isObserver === one.isObserver) return;
  one.isObserver = isObserver;
  const voter = committedVoters.includes(sid) ? "a voting participant" : "a non-voting participant";
  one.say("role-changed", { role: isObserver ? "an observer" : voter });
}

/** Logs that a leader commits a configuration in which another server leads. */
export function writeLeaderChange(one: LoggedServer): void {
  if (one.phase !== "BROADCAST") return;
  one.say("reconfig-changes-leader", { reconfigEnabled: String(one.settings.reconfigEnabled) });
}
