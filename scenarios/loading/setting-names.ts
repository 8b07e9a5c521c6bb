/**
 * ZooKeeper's own names of the settings: the keys of zoo.cfg and the system properties, with or without the prefix
 * `zookeeper.`, as in ZooKeeper itself.
 */
import type { Settings } from "../../protocol/settings.ts";
import type { FieldProblem, Path } from "./field-path.ts";

export interface OwnName {
  readonly setting: keyof Settings;
  /** The number of the setting's units in one unit of ZooKeeper's. */
  readonly factor?: number;
}

/** ZooKeeper's names that differ from those of the settings. */
export const OWN_NAMES: Readonly<Record<string, OwnName>> = {
  tickTime: { setting: "tickTimeMs" },
  "fastleader.minNotificationInterval": { setting: "minNotificationIntervalMs" },
  "fastleader.maxNotificationInterval": { setting: "maxNotificationIntervalMs" },
  "leader.maxTimeToWaitForEpoch": { setting: "maxTimeToWaitForEpochMs" },
  cnxTimeout: { setting: "cnxTimeoutMs" },
  // ZooKeeper counts it in kilobytes.
  preAllocSize: { setting: "preAllocSizeBytes", factor: 1024 },
  forceSnapshotSync: { setting: "forceSnapSync" },
  "leader.maxConcurrentSnapSyncs": { setting: "maxConcurrentSnapSyncs" },
  "leader.maxConcurrentDiffSyncs": { setting: "maxConcurrentDiffSyncs" },
  "observer.election.DelayMs": { setting: "observerElectionDelayMs" },
  syncEnabled: { setting: "observerSyncEnabled" },
  "observer.syncEnabled": { setting: "observerSyncEnabled" },
  "db.autocreate": { setting: "dbAutocreate" },
  "snapshot.trust.empty": { setting: "trustEmptySnapshot" },
};

const PREFIX = "zookeeper.";

/** Returns the settings by the names of the core. */
export function withCoreNames(raw: Readonly<Record<string, unknown>>): Partial<Settings> {
  return Object.fromEntries(Object.entries(raw).map(([name, value]) => [coreName(name), coreValue(name, value)]));
}

/** Returns the name of the setting that a field of `settings` sets. */
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

/** Reports settings that are given under two names. */
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
