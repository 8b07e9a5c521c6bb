/**
 * ZooKeeper's own names of the settings: the keys of zoo.cfg and the system properties, with or without the prefix
 * `zookeeper.`, as in ZooKeeper itself.
 */
import type { Settings } from "../../protocol/settings.ts";
import type { FieldProblem, Path } from "./field-path.ts";

export interface OwnName {
  readonly setting: keyof Settings;
  /** The factor that converts a value in ZooKeeper's unit to the unit of `setting`. Default: 1. */
  readonly factor?: number;
}

/** ZooKeeper's names of the settings for which ZooKeeper and zabsim use different names. */
export const OWN_NAMES: Readonly<Record<string, OwnName>> = {
  tickTime: { setting: "tickTimeMs" },
  "fastleader.minNotificationInterval": { setting: "minNotificationIntervalMs" },
  "fastleader.maxNotificationInterval": { setting: "maxNotificationIntervalMs" },
  "leader.maxTimeToWaitForEpoch": { setting: "maxTimeToWaitForEpochMs" },
  cnxTimeout: { setting: "cnxTimeoutMs" },
  "jute.maxbuffer": { setting: "juteMaxBuffer" },
  "jute.maxbuffer.extrasize": { setting: "juteMaxBufferExtraSize" },
  // In ZooKeeper, preAllocSize is in kilobytes.
  preAllocSize: { setting: "preAllocSizeBytes", factor: 1024 },
  forceSnapshotSync: { setting: "forceSnapSync" },
  "leader.maxConcurrentSnapSyncs": { setting: "maxConcurrentSnapSyncs" },
  "leader.maxConcurrentDiffSyncs": { setting: "maxConcurrentDiffSyncs" },
  "observer.election.DelayMs": { setting: "observerElectionDelayMs" },
  "observerMaster.sizeLimit": { setting: "observerMasterSizeLimitBytes" },
  "observer.reconnectDelayMs": { setting: "observerReconnectDelayMs" },
  syncEnabled: { setting: "observerSyncEnabled" },
  "observer.syncEnabled": { setting: "observerSyncEnabled" },
  "db.autocreate": { setting: "dbAutocreate" },
  "readonlymode.enabled": { setting: "readOnlyMode" },
  "snapshot.trust.empty": { setting: "trustEmptySnapshot" },
};

const PREFIX = "zookeeper.";

/** Returns the settings with the names and units that the core uses. */
export function withCoreNames(raw: Readonly<Record<string, unknown>>): Partial<Settings> {
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [coreName(name), coreValue(name, value)]));
}

/** Returns the core's name for a setting. `name` is either the core's name or one of ZooKeeper's names. */
export function coreName(name: string): string {
  const own = ownName(name);
  return OWN_NAMES[own]?.setting ?? own;
}

function coreValue(name: string, value: unknown): unknown {
  const factor = OWN_NAMES[ownName(name)]?.factor ?? 1;
  return typeof value === "number" ? value * factor : value;
}

function ownName(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}

/** Returns a problem for each setting that the file sets twice, under two names. */
export function repeatedSettings(raw: Readonly<Record<string, unknown>>, path: Path): FieldProblem[] {
  const given = new Map<string, string>();
  const problems: FieldProblem[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const setting = coreName(name);
    const other = given.get(setting);
    given.set(setting, name);
    if (other === undefined) continue;
    const message = `is another name of ${other}, which is given, too`;
    problems.push({ path: [...path, name], value, message, accepted: "one of the two names", aboutKey: true });
  }
  return problems;
}
