/** Tests the list of events that every export reads: its order, its numbers and its causes. */
import { describe, expect, it } from "vitest";
import { type RunEvent, runEvents } from "../../../reports/export/run-events.ts";
import { SCENARIOS, tracedRun } from "./export-fixture.ts";

const BUG = "bugs/zookeeper-4643-current-epoch-before-diff-is-logged";

function causeOf(events: readonly RunEvent[], { cause }: RunEvent): RunEvent | undefined {
  return cause === undefined ? undefined : events[cause];
}

describe.each(SCENARIOS)("the events of %s", (name) => {
  const run = tracedRun(name);
  const events = runEvents(run);

  it("are all entries of the trace, all records and all violations, numbered in the order of their times", () => {
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index));
    expect(events.every(({ atUs }, i) => i === 0 || (events[i - 1] as RunEvent).atUs <= atUs)).toBe(true);
    const facts = new Set<unknown>(events.map(({ fact }) => fact));
    const all = [...(run.trace?.events() ?? []), ...run.records, ...run.violations];
    expect(all.filter((fact) => !facts.has(fact))).toEqual([]);
    expect(facts.size).toBe(all.length);
  });

  it("keep the order of the records and of the trace", () => {
    const records = events.filter(({ source }) => source === "record").map(({ fact }) => fact);
    expect(records).toEqual(run.records);
    const sequence = new Map(run.trace?.events().map((event, index) => [event, index]));
    const trace = events.flatMap((event) => (event.source === "trace" ? [sequence.get(event.fact) as number] : []));
    expect(trace).toEqual([...trace].sort((a, b) => a - b));
  });

  it("have causes that are earlier events", () => {
    expect(events.filter(({ cause, id }) => cause !== undefined && cause >= id)).toEqual([]);
  });

  it("have a cause, except starts of processes and steps of the scenario", () => {
    const without = events.filter(({ cause }) => cause === undefined).map(({ kind }) => kind);
    expect([...new Set(without)].filter((kind) => !ROOTS.includes(kind))).toEqual([]);
  });

  it("trace each delivery to the send at the other end of the same connection", () => {
    const wrong = events.filter((event) => {
      if (event.source !== "trace" || event.kind !== "deliver") return false;
      const sent = causeOf(events, event);
      if (sent?.source !== "trace" || sent.kind !== "send") return true;
      const { detail, node, peer } = event.fact;
      return sent.fact.node !== peer || sent.fact.peer !== node || sent.fact.detail !== detail;
    });
    expect(wrong).toEqual([]);
  });
});

/** Events that may have no cause in the run. */
const ROOTS: readonly string[] = ["start", "script", "timer", "started"];

it("the cause of a violation is the event that the server handled", () => {
  const events = runEvents(tracedRun(BUG));
  const violations = events.filter(({ source }) => source === "violation");
  expect(violations.map((event) => causeOf(events, event)?.kind)).toEqual(["disk", "deliver"]);
});

it("a held message follows from its send", () => {
  const events = runEvents(tracedRun(BUG));
  const held = events.find(({ kind }) => kind === "hold") as RunEvent;
  expect(causeOf(events, held)).toMatchObject({ kind: "send", server: held.server });
});
