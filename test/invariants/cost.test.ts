/**
 * The cost of a note does not grow with the length of the histories.
 *
 * The cost is the number of steps back along a history. Each read of `previous` on a history object counts as one step.
 */
import { expect, it } from "vitest";
import { asEpoch, asServerId, type History, makeTxn, makeZxid, type Txn } from "../../protocol/index.ts";
import { HandwrittenRun } from "./handwritten-run.ts";

const EPOCH = asEpoch(1);

class CountedRun extends HandwrittenRun {
  steps = 0;
  private readonly nodes: History[] = [this.empty];

  /** Returns the history of the first `length` transactions of epoch 1. */
  firstTxns(length: number): History {
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

  /** Returns the number of steps that `notes` causes. */
  stepsOf(notes: () => void): number {
    const before = this.steps;
    notes();
    expect(this.violations).toEqual([]);
    return this.steps - before;
  }
}

function txnOf(counter: number): Txn {
  return makeTxn(makeZxid(EPOCH, counter), "x");
}

/**
 * Returns a run in which server 1 leads epoch 1 with an empty initial history, server 2 follows, and `length`
 * transactions are broadcast.
 */
function runWith(length: number): CountedRun {
  const run = new CountedRun();
  for (const sid of [1, 2]) run.server(sid).starts("");
  run.server(1).leads(1, "");
  run.server(2).follows(1, 1, "");
  for (let at = 1; at <= length; at++) broadcastOne(run, at);
  return run;
}

function broadcastOne(run: CountedRun, at: number): void {
  const history = run.firstTxns(at);
  run.server(1).notes.proposed(txnOf(at));
  for (const sid of [1, 2]) {
    run.server(sid).notes.logged(txnOf(at), history);
    run.server(sid).notes.synced(history);
  }
  run.server(1).notes.committed(txnOf(at));
  for (const sid of [1, 2]) run.server(sid).notes.delivered(txnOf(at), history);
}

it("a transaction after 10 others costs as much as a transaction after 3000 others", () => {
  const cost = (length: number): number => {
    const run = runWith(length);
    return run.stepsOf(() => {
      for (let at = length + 1; at <= length + 10; at++) broadcastOne(run, at);
    });
  };
  expect(cost(3000)).toBe(cost(10));
  expect(cost(3000)).toBeLessThanOrEqual(10 * 4);
});

it("1000 outstanding proposals, a follower delivers before its leader: the cost is that of one proposal", () => {
  const run = runWith(10);
  for (let at = 11; at <= 1010; at++) {
    run.server(1).notes.proposed(txnOf(at));
    run.server(1).notes.logged(txnOf(at), run.firstTxns(at));
    run.server(2).notes.logged(txnOf(at), run.firstTxns(at));
  }
  const steps = run.stepsOf(() => {
    for (let at = 11; at <= 510; at++) run.server(2).notes.delivered(txnOf(at), run.firstTxns(at));
  });
  expect(steps).toBeLessThanOrEqual(500 * 4);
});

it("a lagging follower acknowledges NEWLEADER and logs what it lacks: the missing part is walked once in total", () => {
  const cost = (distance: number): number => {
    const run = runWith(distance);
    run.server(3).starts("").learnsFrom(1);
    return run.stepsOf(() => {
      run.server(3).notes.newLeaderAcked(EPOCH, run.empty);
      for (let at = 1; at <= distance; at++) run.server(3).notes.logged(txnOf(at), run.firstTxns(at));
    });
  };
  expect(cost(2000)).toBeLessThanOrEqual(2000 * 3);
});

it("a new epoch costs as much as the previous epoch has transactions, whatever came before", () => {
  const cost = (length: number): number => {
    const run = runWith(length);
    const history = run.firstTxns(length);
    run.server(2).looks();
    return run.stepsOf(() => {
      run.server(2).notes.elected(asServerId(2), 2);
      run.server(2).notes.epochProposed(asEpoch(2), asEpoch(-1));
      run.server(2).notes.established(asEpoch(2), history);
      run.server(3).learnsFrom(2).notes.newLeaderAcked(asEpoch(2), history);
      run.server(3).notes.active(asEpoch(2), asServerId(2), history, false);
    });
  };
  // initial-history-agreement walks back from the initial history of this epoch to the initial history of the previous
  // epoch, which is empty here. For each transaction, it reads `previous` twice.
  expect(cost(2000)).toBeLessThanOrEqual(2000 * 2 + 20);
  const run = runWith(2000);
  const history = run.firstTxns(2000);
  for (const epoch of [2, 3]) {
    const steps = run.stepsOf(() => run.server(2).looks().notes.established(asEpoch(epoch), history));
    if (epoch === 3) expect(steps).toBeLessThanOrEqual(20);
  }
});
