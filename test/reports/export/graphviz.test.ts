/** Reads the causal graph with Graphviz itself. */
import { type Graph, instance } from "@viz-js/viz";
import { describe, expect, it } from "vitest";
import { causalCone } from "../../../reports/export/causal-cone.ts";
import { coneEnd } from "../../../reports/export/graphviz.ts";
import { runEvents } from "../../../reports/export/run-events.ts";
import type { ScenarioRun } from "../../../scenarios/scenario-run.ts";
import { exported, SCENARIOS, tracedRun } from "./export-fixture.ts";

const viz = await instance();

interface Drawn {
  readonly objects: readonly { readonly name: string; readonly label?: string }[];
  readonly edges: readonly { readonly label?: string }[];
}

/** Returns the graph as Graphviz draws it. Graphviz throws an error if the text is not valid. */
function drawn(text: string): Drawn {
  return viz.renderJSON(text) as unknown as Drawn & Graph;
}

function lastEvent(run: ScenarioRun): number {
  return runEvents(run).findLast(({ kind }) => kind === "active")?.id ?? runEvents(run).length - 1;
}

describe.each(SCENARIOS)("the causal graph of %s", (name) => {
  const run = tracedRun(name);

  it("is drawn by Graphviz, with every node in the column of its server", () => {
    const event = run.violations.length > 0 ? undefined : lastEvent(run);
    const graph = drawn(exported(run, "dot", {}, event));
    const columns = graph.objects.filter((one) => one.name.startsWith("cluster")).map(({ label }) => label);
    expect(columns.length).toBeGreaterThan(1);
    expect(columns.filter((label) => !/^(server \d+|scenario)$/.test(label as string))).toEqual([]);
    expect(graph.edges.length).toBeGreaterThan(3);
  });
});

describe("the causal graph of ZOOKEEPER-4643", () => {
  const run = tracedRun(SCENARIOS[0]);
  const graph = drawn(exported(run, "dot"));
  const labels = graph.objects.map(({ label = "" }) => label.replaceAll("\\n", " "));

  it("contains the cause: server 1 has currentEpoch 2, but lacks 1:4", () => {
    for (const part of ["writes currentEpoch 2 to disk", "loads its database up to 1:3", "TRUNC to 1:3"]) {
      expect(labels).toContainEqual(expect.stringContaining(part));
    }
    expect(graph.edges).toContainEqual(expect.objectContaining({ label: "NEWLEADER 2:0" }));
    expect(labels).toContainEqual(expect.stringContaining("violates trunc-keeps-committed"));
  });

  it("contains nothing that happened after the violation or that did not lead to it", () => {
    expect(labels).not.toContainEqual(expect.stringContaining("serves in epoch 3"));
  });
});

it("a cone has exactly the events that happened before its end, and no link that other links imply", () => {
  const run = tracedRun(SCENARIOS[0]);
  const events = runEvents(run);
  const end = coneEnd(run, undefined);
  if (end === undefined) throw new Error("no violation");
  const all = causalCone(events, end, () => true);
  const few = causalCone(events, end, ({ source }) => source === "record");
  const inCone = new Set(all.events.map(({ id }) => id));
  expect(inCone.size).toBeLessThan(end.id);
  expect(few.events.slice(0, -1)).toEqual(all.events.filter(({ source }) => source === "record"));
  const targets = new Map<number, number[]>();
  for (const { from, to } of few.links) targets.set(from, [...(targets.get(from) ?? []), to]);
  const reaches = (from: number, to: number): boolean =>
    (targets.get(from) ?? []).some((one) => one === to || (one < to && reaches(one, to)));
  const implied = few.links.filter(({ from, to }) =>
    (targets.get(from) ?? []).some((other) => other !== to && other < to && reaches(other, to)),
  );
  expect(implied).toEqual([]);
});

it("escapes quotes and backslashes", () => {
  const run = tracedRun(SCENARIOS[0]);
  const scenario = { ...run.scenario, name: 'a"]; x -> y [label="\\' };
  const graph = drawn(exported({ ...run, scenario }, "dot")) as unknown as { label: string };
  expect(graph.label.replaceAll("\\\\", "\\")).toBe(scenario.name);
});
