import { expect, test } from "vitest";
import { CommittedTxns } from "../../../view/session/log-parts.ts";
import { Recording } from "../../../view/session/recording.ts";
import { truncLoss } from "../../../view/session/trunc-loss.ts";
import { shipped } from "../scenarios.ts";

/** Returns what each TRUNC of a run removes of the committed transactions. */
function losses(name: string): readonly (string | undefined)[] {
  const recording = new Recording(shipped(name), { seed: 1n }).finish();
  const committed = new CommittedTxns(recording);
  return recording.records.flatMap((record, index) =>
    record.event === "sync-decided" && record.decision === "TRUNC"
      ? [truncLoss(recording, committed, recording.eventOfRecord(index), record)]
      : [],
  );
}

test.each<[string, readonly unknown[]]>([
  ["follower-ahead-trunc", [undefined]],
  ["zookeeper-4643-current-epoch-before-diff-is-logged", ["removes 1:4, which is committed"]],
  // A crash ends the leader in the event that establishes it.
  ["zookeeper-4646-newleader-acked-before-queue-is-flushed", ["removes 1:4, which is committed"]],
  // The learner acknowledged the proposal before the TRUNC, and the leader counts the ACK after it.
  [
    "open-acked-proposal-truncated-committed-lost",
    [expect.stringMatching(/^removes 1:2, which is committed later, in event \d+$/)],
  ],
  // 2:3 is below the last committed zxid 2:8, but in a history without 2:8.
  ["zookeeper-5094-interrupted-trunc-memory-ahead-of-disk", [undefined]],
  ["open-snapshot-after-trunc-never-synced", [undefined, "removes 2:6, 2:7, 2:8 and 1 more, which are committed"]],
])("a TRUNC of %s names the committed transactions that it removes", (name, expected) => {
  expect(losses(name)).toEqual(expected);
});
