/** Reads the trace with an independent parser of the Trace Event Format, and checks its tracks and its flows. */
import { buildModel, type TraceModel } from "@tracerbench/trace-model";
import { describe, expect, it } from "vitest";
import { runEvents } from "../../../reports/export/run-events.ts";
import { exported, SCENARIOS, tracedRun } from "./export-fixture.ts";

function modelOf(text: string): TraceModel {
  return buildModel(JSON.parse(text));
}

interface Flow {
  readonly id: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

describe.each(SCENARIOS)("the trace of %s", (name) => {
  const run = tracedRun(name);
  const text = exported(run, "perfetto");
  const model = modelOf(text);

  it("has a process for the scenario and for each server, with named tracks", () => {
    const servers = Object.keys(run.scenario.servers).map((sid) => `server ${sid}`);
    expect(model.processes.map((process) => process.name)).toEqual(["scenario", ...servers]);
    const tracks = model.processes.slice(1).map(({ threads }) => threads.map((thread) => thread.name));
    for (const names of tracks) expect(names).toEqual(expect.arrayContaining(["role", "messages, timers, disk"]));
  });

  it("has every event of the run as a slice or an instant", () => {
    const kinds = model.events.filter((event) => !event.isMetadata() && !event.isFlowBegin() && !event.isFlowEnd());
    const roles = kinds.filter((event) => event.hasCategory("role"));
    expect(roles.length).toBeGreaterThan(2);
    expect(kinds.length - roles.length).toBe(runEvents(run).length);
    expect(kinds.filter((event) => !event.isComplete() && !event.isInstant())).toEqual([]);
  });

  it("starts each flow in the slice of a send, and ends it in the slice of the delivery", () => {
    const entries = (JSON.parse(text) as { traceEvents: (Flow & { ph: string; cat: string })[] }).traceEvents;
    const slices = entries.filter(({ ph }) => ph === "X");
    const ends = entries.filter(({ ph }) => ph === "f");
    expect(ends.length).toBeGreaterThan(10);
    const isInSlice = (flow: Flow, kind: string): boolean =>
      slices.some(({ cat, pid, tid, ts }) => cat === kind && pid === flow.pid && tid === flow.tid && ts === flow.ts);
    for (const end of ends) {
      const starts = entries.filter(({ id, ph }) => ph === "s" && id === end.id);
      expect(starts).toHaveLength(1);
      expect(isInSlice(starts[0] as Flow, "send")).toBe(true);
      expect(isInSlice(end, "deliver")).toBe(true);
    }
  });

  it("has no slices that overlap without nesting on one track", () => {
    const ends = new Map<string, number[]>();
    const wrong = model.events
      .filter((event) => event.isComplete())
      .filter(({ end, pid, start, tid }) => {
        const open = (ends.get(`${pid}/${tid}`) ?? []).filter((one) => one > start);
        ends.set(`${pid}/${tid}`, [...open, end]);
        return open.some((one) => end > one);
      });
    expect(wrong).toEqual([]);
  });
});

it("a filter that removes sends removes their flows", () => {
  const text = exported(tracedRun(SCENARIOS[0]), "perfetto", { only: ["deliver"] });
  expect(modelOf(text).events.filter((event) => event.isFlowEnd() || event.isFlowBegin())).toEqual([]);
});
