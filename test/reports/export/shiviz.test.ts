/** Reads the ShiViz export with the parser and the model of ShiViz itself, and checks its vector clocks. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { describe, expect, it } from "vitest";
import { type RunEvent, runEvents } from "../../../reports/export/run-events.ts";
import { vectorClocks } from "../../../reports/export/vector-clocks.ts";
import { exported, SCENARIOS, tracedRun } from "./export-fixture.ts";

interface ShivizEvent {
  getText(): string;
  getHost(): string;
  getFields(): Record<string, string>;
}

const SHIVIZ = readFileSync(fileURLToPath(new URL("fixtures/shiviz.js", import.meta.url)), "utf8");

/**
 * Reads a log as ShiViz reads a file that the user opens (js/shiviz.js): the first line is the expression, the second
 * line is the delimiter. Builds the graph, which throws an error if a clock is not valid.
 */
function readWithShiviz(text: string): { hosts: string[]; events: ShivizEvent[] } {
  const [expression = "", delimiter = ""] = text.split("\n", 2);
  expect(delimiter).toBe("");
  const log = text.slice(expression.length + delimiter.length + 2);
  // `$.extend` is the only function of jQuery that the parser and the model call.
  const context = vm.createContext({ $: { extend: Object.assign }, expression: `^${expression}$`, log });
  return vm.runInContext(
    `${SHIVIZ}
    const parser = new LogParser(log, null, new NamedRegExp(expression, "m"));
    const events = parser.getLogEvents("");
    const graph = new ModelGraph(events);
    ({ hosts: graph.getHosts(), events });`,
    context,
  );
}

describe.each(SCENARIOS)("the ShiViz log of %s", (name) => {
  const run = tracedRun(name);

  it("is read by ShiViz: each line becomes an event, and each server a host", () => {
    const text = exported(run, "shiviz");
    const { events, hosts } = readWithShiviz(text);
    const lines = text.trimEnd().split("\n").slice(2);
    expect(events).toHaveLength(lines.length);
    const servers = Object.keys(run.scenario.servers).map((sid) => `server-${sid}`);
    expect([...hosts].sort()).toEqual(
      [...new Set([...servers, ...[...hosts].filter((one) => one === "scenario")])].sort(),
    );
    expect(events.map((event) => event.getText()).filter((one) => one === "")).toEqual([]);
  });

  it("is read by ShiViz if a filter removes events", () => {
    const { events } = readWithShiviz(exported(run, "shiviz", { only: ["deliver", "following", "looking"] }));
    expect(events.length).toBeGreaterThan(3);
  });

  it("has clocks that order two events exactly if one led to the other", () => {
    const events = runEvents(run).slice(0, 400);
    const clocks = vectorClocks(events, () => true);
    const before = happenedBefore(events);
    const wrong = events.flatMap(({ id, server }) =>
      events.flatMap((other) => {
        const known = clocks.get(other.id)?.get(server) ?? 0;
        const own = clocks.get(id)?.get(server) as number;
        const isBefore = id !== other.id && own <= known;
        return isBefore === (before[other.id] as Set<number>).has(id) ? [] : [[id, other.id]];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

/** Returns for each event the set of all events before it, from the order at each server and from the causes. */
function happenedBefore(events: readonly RunEvent[]): Set<number>[] {
  const latest = new Map<number, number>();
  const before: Set<number>[] = [];
  for (const { cause, id, server } of events) {
    const own = new Set<number>();
    for (const parent of [cause, latest.get(server)]) {
      if (parent === undefined) continue;
      own.add(parent);
      for (const earlier of before[parent] as Set<number>) own.add(earlier);
    }
    before.push(own);
    latest.set(server, id);
  }
  return before;
}

it("ShiViz refuses a clock that skips an event", () => {
  const [expression, delimiter, ...lines] = exported(tracedRun(SCENARIOS[0]), "shiviz").split("\n");
  const withoutOne = [expression, delimiter, ...lines.slice(0, 5), ...lines.slice(6)].join("\n");
  expect(() => readWithShiviz(withoutOne)).toThrow();
});
