/**
 * Reads an ensemble from a zoo.cfg, or from the dynamic file that it names, as QuorumPeerConfig#parseProperties and
 * #parseDynamicConfig do. A ScenarioError reports the first problem with file, line, field and value.
 */
import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { type Property, readProperties } from "../decide/zoo-cfg.ts";
import { asServerId, formatZxid, type ServerId } from "../protocol/index.ts";
import { ScenarioError } from "../scenarios/scenario-error.ts";
import { type Ensemble, isStandalone } from "./ensemble.ts";

/** An ensemble as its files describe it. */
export interface EnsembleFile extends Ensemble {
  /** The file with the list of servers. */
  readonly file: string;
  /** The file with the settings: zoo.cfg. */
  readonly settingsFile: string;
  /** The line reconfigEnabled; undefined if the file has none. */
  readonly reconfigLine: Property | undefined;
  /** The server.N line of each server. */
  readonly lines: ReadonlyMap<ServerId, ServerLine>;
}

/** The line server.N. */
export interface ServerLine {
  readonly line: number;
  /** The text after the equal sign. */
  readonly value: string;
  /** Host, quorum port and election port, without the role and the client port. */
  readonly address: string;
  readonly role: "participant" | "observer";
}

/** Reads another file that a zoo.cfg names. Throws an Error that an operator understands if it cannot. */
export type ReadFile = (name: string) => string;

/** The largest number of servers of an ensemble. A roll of more takes too long to simulate. */
const SERVERS_MAX = 9;
const PORT_MAX = 65_535;
const SERVER_FORM = "server.N=HOST:QUORUM_PORT:ELECTION_PORT, with :observer at the end for an observer";

/** Reads the text of a zoo.cfg or of a dynamic configuration file. */
export function readEnsemble(text: string, file: string, readFile: ReadFile): EnsembleFile {
  const properties = readProperties(text);
  const settings = {
    settingsFile: file,
    reconfigLine: properties.findLast(({ key }) => key === "reconfigEnabled"),
    reconfigEnabled: flag(properties, "reconfigEnabled", false, file),
    standaloneEnabled: flag(properties, "standaloneEnabled", true, file),
  };
  const pointer = properties.findLast(({ key }) => key === "dynamicConfigFile");
  if (pointer === undefined) {
    return checked({ ...settings, ...readLists(properties, file, versionLine(properties, file)) });
  }
  const own = properties.find(({ key }) => isListKey(key));
  if (own !== undefined) {
    refuse(file, own, "is in zoo.cfg and dynamicConfigFile is set, too", "the lists in only one of the two files");
  }
  const version = /\.([0-9a-fA-F]{1,16})$/.exec(pointer.value)?.[1];
  const lists = readProperties(readFile(pointer.value));
  const hex = version === undefined ? 0 : Number.parseInt(version, 16);
  return checked({ ...settings, ...readLists(lists, pointer.value, hex) });
}

/** Refuses what QuorumPeerConfig#parseDynamicConfig refuses for a standalone server. */
function checked(ensemble: EnsembleFile): EnsembleFile {
  const { config, file, lines } = ensemble;
  const [observer] = config.observers;
  if (observer === undefined || !isStandalone(ensemble)) return ensemble;
  const { line, value } = lines.get(observer) as ServerLine;
  const accepted = "two participants or more, or standaloneEnabled=false";
  return refuse(file, { key: `server.${observer}`, value, line }, "is an observer of a standalone server", accepted);
}

/**
 * Refuses a server that has another address in the new ensemble, because zabsim does not model addresses. `to` is the
 * new ensemble.
 */
export function refuseMovedServers(from: EnsembleFile, to: EnsembleFile): void {
  for (const [sid, { address, line, value }] of to.lines) {
    const before = from.lines.get(sid);
    if (before === undefined || before.address === address) continue;
    const old = `the address was ${before.address} in ${from.file}`;
    const problem = `${old}, and plan-roll does not model addresses that change`;
    const accepted = `${before.address}, or a new server with an id that ${from.file} does not contain`;
    refuse(to.file, { key: `server.${sid}`, value, line }, problem, accepted);
  }
}

/**
 * Refuses reconfigEnabled=true: the servers then keep their list in dynamic files and take the newest version that they
 * hear of, so an edited list has no lasting effect.
 */
export function refuseDynamicLists({ reconfigEnabled, reconfigLine, settingsFile }: EnsembleFile): void {
  if (!reconfigEnabled || reconfigLine === undefined) return;
  const problem =
    "the servers keep their list in dynamic files, and plan-roll models only lists that an operator edits";
  refuse(settingsFile, reconfigLine, problem, "false; with true, change the ensemble with the command reconfig");
}

