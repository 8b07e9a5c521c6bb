/**
 * Writes a scenario as a YAML file that reads well: one line for each server and step, in short forms, without
 * defaults. `loadScenario` reads it back as the same scenario.
 */

import { Document, isMap, isSeq, visit } from "yaml";
import { DEFAULT_THREADS, type ServerSpec } from "../cluster/cluster-spec.ts";
import type { Moment, Scenario, Step } from "./scenario.ts";

type Fields = Record<string, unknown>;

/** `comment`: lines to put at the top, without `#`. */
export function writeScenario(scenario: Scenario, comment: readonly string[] = []): string {
  const document = new Document(withoutDefaults(scenario));
  // The top level, the servers and the steps take one line per entry; everything inside an entry stays on its line.
  visit(document, {
    Collection: (_key, node, path) => {
      const depth = path.filter((one) => isMap(one) || isSeq(one)).length;
      if (depth >= 1 && !(depth === 1 && isBlock(path.at(-1)))) node.flow = true;
    },
  });
  const text = document.toString({ lineWidth: 118, flowCollectionPadding: true });
  return `${comment.map((line) => `# ${line}`.trimEnd()).join("\n")}${comment.length > 0 ? "\n" : ""}${text}`;
}

/** The fields that are written with one entry per line. */
function isBlock(pair: unknown): boolean {
  const { key } = pair as { key?: { value?: unknown } };
  return key?.value === "servers" || key?.value === "steps";
}

function withoutDefaults(scenario: Scenario): Fields {
  const { about, zookeeper, seed, servers, quorum, settings, network, disk, threads, committed, steps, until, expect } =
    scenario;
  return kept({
    about: about === "" ? undefined : about,
    zookeeper: zookeeper === "newest" ? undefined : zookeeper,
    seed: seed === undefined || seed === "1" ? undefined : seed,
    servers: writtenServers(servers),
    quorum: quorum && kept({ groups: quorum.groups, weights: unlessEmpty(quorum.weights) }),
    settings: unlessEmpty(settings),
    network: unlessEmpty({
      latency: unless(network.latency, "200us..1ms"),
      lossRate: unless(network.lossRate, 0),
      duplicateRate: unless(network.duplicateRate, 0),
      links:
        network.links.length === 0
          ? undefined
          : network.links.map(({ bothWays, ...link }) => kept({ ...link, bothWays: bothWays || undefined })),
    }),
    disk: unlessEmpty({ sync: unless(disk.sync, "1ms..4ms"), write: unless(disk.write, "0.1ms..1ms") }),
    threads: unlessEmpty({
      serializeSnapshot: unless(threads.serializeSnapshot, DEFAULT_THREADS.serializeSnapshot),
      resumeLearner: unless(threads.resumeLearner, DEFAULT_THREADS.resumeLearner),
      applyCommits: unless(threads.applyCommits, DEFAULT_THREADS.applyCommits),
    }),
    committed,
    steps: steps.length === 0 ? undefined : steps.map(writtenStep),
    until,
    expect: unlessEmpty({ ...expect, violates: oneOrMany(expect.violates) }),
  });
}

function writtenServers(servers: Scenario["servers"]): unknown {
  const entries = Object.entries(servers);
  const written = entries.map(([sid, spec]) => [sid, writtenServer(spec)] as const);
  const plain = written.every(([sid, spec], i) => sid === String(i + 1) && Object.keys(spec).length === 0);
  return plain ? entries.length : new Map(written.map(([sid, spec]) => [Number(sid), spec]));
}

function writtenServer(spec: ServerSpec): Fields {
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
    ...rest
  } = spec;
  const epoch = empty ? "missing" : Number(/(\d+):\d+$/.exec(history)?.[1] ?? 0);
  const byDefault = empty ? [] : ["0:0"];
  return kept({
    role: unless(role, "participant"),
    history: unless(history, ""),
    snapshots: String(snapshots) === String(byDefault) ? undefined : snapshots,
    logFilesFrom: logFilesFrom.length === 0 ? undefined : logFilesFrom,
    acceptedEpoch: unless(acceptedEpoch, epoch),
    currentEpoch: unless(currentEpoch, epoch),
    empty: empty || undefined,
    down: down || undefined,
    settings: unlessEmpty(settings),
    ...rest,
  });
}

function writtenStep(step: Step): Fields {
  const { at, from, after, when, for: lasts, ...action } = step;
  const [verb, argument] = Object.entries(action)[0] as [string, unknown];
  const trigger = {
    at,
    from,
    when: when && writtenMoment(when),
    after: when === undefined ? unless(after, "0us") : after,
  };
  return kept({ ...trigger, [verb]: WRITTEN[verb]?.(argument as never) ?? argument, for: lasts });
}

function writtenMoment({ event, nth, on, ...rest }: Moment): unknown {
  const others = kept({ ...rest, on: unless(on, "delivered"), nth: unless(nth, 1) });
  return event !== undefined && Object.keys(others).length === 0 ? event : { ...kept({ event }), ...others };
}

const WRITTEN: Readonly<Record<string, (argument: never) => unknown>> = {
  write: ({ at, count, every }: Record<"at" | "count" | "every", unknown>) => {
    const others = kept({ at: unless(at, "leader"), every: unless(every, "1ms") });
    return Object.keys(others).length === 0 ? count : { ...kept({ count: unless(count, 1) }), ...others };
  },
  crash: ({ server, unsynced, connectionsReset }: Record<"server" | "unsynced" | "connectionsReset", unknown>) => {
    const others = kept({ unsynced: unless(unsynced, "lost"), connectionsReset: unless(connectionsReset, true) });
    return Object.keys(others).length === 0 ? server : { server, ...others };
  },
  disconnect: ({ server, from }: Record<"server" | "from", unknown>) =>
    from === undefined ? server : { server, from },
  cutOneWay: ({ from, to }: Record<"from" | "to", readonly number[]>) => ({ from: oneOrMany(from), to: oneOrMany(to) }),
  settle: (servers: readonly number[]) => oneOrMany(servers),
  heal: (servers: "all" | readonly number[]) => (servers === "all" ? servers : oneOrMany(servers)),
  partition: (groups: readonly (readonly number[])[]) => groups.map(oneOrMany),
  ...Object.fromEntries(["drop", "delay", "hold", "reset", "alter"].map((verb) => [verb, flatMatch])),
};

function flatMatch({ match, count, ...rest }: { match: Fields; count: number } & Fields): Fields {
  return kept({ ...match, ...rest, count: unless(count, 1) });
}

function oneOrMany<Item>(items: readonly Item[]): Item | readonly Item[] | undefined {
  return items.length === 0 ? undefined : items.length === 1 ? items[0] : items;
}

function unless<Value>(value: Value, byDefault: Value): Value | undefined {
  return value === byDefault ? undefined : value;
}

function unlessEmpty(fields: object): Fields | undefined {
  const rest = kept(fields);
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** Returns the entries without undefined values. */
function kept(fields: object): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
