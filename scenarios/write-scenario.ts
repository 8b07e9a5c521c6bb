/**
 * Writes a scenario as a readable YAML file: one line for each server and each step, in short forms, without defaults.
 * If `loadScenario` reads the file, the result is the same scenario.
 */

import { Document, isMap, isSeq, visit } from "yaml";
import { type ConfigChange, DEFAULT_THREADS, type EnsembleConfig, type ServerSpec } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/zxid.ts";
import { DEFAULT_DISK, DEFAULT_NETWORK } from "./loading/short-forms-and-defaults.ts";
import type { Moment, ReconfigAction, Scenario, Step } from "./scenario.ts";

type Fields = Record<string, unknown>;

/** Returns the text of the file. `comment` contains the lines to put at the top, without `#`. */
export function writeScenario(scenario: Scenario, comment: readonly string[] = []): string {
  const document = new Document(scenarioFields(scenario), { aliasDuplicateObjects: false });
  // Each field of the top level, each server and each step gets one line. Their contents stay on that line.
  visit(document, {
    Collection: (_key, node, path) => {
      const depth = path.filter((one) => isMap(one) || isSeq(one)).length;
      if (depth >= 1 && !(depth === 1 && isBlock(path.at(-1)))) node.flow = true;
    },
  });
  const text = document.toString({ lineWidth: 118, flowCollectionPadding: true });
  return `${comment.map((line) => `# ${line}`.trimEnd()).join("\n")}${comment.length > 0 ? "\n" : ""}${text}`;
}

/** Returns whether the value of this field is written with one entry per line. */
function isBlock(pair: unknown): boolean {
  const { key } = pair as { key?: { value?: unknown } };
  return key?.value === "servers" || key?.value === "steps";
}

/**
 * Returns the fields of the file. A field is undefined if its value is the default. The file does not contain such a
 * field.
 */
function scenarioFields(scenario: Scenario): Fields {
  const { about, zookeeper, behaviors, seed, servers, quorum, settings, network, disk, threads } = scenario;
  const { committed, steps, until, expect } = scenario;
  return withoutUndefined({
    about: unlessDefault(about, ""),
    zookeeper: unlessDefault(zookeeper, "newest"),
    behaviors: behaviors && oneOrMany(behaviors),
    seed: unlessDefault(seed, "1"),
    servers: serversField(servers),
    quorum: quorum && withoutUndefined({ groups: quorum.groups, weights: unlessEmpty(quorum.weights) }),
    settings: unlessEmpty(settings),
    network: unlessEmpty({ ...withoutDefaults(network, DEFAULT_NETWORK), links: linksField(network.links) }),
    disk: unlessEmpty(withoutDefaults(disk, DEFAULT_DISK)),
    threads: unlessEmpty(withoutDefaults(threads, DEFAULT_THREADS)),
    committed,
    steps: steps.length === 0 ? undefined : steps.map(stepFields),
    until,
    expect: unlessEmpty({ ...expect, violates: oneOrMany(expect.violates) }),
  });
}

function linksField(links: Scenario["network"]["links"]): Fields[] | undefined {
  if (links.length === 0) return undefined;
  return links.map(({ bothWays, ...link }) => withoutUndefined({ ...link, bothWays: bothWays || undefined }));
}

function serversField(servers: Scenario["servers"]): unknown {
  const entries = Object.entries(servers);
  const written = entries.map(([sid, spec]) => [sid, serverFields(spec)] as const);
  const plain = written.every(([sid, spec], i) => sid === String(i + 1) && Object.keys(spec).length === 0);
  return plain ? entries.length : new Map(written.map(([sid, spec]) => [Number(sid), spec]));
}

function serverFields(spec: ServerSpec): Fields {
  const {
    role,
    history,
    snapshots = [],
    logFilesFrom,
    acceptedEpoch,
    currentEpoch,
    empty,
    down,
    settings,
    config,
    nextConfig,
    ...rest
  } = spec;
  const epoch = empty ? "missing" : Number(/(\d+):\d+$/.exec(history)?.[1] ?? 0);
  const byDefault = empty ? [] : ["0:0"];
  return withoutUndefined({
    role: unlessDefault(role, "participant"),
    history: unlessDefault(history, ""),
    snapshots: String(snapshots) === String(byDefault) ? undefined : snapshots,
    logFilesFrom: logFilesFrom.length === 0 ? undefined : logFilesFrom,
    acceptedEpoch: unlessDefault(acceptedEpoch, epoch),
    currentEpoch: unlessDefault(currentEpoch, epoch),
    empty: empty || undefined,
    down: down || undefined,
    settings: unlessEmpty(settings),
    config: config && configField(config),
    nextConfig: nextConfig && configField(nextConfig),
    ...rest,
  });
}

