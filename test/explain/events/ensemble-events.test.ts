/** Compares the events, messages and states of pages with the truth about the recordings. */
import { describe, expect, it, test } from "vitest";
import type { EnsembleEvents } from "../../../explain/events/ensemble-events.ts";
import { recordedPage } from "../../view/log-pages.ts";
import { logOf, RECORDINGS, truthOf } from "../recording.ts";

function countsOf({ messages }: EnsembleEvents): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of messages) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

describe.each(RECORDINGS)("the events of %s", (name) => {
  const { answer, events: shown } = recordedPage(name);
  const { events, handshakes, messages } = shown;
  const joins = truthOf(name).steps.flatMap((step) => step.joins);

  it("contain the packet of every synchronization, from its leader to its learner", () => {
    expect(handshakes).toHaveLength(joins.length);
    for (const { leader, leaderLines, learner, learnerLines } of joins) {
      const packet = messages.find(
        ({ endEvent, type }) =>
          ["DIFF", "TRUNC", "SNAP"].includes(type) &&
          events[endEvent - 1]?.lines.some(({ line, server }) => server === learner && line === learnerLines[0]?.[0]),
      );
      expect(packet).toMatchObject({ from: leader, to: learner });
      const sent = events[(packet?.sentEvent ?? 0) - 1];
      expect(sent?.lines.some(({ line }) => line === leaderLines[0]?.[0])).toBe(true);
    }
  });

  it("contain the FOLLOWERINFO of every synchronization", () => {
    expect(countsOf(shown).FOLLOWERINFO).toBe(joins.length);
  });

  it("are in the order of the times and of each log, and no message arrives before it is sent", () => {
    for (const [index, { timeMs }] of events.entries()) {
      expect(timeMs).toBeGreaterThanOrEqual(events[index - 1]?.timeMs ?? timeMs);
    }
    for (const { server } of answer.servers) {
      const lines = events.filter((event) => event.server === server).map((event) => event.lines[0]?.line as number);
      // The end of a process has the line of its last event again.
      expect(lines).toEqual([...lines].sort((a, b) => a - b));
    }
    for (const { endEvent, from, sentEvent, to } of messages) {
      expect(sentEvent).toBeLessThan(endEvent);
      expect([events[sentEvent - 1]?.server, events[endEvent - 1]?.server]).toEqual([from, to]);
    }
  });

  it("contain each line of the logs at most once, with its own text", () => {
    const texts = new Map(answer.servers.map(({ server }) => [server, logOf(name, server).split("\n")]));
    const seen = new Set<string>();
    for (const { lines, sign } of events) {
      if (sign === "end") continue;
      for (const { line, server, text } of lines) {
        expect(seen.has(`${server} ${line}`)).toBe(false);
        seen.add(`${server} ${line}`);
        expect(texts.get(server)?.[line - 1]).toContain(text.split(" java.")[0]);
      }
    }
  });

  it("have a place for each finding", () => {
    expect(shown.findings.map(({ event }) => event)).not.toContain(null);
    expect(shown.findings).toHaveLength(answer.findings.length);
  });
});

test("the clocks of the servers do not change the order of causes", () => {
  const shift = (text: string): string =>
    text.includes("[myid:2]") || text.includes("myid=2") ? text.replaceAll(/^(\d+-\d+-\d+) 18:/gm, "$1 17:") : text;
  const { answer, events } = recordedPage("3.9.5", {}, shift);
  expect(answer.servers.map(({ clock }) => Math.round(clock.offsetMs / 3_600_000))).toEqual([0, -1, 0]);
  expect(countsOf(events)).toMatchObject({ FOLLOWERINFO: 19, LEADERINFO: 19, ACKEPOCH: 19, NEWLEADER: 19 });
});

describe("a part of the events", () => {
  const all = recordedPage("3.9.5").events;

  it("has the newest events", () => {
    const part = recordedPage("3.9.5", { limit: 100 }).events;
    expect(part.leftOut).toEqual({ before: all.events.length - 100, after: 0 });
    expect(part.events.slice(1)).toEqual(all.events.slice(-99));
    expect(part.messages.every(({ sentEvent }) => sentEvent > 0)).toBe(true);
    expect(part.handshakes.filter(({ event }) => event !== null).length).toBeLessThan(19);
  });

  it("has the events between two times", () => {
    const [from, until] = [all.events[99]?.timeMs, all.events[199]?.timeMs] as [number, number];
    const part = recordedPage("3.9.5", { fromMs: from, untilMs: until }).events;
    expect(part.events.every(({ timeMs }) => timeMs >= from && timeMs <= until)).toBe(true);
    expect(part.events.length + part.leftOut.before + part.leftOut.after).toBe(all.events.length);
    expect(part.leftOut.after).toBeGreaterThan(0);
  });
});