function readLists(
  properties: readonly Property[],
  file: string,
  version: number,
): Pick<EnsembleFile, "file" | "lines" | "config"> {
  const lines = new Map<ServerId, ServerLine>();
  for (const property of properties.filter(({ key }) => key.startsWith("server."))) {
    const sid = serverId(property, file, "server.");
    if (lines.has(sid)) refuse(file, property, "is given twice", "one line for each server");
    const own = serverLine(property, file);
    const [same] = [...lines].find(([, { address }]) => address === own.address) ?? [];
    if (same !== undefined) refuse(file, property, `has the address of server ${same}`, "another host or other ports");
    lines.set(sid, own);
  }
  const withRole = (role: ServerLine["role"]): ServerId[] =>
    [...lines]
      .filter(([, one]) => one.role === role)
      .map(([sid]) => sid)
      .sort((a, b) => a - b);
  const voters = withRole("participant");
  const observers = withRole("observer");
  const nothing = { key: "server.N", value: undefined, line: 1 };
  if (voters.length === 0) refuse(file, nothing, "no participant is listed", `at least one line ${SERVER_FORM}`);
  if (lines.size > SERVERS_MAX) {
    const [sid, { line, value }] = [...lines][SERVERS_MAX] as [ServerId, ServerLine];
    const property = { key: `server.${sid}`, value, line };
    refuse(file, property, `${lines.size} servers are listed`, `at most ${SERVERS_MAX} servers`);
  }
  const config = { voters, observers, ...hierarchyOf(properties, file, voters) };
  return { file, lines, config: version === 0 ? config : { ...config, version: formatZxid(version as never) } };
}

function isListKey(key: string): boolean {
  return /^(server\.|group|weight)/.test(key);
}

function serverLine({ key, line, value }: Property, file: string): ServerLine {
  const server = (value.split(";")[0] as string).trim();
  const [, addresses = "", role = "participant"] = /^(.*?)(?::(participant|observer))?$/i.exec(server) ?? [];
  if (!addresses.split("|").every(isAddress)) refuse(file, { key, line, value }, "is not a server", SERVER_FORM);
  return { line, value, address: addresses, role: role.toLowerCase() as ServerLine["role"] };
}

function isAddress(text: string): boolean {
  const [, quorum, election] = /^(?:\[[^\]]+\]|[^:[\]\s]+):(\d{1,5}):(\d{1,5})$/.exec(text) ?? [];
  return quorum !== undefined && Number(quorum) <= PORT_MAX && Number(election) <= PORT_MAX;
}

function serverId({ key, line, value }: Property, file: string, prefix: string): ServerId {
  const id = key.slice(prefix.length);
  if (!/^\d{1,3}$/.test(id) || Number(id) > 255) {
    refuse(file, { key, line, value }, "has no server id in its name", `${prefix}0 to ${prefix}255`);
  }
  return asServerId(Number(id));
}

/** Reads the lines group.G and weight.N (QuorumHierarchical#parse). */
function hierarchyOf(
  properties: readonly Property[],
  file: string,
  voters: readonly ServerId[],
): Pick<EnsembleConfig, "groups" | "weights"> {
  const groups: Record<string, ServerId[]> = {};
  const weights: Record<ServerId, number> = {};
  const grouped = new Set<ServerId>();
  for (const property of properties.filter(({ key }) => key.startsWith("group."))) {
    groups[property.key.slice("group.".length)] = property.value.split(":").map((text) => {
      const sid = voters.find((voter) => String(voter) === text.trim());
      if (sid === undefined)
        refuse(file, property, `${text.trim()} is not a participant`, `participants: ${voters.join(":")}`);
      if (grouped.has(sid)) refuse(file, property, `server ${sid} is in two groups`, "every participant in one group");
      grouped.add(sid);
      return sid;
    });
  }
  for (const property of properties.filter(({ key }) => key.startsWith("weight."))) {
    const sid = serverId(property, file, "weight.");
    if (!voters.includes(sid))
      refuse(file, property, `${sid} is not a participant`, `participants: ${voters.join(", ")}`);
    if (!/^\d{1,6}$/.test(property.value)) refuse(file, property, "is not a weight", "whole numbers from 0 on");
    weights[sid] = Number(property.value);
  }
  const weight = properties.find(({ key }) => key.startsWith("weight."));
  if (Object.keys(groups).length === 0) {
    if (weight !== undefined) refuse(file, weight, "has no groups", "weights together with group lines");
    return {};
  }
  const group = properties.find(({ key }) => key.startsWith("group.")) as Property;
  const missing = voters.find((voter) => !grouped.has(voter));
  if (missing !== undefined) refuse(file, group, `server ${missing} is in no group`, "every participant in one group");
  if (voters.every((voter) => weights[voter] === 0)) {
    refuse(file, weight as Property, "no group has any weight", "at least one participant of weight 1 or more");
  }
  return { groups, weights };
}

function flag(properties: readonly Property[], key: string, byDefault: boolean, file: string): boolean {
  const found = properties.findLast((one) => one.key === key);
  if (found === undefined) return byDefault;
  if (!/^(true|false)$/i.test(found.value)) refuse(file, found, "is not a boolean", "true, false");
  return found.value.toLowerCase() === "true";
}

/** Returns the version of a dynamic file such as zoo.cfg.dynamic.next. */
function versionLine(properties: readonly Property[], file: string): number {
  const found = properties.findLast(({ key }) => key === "version");
  if (found === undefined) return 0;
  if (!/^[0-9a-fA-F]{1,13}$/.test(found.value)) refuse(file, found, "is not a version", "a zxid in hex");
  return Number.parseInt(found.value, 16);
}

function refuse(
  file: string,
  { key, line, value }: { readonly key: string; readonly line: number; readonly value: string | undefined },
  message: string,
  accepted: string,
): never {
  throw new ScenarioError([{ file, line, column: 1, field: key, value, message, accepted }]);
}
