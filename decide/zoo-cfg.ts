/**
 * Reads the settings in a zoo.cfg that influence sync decisions, in the same way as QuorumPeerConfig#parseProperties
 * and ZKDatabase.
 */

/** Settings under their names in zoo.cfg. A setting that the file does not contain has ZooKeeper's default value. */
export interface SyncSettings {
  /** Negative if synchronization from the log on disk is off. 0 if the log files may have any size. */
  readonly snapshotSizeFactor: number;
  readonly forceSnapshotSync: boolean;
  /** The maximum number of transactions in committedLog. */
  readonly commitLogCount: number;
  readonly "autopurge.snapRetainCount": number;
  /** The time between two purges, in hours. 0 if ZooKeeper does not purge. */
  readonly "autopurge.purgeInterval": number;
}

export const DEFAULT_SYNC_SETTINGS: SyncSettings = {
  snapshotSizeFactor: 0.33,
  forceSnapshotSync: false,
  commitLogCount: 500,
  "autopurge.snapRetainCount": 3,
  "autopurge.purgeInterval": 0,
};

/**
 * The settings of a zoo.cfg, and a warning for each value that ZooKeeper ignores or replaces. The warning names the
 * line.
 */
export interface ReadSettings {
  readonly settings: SyncSettings;
  readonly warnings: readonly string[];
}

/** One property of a file such as zoo.cfg. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** The number of its line, counted from 1. */
  readonly line: number;
}

/** Returns the properties of a file in the order of their lines. */
export function readProperties(text: string): readonly Property[] {
  return text.split(/\r?\n/).flatMap((content, index) => {
    const [, key, value] = /^\s*([^#!\s=:][^\s=:]*)\s*[=:\s]\s*(.*?)\s*$/.exec(content) ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value, line: index + 1 }];
  });
}

/** Reads the text of a zoo.cfg. Skips settings that do not influence sync decisions. */
export function readZooCfg(text: string): ReadSettings {
  const given: Partial<Record<keyof SyncSettings, number | boolean>> = {};
  const warnings: string[] = [];
  for (const { key, line, value } of readProperties(text)) {
    const warn = (text: string): void => void warnings.push(`line ${line}: ${text}`);
    const bare = key.replace(/^zookeeper\./, "");
    if (!isSyncSetting(bare)) continue;
    if (bare !== key) {
      warn(`${key} has no effect in zoo.cfg, where the name is ${bare}`);
      continue;
    }
    const read = READERS[bare](value);
    if (read.warning !== undefined) warn(`${key}=${value}: ${read.warning}`);
    given[bare] = read.value;
  }
  return { settings: { ...DEFAULT_SYNC_SETTINGS, ...given } as SyncSettings, warnings };
}

interface Reading {
  readonly value: number | boolean;
  readonly warning?: string;
}

const READERS: Readonly<Record<keyof SyncSettings, (text: string) => Reading>> = {
  snapshotSizeFactor: (text) => {
    const value = text === "" ? Number.NaN : Number(text);
    const byDefault = DEFAULT_SYNC_SETTINGS.snapshotSizeFactor;
    if (Number.isNaN(value)) return { value: byDefault, warning: `not a number; ZooKeeper uses ${byDefault}` };
    if (value > 1) return { value: byDefault, warning: `above 1; ZooKeeper uses ${byDefault}` };
    return { value };
  },
  forceSnapshotSync: (text) => ({ value: text.toLowerCase() === "true" }),
  commitLogCount: (text) => wholeNumber("commitLogCount", text, DEFAULT_SYNC_SETTINGS.commitLogCount),
  "autopurge.snapRetainCount": (text) => wholeNumber("autopurge.snapRetainCount", text, 3),
  "autopurge.purgeInterval": (text) => wholeNumber("autopurge.purgeInterval", text, 0),
};

function wholeNumber(key: keyof SyncSettings, text: string, least: number): Reading {
  const byDefault = DEFAULT_SYNC_SETTINGS[key] as number;
  if (!/^-?\d{1,9}$/.test(text)) return { value: byDefault, warning: "not a whole number" };
  const value = Number(text);
  return value < least ? { value: least, warning: `below the minimum; ZooKeeper uses ${least}` } : { value };
}

function isSyncSetting(key: string): key is keyof SyncSettings {
  return Object.hasOwn(READERS, key);
}
