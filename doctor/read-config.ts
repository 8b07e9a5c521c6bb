/** What a zoo.cfg, or the znode /zookeeper/config, says about an ensemble and about the directories of a server. */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { readProperties } from "../decide/zoo-cfg.ts";
import type { Settings } from "../protocol/index.ts";
import { type EnsembleFile, type ReadFile, readEnsemble } from "../roll/read-ensemble.ts";
import { ScenarioError } from "../scenarios/scenario-error.ts";
import type { ServerDisk } from "./histories.ts";

/** A zoo.cfg. */
export interface ConfigFile {
  readonly file: string;
  readonly config: EnsembleConfig;
  /** The server.N line of each server. */
  readonly lines: EnsembleFile["lines"];
  readonly settings: Partial<Settings>;
  readonly dataDir: string | undefined;
  readonly dataLogDir: string | undefined;
}

/** The settings of zoo.cfg that change what servers do when they start. `factor` converts to the unit of the core. */
const SETTINGS: Readonly<Record<string, { readonly field: keyof Settings; readonly factor: number }>> = {
  tickTime: { field: "tickTimeMs", factor: 1 },
  initLimit: { field: "initLimit", factor: 1 },
  syncLimit: { field: "syncLimit", factor: 1 },
  snapCount: { field: "snapCount", factor: 1 },
  preAllocSize: { field: "preAllocSizeBytes", factor: 1024 },
};

/** Reads the text of a zoo.cfg. Throws a ScenarioError if a list of servers or a limit is wrong. */
export function readConfigFile(text: string, file: string, readFile: ReadFile): ConfigFile {
  const properties = readProperties(text);
  const lastOf = (key: string): string | undefined => properties.findLast((one) => one.key === key)?.value;
  const given = properties.flatMap(({ key, line, value }) => {
    const setting = SETTINGS[key];
    if (setting === undefined) return [];
    if (/^[1-9]\d{0,8}$/.test(value)) return [[setting.field, Number(value) * setting.factor]];
    const problem = { message: "is not a number", accepted: "a whole number from 1 to 999999999" };
    throw new ScenarioError([{ file, line, column: 1, field: key, value, ...problem }]);
  });
  const { config, lines } = readEnsemble(text, file, readFile);
  return {
    file,
    config,
    lines,
    settings: Object.fromEntries(given) as Partial<Settings>,
    dataDir: lastOf("dataDir"),
    dataLogDir: lastOf("dataLogDir"),
  };
}

/** The configuration of an ensemble, and where it comes from. */
export interface FoundConfig {
  readonly config: EnsembleConfig;
  readonly source: string;
}

/**
 * Returns the configuration in the newest snapshot that has one (/zookeeper/config, from 3.5.0 on); undefined if there
 * is none that lists voters.
 */
export function configInSnapshots(disks: readonly ServerDisk[]): FoundConfig | undefined {
  const snapshots = disks.flatMap(({ sid, start }) => {
    const snapshot = start.database?.snapshot;
    const text = snapshot?.content.kind === "snapshot" ? snapshot.content.config : undefined;
    return snapshot === undefined || text === undefined ? [] : [{ sid, snapshot, text }];
  });
  for (const { sid, snapshot, text } of snapshots.sort((a, b) => b.snapshot.zxid - a.snapshot.zxid)) {
    const config = configIn(text);
    if (config === undefined) continue;
    return { config, source: `/zookeeper/config in ${snapshot.name} of server ${sid}` };
  }
  return undefined;
}

function configIn(text: string): EnsembleConfig | undefined {
  try {
    const { config } = readEnsemble(text, "/zookeeper/config", () => "");
    const { version: _version, ...lists } = config;
    return lists;
  } catch {
    // The znode of a server without a list of servers is no configuration.
    return undefined;
  }
}
