/** Tests the states over time: a learner serves from UPTODATE on, and synchronizes before it. */
import { describe, expect, it } from "vitest";
import { ensembleOf } from "../../explain/ensemble.ts";
import { stateChanges, statesRows } from "../../explain/states.ts";
import { LogWriter, NOON_MS, zxid } from "./log-writer.ts";
import { ensembleIn, historyOf, RECORDINGS } from "./recording.ts";

function changes(...logs: readonly LogWriter[]) {
  return stateChanges(ensembleOf(logs.map(({ server, text }) => historyOf(server, text))));
}

const last = zxid(1, 7);

/** A follower whose synchronization takes two seconds, and ends with UPTODATE if `serves` is true. */
function follower(release: string, serves: boolean): LogWriter {
  const log = new LogWriter(1, release).start(last).hear(3, last, 3, "LEADING").at(1).log("following", {});
  log.at(1.1).log("got-snap", { zxid: last }).at(3);
  if (serves) log.log("newleader-received", {}).log("uptodate-received", {});
  return log.at(9).look(last);
}

describe("a follower", () => {
  it("synchronizes until UPTODATE, and then follows", () => {
    const states = changes(follower("3.9.5", true)).filter(({ state }) => state.startsWith("FOLLOWING"));
    expect(states.map(({ state, timeMs }) => [state, timeMs - NOON_MS])).toEqual([
      ["FOLLOWING 3 (syncs)", 1000],
      ["FOLLOWING 3", 3000],
    ]);
  });

  it("never follows if UPTODATE does not arrive", () => {
    const states = changes(follower("3.9.5", false)).map(({ state }) => state);
    expect(states.filter((state) => state.startsWith("FOLLOWING"))).toEqual(["FOLLOWING 3 (syncs)"]);
  });

  it("of 3.4, whose log does not contain UPTODATE, follows from the packet on if only its own log is given", () => {
    const log = new LogWriter(1, "3.4.14").start(last).at(1).log("following", {}).at(2).log("got-diff", { zxid: last });
    expect(changes(log).at(-1)).toMatchObject({ state: "FOLLOWING ?", timeMs: NOON_MS + 2000 });
  });
});

describe("a row of the table", () => {
  it("shows no state before its time, and no state that lasts shortly", () => {
    const rows = statesRows(changes(follower("3.9.5", true)));
    expect(rows.map(({ states, timeMs }) => [timeMs - NOON_MS, states.get(1)])).toEqual([
      [0, "LOOKING"],
      [1000, "FOLLOWING 3 (syncs)"],
      [3000, "FOLLOWING 3"],
      [9000, "LOOKING"],
    ]);
  });

  it.each(RECORDINGS)("of recording %s is not before the changes that it shows", (name) => {
    const all = stateChanges(ensembleIn(name));
    for (const { states, timeMs } of statesRows(all)) {
      for (const [server, state] of states) {
        expect(all.some((one) => one.server === server && one.state === state && one.timeMs <= timeMs)).toBe(true);
      }
    }
  });
});
