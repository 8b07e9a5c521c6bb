/** Tests the reader of log lines: the patterns of ZooKeeper's configurations, prefixes of other programs, and JSON. */
import { describe, expect, it } from "vitest";
import { formatTimeMs, type LoggedEvent, LogReader, readLogLine, timeMsOf } from "../../logs/index.ts";
import { logOf } from "../explain/recording.ts";

function read(lines: readonly string[]): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  const reader = new LogReader((event) => void events.push(event));
  for (const line of lines) reader.read(line);
  reader.end();
  return events;
}

const TIME = "2026-11-25 18:19:43,083";
const RECORD = `${TIME} [myid:3] - INFO  [main:o.a.z.s.q.QuorumPeer@1758] - tickTime set to 400`;

describe("the patterns of a log line", () => {
  it.each([
    ["logback", `${TIME} [myid:3] - INFO  [main:o.a.z.s.q.QuorumPeer@1758] - tickTime set to 400`, "3", "main"],
    ["log4j 1.2", `${TIME} [myid:3] - INFO  [main:QuorumPeer@1758] - tickTime set to 400`, "3", "main"],
    ["log4j without a line number", `${TIME} [myid:] - INFO  [main:QuorumPeer@?] - tickTime set to 400`, "", "main"],
    ["Debian", `${TIME} - INFO  [main:QuorumPeer@1758] - tickTime set to 400`, "", "main"],
    ["TRACEFILE", `${TIME} [myid:3] - INFO  [main:QuorumPeer@1758][] - tickTime set to 400`, "3", "main"],
    [
      "ISO 8601 with T",
      `2026-11-25T18:19:43,083 [myid:3] - INFO  [a:b:c.QuorumPeer@1] - tickTime set to 400`,
      "3",
      "a:b",
    ],
    ["Kafka", `[${TIME}] INFO tickTime set to 400 (org.apache.zookeeper.server.quorum.QuorumPeer)`, "", ""],
    ["Strimzi", `${TIME} INFO tickTime set to 400 (org.apache.zookeeper.server.quorum.QuorumPeer) [main]`, "", "main"],
  ])("of %s are read", (_, line, myid, thread) => {
    const record = readLogLine(line);
    const { className, message } = record ?? {};
    expect([className, message, record?.myid, record?.thread]).toEqual([
      "QuorumPeer",
      "tickTime set to 400",
      myid,
      thread,
    ]);
    expect(timeMsOf(record?.time ?? "")).toBe(timeMsOf(TIME));
    expect(read([line])[0]?.event).toBe("settings");
  });

  it("keep a message that contains the end of a location", () => {
    const message = "Notification time out: 400";
    const line =
      `${TIME} [myid:3] - INFO  [QuorumPeer[myid=3](plain=[0:0:0:0]:2181):FastLeaderElection@947] - ` + `${message}`;
    expect(readLogLine(line)).toMatchObject({
      className: "FastLeaderElection",
      thread: "QuorumPeer[myid=3](plain=[0:0:0:0]:2181)",
    });
    expect(readLogLine(`${line} [x] - y`)?.message).toBe(`${message} [x] - y`);
  });

  it.each(["", "no log line", `${TIME} `, "\tat java.lang.Thread.run", "2026-11-25 18:19 short", `${TIME} [myid:3`])(
    "do not match %j",
    (line) => {
      expect(readLogLine(line)).toBeUndefined();
      expect(read([line])).toEqual([]);
    },
  );

  it("give times that are written as they were read", () => {
    for (const text of ["1970-01-01 00:00:00.000", "2024-02-29 23:59:59.999", "2026-11-25 18:19:43.083"]) {
      expect(formatTimeMs(timeMsOf(text) as number)).toBe(text);
    }
    expect(timeMsOf("2026-11-25 18:19:43,083")).toBe(Date.UTC(2026, 10, 25, 18, 19, 43, 83));
    expect(timeMsOf("soon")).toBeUndefined();
  });
});

