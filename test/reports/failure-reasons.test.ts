/** Tests the messages of ZooKeeper's own log, by failure and release. */
import { describe, expect, it } from "vitest";
import type { FailureReason } from "../../protocol/notes.ts";
import { RELEASES } from "../../protocol/releases.ts";
import { describeFailureReason, FAILURE_REASONS, loggedMessages, releasesText } from "../../reports/failure-reasons.ts";

const logged = (reason: FailureReason, release: string, detail = "", isHandler = false): readonly string[] =>
  loggedMessages({ reason, release, detail, isHandler });

describe("loggedMessages", () => {
  it("is the same in every release for the timeouts of discovery and synchronization", () => {
    for (const release of RELEASES) {
      expect(logged("epoch-timeout", release)).toEqual(["Timeout while waiting for epoch from quorum"]);
      expect(logged("epoch-ack-timeout", release)).toEqual(["Timeout while waiting for epoch to be acked by quorum"]);
      expect(logged("newleader-ack-timeout", release)).toEqual([
        "Timeout while waiting for NEWLEADER to be acked by quorum",
      ]);
    }
  });

  it.each([
    ["3.4.14", "Next packet was supposed to be an ACK"],
    ["3.5.5", "Next packet was supposed to be an ACK, but received packet: {}"],
    ["newest", "Next packet was supposed to be an ACK, but received packet: {}"],
  ])("differs by release: not-ack in %s", (release, text) => {
    expect(logged("not-ack", release)).toEqual([text]);
  });

  it.each([
    ["3.5.10", "too many concurrent snapshots:"],
    ["3.6.0", "too many concurrent sync."],
    ["3.10.0", "too many concurrent sync."],
  ])("compares the numbers of a release, not its text: sync-throttled in %s", (release, text) => {
    expect(logged("sync-throttled", release)).toEqual([text]);
  });

  it("depends on the limit that ended the attempts to connect", () => {
    const ended = (release: string, detail: string): string | undefined =>
      logged("connect-failed", release, detail)[0]?.split(".")[0];
    expect(ended("3.9.4", "no connection to server 2 in 5 tries, the maximum")).toBe(
      "Unexpected exception, retries exceeded",
    );
    expect(ended("3.9.4", "no connection to server 2 in 1 try within initLimit (10 ticks)")).toBe(
      "Unexpected exception, connectToLeader exceeded",
    );
    expect(ended("3.5.8", "no connection to server 2 in 1 try within initLimit (10 ticks)")).toBe(
      "Unexpected exception, initLimit exceeded",
    );
  });

  it("leaves out messages that name only an exception", () => {
    expect(logged("connection-closed", "3.9.4")).toEqual([]);
    expect(logged("read-timeout", "3.6.4", "", true)).toEqual([]);
  });

  it("names the file for a disk error", () => {
    expect(logged("disk-error", "3.9.4", "the log could not be written")).toEqual([
      "Severe unrecoverable error, from thread : {}",
    ]);
    expect(logged("disk-error", "3.9.4", "the snapshot could not be written")).toEqual([
      "Severe unrecoverable error, exiting",
    ]);
    expect(logged("disk-error", "3.9.4", "log.100000001 cannot be read")).toEqual(["Unable to load database on disk"]);
  });
});

describe("describeFailureReason", () => {
  it("gives the meaning, the messages and their releases", () => {
    expect(describeFailureReason(FAILURE_REASONS["sync-throttled"])).toBe(
      "the number of synchronizations has reached leader.maxConcurrentSnapSyncs or leader.maxConcurrentDiffSyncs. " +
        'ZooKeeper logs: "too many concurrent snapshots:" (3.5.0 to 3.5.10); ' +
        '"too many concurrent sync." (3.6.0 and newer)',
    );
  });

  it("gives at least one message for every reason but the limit of zabsim itself", () => {
    const silent = Object.entries(FAILURE_REASONS).filter(([, { messages }]) => messages.length === 0);
    expect(silent.map(([reason]) => reason)).toEqual(["epoch-limit"]);
  });
});

it("writes the releases of a message", () => {
  expect(releasesText({ text: "" })).toBe("all releases");
  expect(releasesText({ text: "", until: "3.4.14" })).toBe("up to 3.4.14");
  expect(releasesText({ text: "", from: "3.6.0" })).toBe("3.6.0 and newer");
});
