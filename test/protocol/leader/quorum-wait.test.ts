/** QuorumWait: several waiters for one quorum, each with its own timeout. */
import { beforeEach, expect, it } from "vitest";
import { TIMER_EPOCH_ACK } from "../../../protocol/effects.ts";
import { QuorumWait } from "../../../protocol/leader/quorum-wait.ts";
import { RecordingEffects } from "../recording-effects.ts";

const TIMEOUT_US = 1000;

let host: RecordingEffects;
let wait: QuorumWait<string>;
let notified: string[];
const notify = (waiter: string): number => notified.push(waiter);

beforeEach(() => {
  host = new RecordingEffects();
  wait = new QuorumWait(host.effects, TIMER_EPOCH_ACK, TIMEOUT_US);
  notified = [];
});

it("notifies the waiters in the order in which they joined, and only once", () => {
  wait.join("a", 0);
  wait.join("b", 10);
  wait.end(notify);
  expect(notified).toEqual(["a", "b"]);
  wait.end(notify);
  wait.timeout(TIMEOUT_US, notify);
  expect(notified).toEqual(["a", "b"]);
});

it("lets each waiter time out after its own timeout", () => {
  wait.join("a", 0);
  wait.join("b", 400);
  expect(host.take()).toEqual([`setTimer ${TIMER_EPOCH_ACK} ${TIMEOUT_US}`]);
  wait.timeout(TIMEOUT_US, notify);
  expect(notified).toEqual(["a"]);
  expect(host.take()).toEqual([`setTimer ${TIMER_EPOCH_ACK} 400`]);
  wait.timeout(TIMEOUT_US + 400, notify);
  expect(notified).toEqual(["a", "b"]);
});

it("notifies all waiters whose timeouts have expired when the timer fires late", () => {
  wait.join("a", 0);
  wait.join("b", 400);
  wait.join("c", 900);
  wait.timeout(1500, notify);
  expect(notified).toEqual(["a", "b"]);
});

it("does nothing if the timer fires early", () => {
  wait.join("a", 0);
  wait.timeout(TIMEOUT_US - 1, notify);
  expect(notified).toEqual([]);
});

it("forgets a waiter that leaves, and keeps the timeouts of the others", () => {
  wait.join("a", 0);
  wait.join("b", 400);
  wait.leave("a");
  wait.timeout(TIMEOUT_US, notify);
  expect(notified).toEqual([]);
  wait.timeout(TIMEOUT_US + 400, notify);
  expect(notified).toEqual(["b"]);
});

it("notifies no waiter after it is closed", () => {
  wait.join("a", 0);
  wait.close();
  wait.timeout(TIMEOUT_US, notify);
  wait.end(notify);
  expect(notified).toEqual([]);
});

it("a waiter that joins while the others are notified waits for the next quorum", () => {
  wait.join("a", 0);
  wait.end((waiter) => {
    notify(waiter);
    wait.join("b", 0);
  });
  expect(notified).toEqual(["a"]);
  wait.end(notify);
  expect(notified).toEqual(["a", "b"]);
});