describe("prefixes of other programs", () => {
  const ISO = "2026-11-25T18:19:43.083123456Z";
  it.each([
    ["kubectl logs --timestamps", `${ISO} `, ""],
    ["kubectl logs --prefix", "[pod/zookeeper-0/zookeeper] ", "pod/zookeeper-0/zookeeper"],
    ["kubectl logs --prefix --timestamps", `[pod/zk-0/zk] ${ISO} `, "pod/zk-0/zk"],
    ["a container runtime", `${ISO} stdout F `, ""],
    ["docker compose", "zoo1-1  | ", "zoo1-1"],
    ["syslog", "Nov 25 18:19:43 zk3 zookeeper[1234]: ", "zk3"],
    ["syslog with a priority", "<14>Nov  5 18:19:43 zk3 zkServer.sh[1234]: ", "zk3"],
    ["syslog of RFC 5424", `<14>1 2026-11-25T18:19:43.083Z zk3 zookeeper 1234 - - `, "zk3"],
    ["journald", "2026-11-25T18:19:43+0000 zk3 zkServer.sh[1234]: ", "zk3"],
    ["grep -n", "123:", ""],
    ["grep", "zookeeper.log:123:", "zookeeper.log"],
  ])("of %s are removed from records and stack traces", (_, prefix, origin) => {
    const failed = `${TIME} [myid:3] - WARN  [Q:o.a.z.s.q.Follower@127] - Exception when following the leader`;
    const lines = [
      RECORD,
      failed,
      "java.io.EOFException: null",
      "\tat java.base/java.io.DataInputStream",
      "Caused by: x.Y: z",
    ];
    const events = read(lines.map((line) => prefix + line));
    expect(events.map(({ event }) => event)).toEqual(["settings", "follow-failed"]);
    expect(events[1]?.exception).toEqual(["java.io.EOFException: null", "Caused by: x.Y: z"]);
    expect(events.map((one) => [one.origin, one.timeMs])).toEqual(events.map(() => [origin, timeMsOf(TIME)]));
  });

  it("keep the records of several origins in one file apart", () => {
    const failed = `${TIME} [myid:] - WARN  [Q:o.a.z.s.q.Follower@127] - Exception when following the leader`;
    const lines = [`a | ${failed}`, `b | ${failed}`, "a | java.io.EOFException", "b | java.net.SocketException: reset"];
    expect(read(lines).map(({ exception, origin }) => [origin, exception[0]])).toEqual([
      ["a", "java.io.EOFException"],
      ["b", "java.net.SocketException: reset"],
    ]);
  });
});

describe("JSON lines", () => {
  it.each([
    ["with the whole line in a field", { log: `${RECORD}\n`, stream: "stdout", time: "2026-11-25T18:19:43.083Z" }],
    ["of a log collector", { message: RECORD, kubernetes: { pod_name: "zk-0" } }],
    [
      "of logstash's encoder",
      {
        "@timestamp": "2026-11-25T18:19:43.083Z",
        message: "tickTime set to 400",
        logger_name: "org.apache.zookeeper.server.quorum.QuorumPeer",
        thread_name: "main",
        level: "INFO",
        myid: "3",
      },
    ],
    ["without a class", { "@timestamp": "2026-11-25 18:19:43,083", msg: "initLimit set to 25", level: "INFO" }],
  ])("%s are read", (_, record) => {
    const [event] = read([JSON.stringify(record)]);
    expect(event).toMatchObject({ event: "settings", timeMs: timeMsOf(TIME) });
  });

  it("with a stack trace have the exception", () => {
    const record = {
      message: "Exception when following the leader",
      logger_name: "org.apache.zookeeper.server.quorum.Follower",
      stack_trace: "java.net.SocketTimeoutException: Read timed out\n\tat java.base/x\n",
    };
    expect(read([JSON.stringify(record)])[0]?.exception).toEqual(["java.net.SocketTimeoutException: Read timed out"]);
  });

  it.each(["{", "{}", "[1]", '{"message":7}', '{"message":null}'])("that are no records are skipped: %s", (line) => {
    expect(read([line])).toEqual([]);
  });
});

describe("a whole log", () => {
  const text = logOf("3.9.5", 1);
  const plain = read(text.split("\n"));
  const essence = (events: readonly LoggedEvent[]) =>
    events.map(({ event, exception, fields, line, timeMs }) => ({ event, exception, fields, line, timeMs }));

  it.each([
    ["kubectl", (line: string) => `2026-11-25T18:19:43.083123456Z ${line}`],
    ["syslog", (line: string) => `Nov 25 18:19:43 zk1 zookeeper[99]: ${line}`],
    ["JSON", (line: string) => JSON.stringify({ log: `${line}\n`, stream: "stdout" })],
  ])("means the same with the prefixes of %s", (_, wrap) => {
    const lines = text.split("\n").map((line) => (line === "" ? "" : wrap(line)));
    expect(essence(read(lines))).toEqual(essence(plain));
  });

  it("is read to its end if lines are cut, empty or damaged", () => {
    const lines = text.split("\n").map((line, i) => (i % 3 === 0 ? line.slice(0, (i * 7) % 90) : line));
    expect(read(lines).length).toBeGreaterThan(100);
    expect(read(["\u0000\u0001", "x".repeat(100_000), ...lines]).length).toBe(read(lines).length);
  });
});
