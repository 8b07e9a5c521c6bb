/** Checks the times of the steps that wait for a leader, in logs with many handshakes. */
import { expect, it } from "vitest";
import { establishedMs, timeOf } from "../../reconstruct/write-triggers.ts";
import { logOf, SERVERS } from "../explain/recording.ts";
import { evidenceIn, skeleton } from "./simulated-logs.ts";

it("the time of a write that waits for a leader is after its epoch and before the next one", () => {
  const evidence = evidenceIn(SERVERS.map((server) => ({ server, lines: logOf("3.9.4", server).split("\n") })));
  const waiting = skeleton(evidence).steps.filter((step) => "write" in step && step.when?.event === "established");
  expect(waiting.length).toBeGreaterThan(2);
  const epochs = evidence.ensemble.epochs.map((epoch) => establishedMs(epoch, evidence));
  for (const step of waiting) {
    const atMs = timeOf(step, evidence);
    const sinceMs = epochs.findLast((ms) => ms <= atMs) ?? Number.NEGATIVE_INFINITY;
    expect(atMs - sinceMs).toBeCloseTo(Number.parseFloat(step.after ?? "0ms"), 1);
  }
});