function stepFields(step: Step): Fields {
  const { at, from, after, afterEvent, when, for: lasts, ...action } = step;
  const [verb, argument] = Object.entries(action)[0] as [string, unknown];
  const trigger = {
    at,
    from,
    afterEvent,
    when: when && momentField(when),
    after: when === undefined ? unlessDefault(after, "0us") : after,
  };
  return withoutUndefined({ ...trigger, [verb]: SHORT_FORMS[verb]?.(argument as never) ?? argument, for: lasts });
}

function momentField({ event, nth, on, ...rest }: Moment): unknown {
  const others = withoutUndefined({ ...rest, on: unlessDefault(on, "delivered"), nth: unlessDefault(nth, 1) });
  return event !== undefined && Object.keys(others).length === 0
    ? event
    : { ...withoutUndefined({ event }), ...others };
}

const SHORT_FORMS: Readonly<Record<string, (argument: never) => unknown>> = {
  write: ({ at, bytes, count, every }: Record<"at" | "bytes" | "count" | "every", unknown>) => {
    const others = withoutUndefined({ at: unlessDefault(at, "leader"), every: unlessDefault(every, "1ms"), bytes });
    return Object.keys(others).length === 0
      ? count
      : { ...withoutUndefined({ count: unlessDefault(count, 1) }), ...others };
  },
  crash: ({ server, unsynced, connectionsReset }: Record<"server" | "unsynced" | "connectionsReset", unknown>) => {
    const others = withoutUndefined({
      unsynced: unlessDefault(unsynced, "lost"),
      connectionsReset: unlessDefault(connectionsReset, true),
    });
    return Object.keys(others).length === 0 ? server : { server, ...others };
  },
  disconnect: ({ server, ...rest }: Record<"server" | "from" | "orderly", unknown>) =>
    Object.keys(rest).length === 0 ? server : { server, ...rest },
  cutOneWay: ({ from, to }: Record<"from" | "to", readonly number[]>) => ({ from: oneOrMany(from), to: oneOrMany(to) }),
  reconfig: ({ add, config, fromVersion, ports, remove, ...rest }: ReconfigAction) =>
    withoutUndefined({ add, ports, remove, config: config && configField(config), fromVersion, ...rest }),
  start: startField,
  restart: startField,
  settle: (servers: readonly number[]) => oneOrMany(servers),
  heal: (servers: "all" | readonly number[]) => (servers === "all" ? servers : oneOrMany(servers)),
  partition: (groups: readonly (readonly number[])[]) => groups.map(oneOrMany),
  inFlight: ({ match, ...rest }: { match: Fields }) => ({ ...match, ...rest }),
  ...Object.fromEntries(["drop", "delay", "hold", "reset", "alter"].map((verb) => [verb, flatMatch])),
};

function startField(start: ServerId | ConfigChange): unknown {
  if (typeof start !== "object") return start;
  return { ...start, ...(start.config && { config: configField(start.config) }) };
}

function configField({ observers, ...rest }: EnsembleConfig): Fields {
  return withoutUndefined({ ...rest, observers: observers.length === 0 ? undefined : observers });
}

function flatMatch({ match, count, ...rest }: { match: Fields; count: number } & Fields): Fields {
  return withoutUndefined({ ...match, ...rest, count: unlessDefault(count, 1) });
}

function oneOrMany<Item>(items: readonly Item[]): Item | readonly Item[] | undefined {
  return items.length === 0 ? undefined : items.length === 1 ? items[0] : items;
}

function unlessDefault<Value>(value: Value, byDefault: Value): Value | undefined {
  return value === byDefault ? undefined : value;
}

/** Returns the fields whose value is not the default. */
function withoutDefaults<Spec extends object>(spec: Spec, defaults: Partial<Spec>): Fields {
  return Object.fromEntries(Object.entries(spec).filter(([name, value]) => value !== defaults[name as keyof Spec]));
}

function unlessEmpty(fields: object): Fields | undefined {
  const rest = withoutUndefined(fields);
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Returns the entries without undefined values. */
function withoutUndefined(fields: object): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
