/** Tests the messages that ZooKeeper logs for the failures of a run. */
import { describe, expect, it } from "vitest";
import { loggedFailures, logLines, quotedMessage } from "../../reports/zookeeper-log.ts";
import { record, runOf } from "./records.ts";

const NO_QUORUM = `
servers: 2
settings: { initLimit: 5 }
zookeeper: 3.4.14
steps: [{ drop: { type: FOLLOWERINFO } }]
until: 25s
`;

describe("loggedFailures", () => {
  it("uses the release of each server", () => {
    const { records } = runOf(NO_QUORUM);
    const release = records.find(({ event }) => event === "started");
    expect(release?.event === "started" && release.config?.release).toBe("3.4.14");
    const messages = loggedFailures(records).flatMap((one) => one.messages);
    expect(messages).toContain("Timeout while waiting for epoch from quorum");
  });
});

describe("logLines", () => {
  it("names each message once, on a line of its own, with the servers", () => {
    const failed = { event: "failed", reason: "epoch-timeout", learner: undefined, detail: "" } as const;
    const records = [1, 2, 1].map((server) => record(failed, { server }));
    expect(logLines(records, "  ", 80)).toEqual([
      "  epoch-timeout at server 1, 2; ZooKeeper logs:",
      '    "Timeout while waiting for epoch from quorum"',
    ]);
  });
});

describe("quotedMessage", () => {
  it("ends a message that is too wide after a whole word", () => {
    expect(quotedMessage("one two three", 15)).toBe('"one two three"');
    expect(quotedMessage("one two three", 13)).toBe('"one two …"');
  });
});
