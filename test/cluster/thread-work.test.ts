import { describe, expect, it } from "vitest";
import { ThreadWorkTimers } from "../../cluster/thread-work.ts";
import {
  asServerId,
  WORK_APPLY_COMMITS,
  WORK_QUEUE_NEWLEADER,
  WORK_RESUME_LEARNER,
  WORK_SEND_SNAPSHOT,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { DurationRange } from "../../sim/duration-range.ts";
import { type NodeProgram, World } from "../../sim/index.ts";
import { IDLE_PROGRAM } from "../sim/idle-program.ts";

const range = (minUs: number, maxUs: number): DurationRange => ({ minUs, maxUs });

/** Runs thread work on a node and returns the completion time of each piece of work, as `key at time`. */
function run(durationUs: DurationRange, start: (threads: ThreadWorkTimers, world: World<unknown>) => void): string[] {
  const world = new World<unknown>({ seed: 1, nodes: [1] });
  const node = world.node(1);
  const done: string[] = [];
  const durations = {
    [WORK_APPLY_COMMITS]: durationUs,
    [WORK_SEND_SNAPSHOT]: durationUs,
    [WORK_RESUME_LEARNER]: range(0, 0),
    [WORK_QUEUE_NEWLEADER]: durationUs,
    electionWakeUp: durationUs,
    load: durationUs,
  };
  const threads = new ThreadWorkTimers(node, durations);
  const program: NodeProgram<unknown> = {
    ...IDLE_PROGRAM,
    onTimer: (timer) => {
      const work = threads.workOf(timer);
      if (work !== undefined) for (const { key } of threads.finish(work)) done.push(`${key} at ${world.kernel.nowUs}`);
    },
  };
  node.start(program);
  start(threads, world);
  world.run({ untilUs: 1_000_000 });
  return done;
}

describe("thread work in the simulator", () => {
  it("takes exactly the duration of a range with one value", () => {
    expect(run(range(300, 300), (threads) => threads.start(WORK_APPLY_COMMITS, 7))).toEqual(["7 at 300"]);
  });

  it("takes no time with the range 0", () => {
    expect(run(range(9, 9), (threads) => threads.start(WORK_RESUME_LEARNER, 7))).toEqual(["7 at 0"]);
  });

  it("of one kind runs simultaneously for different keys", () => {
    const done = run(range(1000, 1000), (threads, world) => {
      threads.start(WORK_SEND_SNAPSHOT, 1);
      world.at(400, () => threads.start(WORK_SEND_SNAPSHOT, 2), "second piece");
    });
    expect(done).toEqual(["1 at 1000", "2 at 1400"]);
  });

  it("starts from the beginning if the same work is started again", () => {
    const done = run(range(1000, 1000), (threads, world) => {
      threads.start(WORK_SEND_SNAPSHOT, 1);
      world.at(400, () => threads.start(WORK_SEND_SNAPSHOT, 1), "same piece");
    });
    expect(done).toEqual(["1 at 1400"]);
  });

  it("takes a duration from the range, whose end is excluded", () => {
    for (const [at] of [run(range(10, 20), (threads) => threads.start(WORK_APPLY_COMMITS, 1))]) {
      const us = Number(at?.split(" ").at(-1));
      expect(us).toBeGreaterThanOrEqual(10);
      expect(us).toBeLessThan(20);
    }
  });
});

const FOLLOWER = asServerId(1);

it("the field threads of a scenario sets the durations: commits of the synchronization are applied later", () => {
  const deliveredMs = (applyCommits: string): number => {
    const text = `
zookeeper: 3.8.6
servers: { 1: { history: "1:1" }, 2: { history: 1:1..1:3 }, 3: { history: 1:1..1:3 } }
threads: { applyCommits: ${applyCommits} }
`;
    const { records } = runScenario(loadScenario(text, "inline.yaml"), { seed: 1 });
    const delivered = records.findLast(({ event, server }) => event === "delivered" && server === FOLLOWER);
    const active = records.find(({ event, server }) => event === "active" && server === FOLLOWER);
    return Math.round(((delivered?.atUs ?? 0) - (active?.atUs ?? 0)) / 1000);
  };
  expect([deliveredMs("5ms"), deliveredMs("40ms")]).toEqual([5, 40]);
});
