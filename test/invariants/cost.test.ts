/**
 * What a note costs must not grow with histories. Cost is counted as steps back along a history, wherever they are
 * taken: every `previous` of the run's nodes counts when it is read.
 */
import { expect, it } from "vitest";
import { asEpoch, asServerId, asZxid, type History, makeTxn, type Txn } from "../../protocol/index.ts";
import { ScriptedRun } from "./scripted-run.ts";

const ZXID = 0x1_0000_0000;

class CountedRun extends ScriptedRun {
  steps = 0;
  private readonly nodes: History[] = [this.empty];

  /** The history of the first `length` txns of epoch 1. */
  of(length: number): History {
    for (let at = this.nodes.length; at <= length; at++) {
      const previous = this.nodes[at - 1] as History;
      const node = previous.extend(txnOf(at));
      Object.defineProperty(node, "previous", {
        get: () => {
          this.steps++;
          return previous;
        },
      });
      this.nodes.push(node);
    }
    return this.nodes[length] as History;
  }

  /** Steps that `tell` takes. */
  count(tell: () => void): number {
    const before = this.steps;
    tell();
    expect(this.violated).toEqual([]);
    return this.steps - before;
  }
}

function txnOf(counter: number): Txn {
  return makeTxn(asZxid(ZXID + counter), "x");
}

/** Server 1 leads epoch 1 from nothing, and 2 follows. */
function broadcasting(length: number): CountedRun {
  const run = new CountedRun();
  for (const sid of [1, 2]) run.server(sid).starts("");
  run.server(1).leads(1, "");
  run.server(2).follows(1, 1, "");
  for (let at = 1; at <= length; at++) broadcastOne(run, at);
  return run;
}

function broadcastOne(run: CountedRun, at: number): void {
  const history = run.of(at);
  run.server(1).notes.proposed(txnOf(at));
  for (const sid of [1, 2]) {
    run.server(sid).notes.logged(txnOf(at), history);
    run.server(sid).notes.synced(history);
  }
  run.server(1).notes.committed(txnOf(at));
  for (const sid of [1, 2]) run.server(sid).notes.delivered(txnOf(at), history);
}

it("a txn behind 10 others costs what one behind 3000 costs", () => {
  const cost = (length: number): number => {
    const run = broadcasting(length);
    return run.count(() => {
      for (let at = length + 1; at <= length + 10; at++) broadcastOne(run, at);
    });
  };
  expect(cost(3000)).toBe(cost(10));
  expect(cost(3000)).toBeLessThanOrEqual(10 * 4);
});

it("followers deliver before their leader, which has 1000 outstanding proposals: no step per proposal", () => {
  const run = broadcasting(10);
  for (let at = 11; at <= 1010; at++) {
    run.server(1).notes.proposed(txnOf(at));
    run.server(1).notes.logged(txnOf(at), run.of(at));
    run.server(2).notes.logged(txnOf(at), run.of(at));
  }
  const steps = run.count(() => {
    for (let at = 11; at <= 510; at++) run.server(2).notes.delivered(txnOf(at), run.of(at));
  });
  expect(steps).toBeLessThanOrEqual(500 * 4);
});

it("a follower that lags far behind and logs transaction after transaction walks the distance only once", () => {
  const cost = (distance: number): number => {
    const run = broadcasting(distance);
    run.server(3).starts("").learnsFrom(1);
    return run.count(() => {
      run.server(3).notes.newLeaderAcked(asEpoch(1), run.empty);
      for (let at = 1; at <= distance; at++) run.server(3).notes.logged(txnOf(at), run.of(at));
    });
  };
  expect(cost(2000)).toBeLessThanOrEqual(2000 * 3);
});

it("a new epoch costs what the last one added, not the length of what lies before it", () => {
  const cost = (length: number): number => {
    const run = broadcasting(length);
    const history = run.of(length);
    run.server(2).looks();
    return run.count(() => {
      run.server(2).notes.elected(asServerId(2), 2);
      run.server(2).notes.epochProposed(asEpoch(2));
      run.server(2).notes.established(asEpoch(2), history);
      run.server(3).learnsFrom(2).notes.newLeaderAcked(asEpoch(2), history);
      run.server(3).notes.active(asEpoch(2), asServerId(2), history);
    });
  };
  // initial-history-agreement walks back from this epoch's initial history to the last one's, which is empty here: once
  // over the epoch's txns, and a step looks at a node and goes there.
  expect(cost(2000)).toBeLessThanOrEqual(2000 * 2 + 20);
  const run = broadcasting(2000);
  const history = run.of(2000);
  for (const epoch of [2, 3]) {
    const steps = run.count(() => run.server(2).looks().notes.established(asEpoch(epoch), history));
    if (epoch === 3) expect(steps).toBeLessThanOrEqual(20);
  }
});
