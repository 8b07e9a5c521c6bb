/**
 * Tests the table of log messages with the logs of real servers: every recognized line is written back to the byte by
 * the message of its release.
 */
import { describe, expect, it } from "vitest";
import {
  findMessage,
  isLoggedBy,
  LOG_MESSAGES,
  type LoggedEvent,
  LogReader,
  matchMessage,
  writeMessage,
} from "../../logs/index.ts";
import { logOf, RECORDINGS, SERVERS } from "../explain/recording.ts";

function eventsIn(text: string): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  const reader = new LogReader((event) => void events.push(event));
  for (const line of text.split("\n")) reader.read(line);
  reader.end();
  return events;
}

const RELEASES = RECORDINGS.filter((name) => /^\d/.test(name));

describe.each(RELEASES)("the log of ZooKeeper %s", (release) => {
  const events = SERVERS.flatMap((server) => eventsIn(logOf(release, server)));

  it("has only messages that the table gives to this release", () => {
    const others = events.filter(
      ({ message, text }) =>
        !LOG_MESSAGES.some(
          (one) =>
            one.event === message.event &&
            one.className === message.className &&
            isLoggedBy(one, release) &&
            one.compiled.read(text) !== undefined,
        ),
    );
    expect(others.map(({ text }) => text)).toEqual([]);
    expect(events.length).toBeGreaterThan(500);
  });

  it("is written back from its events, to the byte", () => {
    const written = events.map(
      ({ event, fields, message }) => writeMessage(event, fields as never, release, message.className)?.text,
    );
    expect(written).toEqual(events.map(({ text }) => text));
  });
});

describe("the table of messages", () => {
  it("reads a message of each template that it has written", () => {
    const values: Readonly<Record<string, unknown>> = {
      int: 7,
      hex: 0x3_0000_0005n,
      dec: 12_884_901_893n,
      word: "abc",
      text: "some text",
      sids: [1, 3],
      sids34: [2, 3],
    };
    for (const { className, compiled, event, template } of LOG_MESSAGES) {
      const kinds = [...template.matchAll(/\{(\w+):(\w+)\}/g)];
      const fields = Object.fromEntries(kinds.map(([, name, kind]) => [name, values[kind as string]]));
      const text = compiled.write(fields as never);
      expect([template, compiled.read(text as string)]).toEqual([template, fields]);
      expect([template, matchMessage(className, text as string)?.event]).toEqual([template, event]);
    }
  });

  it("reads negative zxids and the largest ones", () => {
    const text = "New election. My id = 3, proposed zxid=0xffffffffffffffff";
    expect(matchMessage("FastLeaderElection", text)?.fields).toEqual({ sid: 3, zxid: -1n });
    expect(writeMessage("election-started", { sid: 3, zxid: -1n }, "3.9.5")?.text).toBe(text);
  });

  it("has no message of another class, and nothing for a message that a release does not log", () => {
    expect(matchMessage("Leader", "LOOKING")).toBeUndefined();
    expect(matchMessage("NoSuchClass", "LOOKING")).toBeUndefined();
    expect(writeMessage("newleader-acked", { sid: 1 }, "3.9.5")).toBeUndefined();
    expect(writeMessage("uptodate-received", {}, "3.4.14")).toBeUndefined();
  });

  it("finds a message in a line that has an unknown prefix", () => {
    const line = "zk3 >> Synchronizing with Follower sid: 2 maxCommittedLog=0x0 minCommittedLog=0x0 peerLastZxid=0x0";
    expect(findMessage(line)?.event).toBe("sync-started");
    expect(findMessage("a line that ends with LOOKING")).toBeUndefined();
  });
});
