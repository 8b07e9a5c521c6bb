/** Finds, removes and renumbers the servers that a step names. Shrinking uses these functions. */
import { asServerId, type ServerId } from "../protocol/zxid.ts";
import type { Step } from "./scenario.ts";

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
  return serversInStep(step).includes(removed) ? undefined : step;
}

/** Returns the servers that a step names in its action or its moment. */
export function serversInStep(step: Step): ServerId[] {
  const { at: _at, from: _from, after: _after, for: _for, when, ...action } = step;
  const named: ServerId[] = [];
  const collect = (value: unknown, key: string): void => {
    if (Array.isArray(value)) for (const one of value) collect(one, key);
    else if (typeof value === "object" && value !== null)
      for (const [name, one] of Object.entries(value)) collect(one, name);
    else if (typeof value === "number" && !NOT_SERVERS.has(key)) named.push(asServerId(value));
  };
  collect(action, "");
  if (when !== undefined) collect({ server: when.server, from: when.from, to: when.to }, "");
  return named;
}

/** Names of the fields whose numbers are not server ids. */
const NOT_SERVERS = new Set([
  "count",
  "rate",
  "lossRate",
  "duplicateRate",
  "unsynced",
  "epoch",
  "configVersion",
  "protocolVersion",
  "nth",
]);

/** Returns a copy of the value in which each server id is replaced by its new id in `ids`. */
export function renumberServers<Value>(value: Value, ids: ReadonlyMap<ServerId, ServerId>): Value {
  const renumber = (one: unknown, key: string): unknown => {
    if (Array.isArray(one)) return one.map((item) => renumber(item, key));
    if (typeof one === "object" && one !== null) {
      return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, renumber(inner, name)]));
    }
    return typeof one === "number" && !NOT_SERVERS.has(key) ? (ids.get(asServerId(one)) ?? one) : one;
  };
  return renumber(value, "") as Value;
}
