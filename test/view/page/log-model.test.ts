/** Compares the page of exported logs with the page of the run, and steps through what recordings show. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { ScenarioRunner } from "../../../scenarios/run.ts";
import { Trace } from "../../../sim/index.ts";
import { LogModel } from "../../../view/page/log-model.ts";
import { RunModel } from "../../../view/page/run-model.ts";
import type { ShownDecision } from "../../../view/page/subject.ts";
import { Recording } from "../../../view/session/recording.ts";
import { parseSearch } from "../../../view/session/search.ts";
import { Session } from "../../../view/session/session.ts";
import { RECORDINGS } from "../../explain/recording.ts";
import { exportedPage, recordedPage } from "../log-pages.ts";

function tablesOf(path: string): { readonly run: readonly ShownDecision[]; readonly logs: readonly ShownDecision[] } {
  const scenario = loadScenario(readFileSync(path, "utf8"), path);
  const seed = BigInt(scenario.seed ?? 1);
  const run = new ScenarioRunner(scenario, { seed, trace: new Trace() }).run();
  const recording = new Recording(scenario, { seed });
  return {
    run: new RunModel("run", new Session(recording), undefined).decisions(),
    logs: new LogModel(exportedPage(run)).decisions(),
  };
}

/** What both tables show of a decision, in an order that does not depend on the clocks. */
function rowsOf(decisions: readonly ShownDecision[]): string[] {
  return decisions.map(({ leader, learner, observer, packet }) => [leader, learner, observer, packet].join()).sort();
}

describe("the page of exported logs", () => {
  const files = readdirSync("scenarios/shipped")
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => `scenarios/shipped/${file}`)
    .filter((_, index) => process.env.CI !== undefined || index % 6 === 0);

  it.each(files)("has the decisions of the run: %s", (path) => {
    const { logs, run } = tablesOf(path);
    // Two servers with one id log as one server. A leader does not log a decision that it then refuses to carry out.
    if (/with-one-myid|over-the-limit-of-concurrent-syncs/.test(path)) return;
    expect(rowsOf(logs)).toEqual(rowsOf(run));
  });

  it("has the reason of each decision that the logs can decide", () => {
    const { logs, run } = tablesOf("scenarios/shipped/follower-ahead-trunc.yaml");
    expect(logs.map(({ why }) => why)).toEqual(run.map(({ why }) => why));
    expect(logs.map(({ line }) => line?.peer)).toEqual(run.map(({ line }) => line?.peer));
  });
});

describe.each(RECORDINGS)("the page of %s", (name) => {
  const model = new LogModel(recordedPage(name));
  const { timeline } = model;

  it("is found by the keys of the debugger: each decision, and each problem", () => {
    const { cursor } = model;
    cursor.goTo(0);
    const found: number[] = [];
    while (cursor.find({ what: "decision" })) found.push(cursor.at);
    expect(found).toEqual(model.decisions().map(({ event }) => event));
    cursor.goTo(0);
    expect(cursor.find({ what: "violation" })).toBe(model.problems.length > 0);
  });

  it("has messages in flight exactly between their sending and their arrival", () => {
    for (let event = 0; event <= timeline.length; event += 7) {
      const expected = timeline.messages.filter(({ endEvent, sentEvent }) => sentEvent <= event && event < endEvent);
      expect(timeline.inFlightAt(event).map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    }
  });

  it("goes from the arrival of a message to its sending and back", () => {
    for (const { endEvent, sentEvent } of timeline.messages) {
      expect(timeline.event(endEvent).cause).toBeLessThan(endEvent);
      expect(timeline.effectsOf(sentEvent)).toContain(endEvent);
    }
  });
});

test("the states of the servers are those that the logs show", () => {
  const model = new LogModel(recordedPage("3.9.5"));
  const event = model.cursor.findAll(parseSearch("SNAP 2:7"))[0] as number;
  const rows = (sid: number): Record<string, string> =>
    Object.fromEntries(model.serverAt(sid as never, event).rows.map(({ name, value }) => [name, value]));
  expect(rows(3)).toMatchObject({ role: "LEADING · BROADCAST", epoch: "2", learners: "1 (DIFF 1:43); 2 (SNAP 2:7)" });
  expect(rows(2)).toMatchObject({ role: "FOLLOWING · SYNCHRONIZATION", "last zxid": "1:46", leader: "3" });
  expect(model.serverAt(1 as never, 0).state).toBeUndefined();
});

test("the search finds lines, messages, and messages without an answer", () => {
  const model = new LogModel(recordedPage("3.9.5"));
  const find = (text: string): number => model.cursor.findAll(parseSearch(text)).length;
  expect(find("Cannot send TRUNC to peer sid: 2")).toBe(1);
  expect(find("TRUNC to 1")).toBe(
    model.timeline.messages.filter(({ to, type }) => type === "TRUNC" && to === 1).length,
  );
  expect(find("NEWLEADER to 1 without an ACK from 1")).toBeLessThan(find("NEWLEADER to 1"));
  expect(find("no such text")).toBe(0);
});

test("a SNAP names the setting that would have made it a DIFF", () => {
  const snaps = new LogModel(recordedPage("3.9.5")).decisions().filter(({ packet }) => packet.startsWith("SNAP"));
  expect(snaps.some(({ notes }) => notes.some((note) => note.includes("commitLogCount")))).toBe(true);
  expect(snaps.every(({ notes }) => notes[0]?.startsWith("rule "))).toBe(true);
});

test("a page of the newest events has the states of the servers before them", () => {
  const [all, part] = [{}, { limit: 100 }].map((range) => new LogModel(recordedPage("3.9.5", range)));
  const before = part?.data.events.leftOut.before ?? 0;
  expect(before).toBeGreaterThan(0);
  for (const sid of [1, 2, 3] as never[]) {
    for (let event = 1; event <= 100; event++) {
      expect(part?.serverAt(sid, event).state).toBe(all?.serverAt(sid, event + before).state);
      const rows = [part?.serverAt(sid, event).rows, all?.serverAt(sid, event + before).rows];
      expect(rows[0]).toEqual(rows[1]);
    }
  }
  expect(part?.decisions().every(({ event }) => event !== undefined)).toBe(true);
});

test("a line before the first known state is not a server that is down", () => {
  const model = new LogModel(recordedPage("3.9.5"));
  expect(model.segments.get(3)?.[0]).toMatchObject({ process: "running", from: 3 });
});
