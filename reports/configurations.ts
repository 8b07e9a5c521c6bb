/**
 * Says which configuration each server works with and which one is pending, and which leaders have designated another
 * server to lead.
 */
import type { ConfigInFile, ProtocolRecord, RecordOf, ServerConfig } from "../cluster/records.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import { formatMoment } from "./format.ts";
import { listText } from "./server-end.ts";

/** The text before the version of a configuration. */
const VERSION = "; version ";

/** Returns sentences about the configurations at the end of a run. Without a reconfiguration, returns an empty list. */
export function configurationSentences(run: ScenarioRun): string[] {
  const { records, servers } = run;
  const isPending = servers.some(
    ({ config, pending }) => pending !== undefined && membersOf(pending) !== membersOf(config),
  );
  const running = servers.filter((server) => server.running);
  const isReconfigured = isPending || records.some(isReconfiguration) || haveDifferentVersions(running);
  return [...(isReconfigured ? groupSentences(running.map(finalConfig)) : []), ...handedOverSentences(run)];
}

/** Returns whether servers have configurations of different versions. A list in zoo.cfg has the version 0:0. */
function haveDifferentVersions(servers: readonly FinalServer[]): boolean {
  return new Set(servers.map(({ config = "" }) => config.slice(config.lastIndexOf(VERSION)))).size > 1;
}

/** Returns a configuration as text, without its version. */
function membersOf(config = ""): string {
  return config.slice(0, config.lastIndexOf(VERSION));
}

/** Returns the configurations of the servers after the record with index `until`, as lines. */
export function configurationLines({ records }: ScenarioRun, until: number): string[] {
  const before = records.slice(0, until + 1);
  if (!before.some(isReconfiguration)) return [];
  const configs = new Map<ServerId, KnownConfigs>();
  for (const record of before) {
    const known = readConfig(record, configs.get(record.server));
    if (known !== undefined) configs.set(record.server, known);
  }
  return groupSentences([...configs.values()].sort((a, b) => a.sid - b.sid));
}

/** A record that a run without reconfigurations does not have. */
function isReconfiguration({ event }: ProtocolRecord): boolean {
  return event === "config-committed" || event === "leader-designated" || event === "reconfig-refused";
}

/** The configurations of one server. */
interface NamedConfigs {
  readonly sid: ServerId;
  readonly committed: string;
  readonly pending: { readonly config: string } | undefined;
}

/** The same, as the records say. */
interface KnownConfigs extends NamedConfigs {
  readonly pending: ConfigInFile | undefined;
}

function finalConfig({ config = "", pending, sid }: FinalServer): NamedConfigs {
  return { sid, committed: config, pending: pending === undefined ? undefined : { config: pending } };
}

/** Returns the configurations of a server after a record. Undefined if the record does not change them. */
function readConfig(record: ProtocolRecord, known: KnownConfigs | undefined): KnownConfigs | undefined {
  const sid = record.server;
  switch (record.event) {
    case "started":
      return record.config && { sid, committed: startText(record.config), pending: record.config.nextFile };
    case "config-seen":
      return known && { ...known, pending: record };
    case "config-committed": {
      const isNewer = known?.pending !== undefined && known.pending.version > record.version;
      return { sid, committed: record.config, pending: isNewer ? known.pending : undefined };
    }
    default:
      return undefined;
  }
}

function startText({ dynamicFile, ensemble }: ServerConfig): string {
  const observers = ensemble.observers.length === 0 ? "" : `; observers ${ensemble.observers.join(",")}`;
  return dynamicFile?.config ?? `voters ${ensemble.voters.join(",")}${observers}; version 0:0`;
}

/** Returns one sentence for each group of servers with the same configurations. */
function groupSentences(all: readonly NamedConfigs[]): string[] {
  const groups = groupsOf(all, ({ committed, pending }) => `${committed} ${pending?.config}`);
  return groups.map((group) => {
    const { committed, pending } = group[0] as NamedConfigs;
    const outside = group.map(({ sid }) => sid).filter((sid) => !membersIn(committed).has(sid));
    const verb = outside.length === 1 ? "is not a member" : "are not members";
    const notMembers = outside.length === 0 ? "" : ` (${serversText(outside)} ${verb})`;
    const next = pending === undefined || pending.config === committed ? "" : `; pending: ${pending.config}`;
    return `configuration of ${serversText(group.map(({ sid }) => sid))}: ${committed}${notMembers}${next}`;
  });
}

/** Returns the ids in the lists of voters and observers of a configuration as text. */
function membersIn(config: string): ReadonlySet<ServerId> {
  const lists = config.split("; ").filter((part) => /^(voters|observers) /.test(part));
  return new Set(lists.flatMap((list) => list.split(" ")[1]?.split(",").map(Number) ?? []) as ServerId[]);
}

function serversText(sids: readonly ServerId[]): string {
  return `${sids.length === 1 ? "server" : "servers"} ${listText(sids)}`;
}

function groupsOf<Value>(values: readonly Value[], keyOf: (value: Value) => string): (readonly Value[])[] {
  const groups = new Map<string, Value[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return [...groups.values()];
}

/** Returns one sentence for each leader that leads although it has designated another server to lead. */
function handedOverSentences(run: ScenarioRun): string[] {
  return run.servers.flatMap(({ leading, sid }) => {
    const own = run.records.filter((record) => record.server === sid);
    const role = own.slice(own.findLastIndex(({ event }) => event === "looking" || event === "started") + 1);
    const handOver = role.find(
      (record): record is RecordOf<"leader-designated"> => record.event === "leader-designated",
    );
    if (!leading || handOver === undefined) return [];
    return [
      `leader ${sid} has committed nothing since ${formatMoment(handOver.atUs)} s: in its newest ` +
        `configuration, it is no voter or seems to have another address, so it designated server ${handOver.leader} ` +
        "to lead, but its followers stayed",
    ];
  });
}
