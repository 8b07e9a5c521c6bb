/** Finds, removes and renumbers the servers that a step names. Shrinking uses these functions. */
import type { ConfigChange, EnsembleConfig } from "../cluster/cluster-spec.ts";
import { asServerId, type ServerId, serverIdsOf } from "../protocol/zxid.ts";
import type { ReconfigAction, Step } from "./scenario.ts";

/** Returns the configuration without this server, or undefined if no voter is left. */
export function configWithoutServer(config: EnsembleConfig, removed: ServerId): EnsembleConfig | undefined {
  const others = (ids: readonly ServerId[]): ServerId[] => ids.filter((sid) => sid !== removed);
  const { groups, ports, weights, ...lists } = config;
  const voters = others(lists.voters);
  if (voters.length === 0) return undefined;
  const { [removed]: _ports, ...otherPorts } = ports ?? {};
  const rest = { ...lists, voters, observers: others(lists.observers), ...(ports && { ports: otherPorts }) };
  if (groups === undefined) return rest;
  const left = Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, others(group)]));
  const { [removed]: _gone, ...otherWeights } = weights ?? {};
  return { ...rest, groups: left, ...(weights && { weights: otherWeights }) };
}

/** Returns the step without this server. Returns undefined if the step makes no sense without the server. */
export function withoutServer(step: Step, removed: ServerId): Step | undefined {
  const others = (ids: readonly ServerId[]): ServerId[] => ids.filter((sid) => sid !== removed);
  const { server, from: sender, to: receiver } = step.when ?? {};
  if ([server, sender, receiver].includes(removed)) return undefined;
  const groups = (of: readonly (readonly ServerId[])[]) => of.map(others).filter((group) => group.length > 0);
  if ("settle" in step) return others(step.settle).length > 0 ? { ...step, settle: others(step.settle) } : undefined;
  if ("partition" in step) {
    const partition = groups(step.partition);
    return partition.length > 0 ? { ...step, partition } : undefined;
  }
  if ("bridge" in step) {
    const sides = groups(step.bridge.sides);
    return step.bridge.over === removed || sides.length < 2
      ? undefined
      : { ...step, bridge: { ...step.bridge, sides } };
  }
  if ("cutOneWay" in step) {
    const { from, to } = step.cutOneWay;
    const cut = { from: others(from), to: others(to) };
    return cut.from.length > 0 && cut.to.length > 0 ? { ...step, cutOneWay: cut } : undefined;
  }
  if ("reconfig" in step) return withoutJoiningOrLeaving(step, removed);
  for (const verb of ["start", "restart"] as const) {
    const start = (step as { [Verb in typeof verb]?: ServerId | ConfigChange })[verb];
    if (typeof start !== "object" || start.config === undefined || start.server === removed) continue;
    const config = configWithoutServer(start.config, removed);
    return config && { ...step, [verb]: { ...start, config } };
  }
  return serversInStep(step).includes(removed) ? undefined : step;
}

/** Returns the request without this server. Returns undefined if the request then changes nothing. */
function withoutJoiningOrLeaving(
  { reconfig, ...step }: Extract<Step, { readonly reconfig: ReconfigAction }>,
  removed: ServerId,
): Step | undefined {
  const { add = {}, config, ports = {}, remove = [], ...rest } = reconfig;
  if (config !== undefined) {
    const left = configWithoutServer(config, removed);
    return left && { ...step, reconfig: { ...rest, config: left } };
  }
  const { [removed]: _gone, ...joining } = add;
  const { [removed]: _ports, ...moving } = ports;
  const leaving = remove.filter((sid) => sid !== removed);
  const change = {
    ...(Object.keys(joining).length > 0 && { add: joining }),
    ...(Object.keys(moving).length > 0 && { ports: moving }),
    ...(leaving.length > 0 && { remove: leaving }),
  };
  return Object.keys(change).length === 0 ? undefined : { ...step, reconfig: { ...change, ...rest } };
}

/** Returns the servers that a step names in its action or its moment. */
export function serversInStep(step: Step): ServerId[] {
  const { at: _at, from: _from, after: _after, afterEvent: _event, for: _for, when, ...action } = step;
  const named: ServerId[] = [];
  const collect = (value: unknown, key: string): void => {
    if (key === "add" || key === "ports") named.push(...serverIdsOf(value as ById));
    else if (Array.isArray(value)) for (const one of value) collect(one, key);
    else if (typeof value === "object" && value !== null && !NOT_SERVERS.has(key))
      for (const [name, one] of Object.entries(value)) collect(one, name);
    else if (typeof value === "number" && !NOT_SERVERS.has(key)) named.push(asServerId(value));
  };
  collect(action, "");
  if (when !== undefined) collect({ server: when.server, from: when.from, to: when.to }, "");
  return named;
}

/** Names of the fields whose numbers, or the numbers inside, are not server ids. */
const NOT_SERVERS = new Set([
  "settings",
  "weights",
  "count",
  "rate",
  "lossRate",
  "duplicateRate",
  "unsynced",
  "epoch",
  "configVersion",
  "protocolVersion",
  "nth",
  "afterEvent",
  "bytes",
  "configLength",
  "quorum",
  "election",
  "client",
]);

type ById = Readonly<Record<ServerId, unknown>>;

/** Returns a copy of the value in which each server id is replaced by its new id in `ids`. */
export function renumberServers<Value>(value: Value, ids: ReadonlyMap<ServerId, ServerId>): Value {
  const renumber = (one: unknown, key: string): unknown => {
    if (Array.isArray(one)) return one.map((item) => renumber(item, key));
    if (key === "settings") return one;
    if (key === "weights" || key === "add" || key === "ports")
      return Object.fromEntries(serverIdsOf(one as ById).map((sid) => [ids.get(sid) ?? sid, (one as ById)[sid]]));
    if (typeof one === "object" && one !== null) {
      return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, renumber(inner, name)]));
    }
    return typeof one === "number" && !NOT_SERVERS.has(key) ? (ids.get(asServerId(one)) ?? one) : one;
  };
  return renumber(value, "") as Value;
}
