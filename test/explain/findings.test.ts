/**
 * Tests the answers to the questions of operators with logs that are written from events, in the words of a release.
 */
import { describe, expect, it } from "vitest";
import { ensembleOf } from "../../explain/ensemble.ts";
import type { Finding } from "../../explain/finding.ts";
import { findingsOf, isFault } from "../../explain/findings.ts";
import { LogWriter, zxid } from "./log-writer.ts";
import { historyOf } from "./recording.ts";

function findings(...logs: readonly LogWriter[]): Finding[] {
  return findingsOf(ensembleOf(logs.map(({ server, text }) => historyOf(server, text))));
}

function only(rule: string, found: readonly Finding[]): Finding {
  const matching = found.filter((one) => one.rule === rule);
  expect(matching.map(({ title }) => title)).toHaveLength(1);
  return matching[0] as Finding;
}

const READ_TIMEOUT = ["java.net.SocketTimeoutException: Read timed out", "\tat java.base/x"];
const IN_SYNC = (last: bigint, min = last, max = last) => ({
  ...{ maxCommittedLog: max, minCommittedLog: min, lastProcessedZxid: last, peerLastZxid: last },
});

/** A leader of `epoch` whose follower `learner` is in sync. */
function leads(log: LogWriter, epoch: number, learner: number, last: bigint): LogWriter {
  log
    .log("leading", {})
    .sync(learner, IN_SYNC(last), ["sync-sending", { operation: "DIFF", zxid: last, sid: learner, gap: "" }]);
  return log.log("established", { supporters: [log.server, learner], zxid: zxid(epoch, 0), next: "" });
}

function follows(log: LogWriter, last: bigint): LogWriter {
  log.log("following", {}).log("got-diff", { zxid: last }).log("newleader-received", {});
  return log.log("uptodate-received", {});
}

describe("why no server led", () => {
  const last = zxid(1, 7);

  it("is an initLimit that is too short for a SNAP, with the value that is needed", () => {
    const leader = new LogWriter(3, "3.8.4").start(last, { initLimit: 5, tickTimeMs: 2000 });
    for (const [from, until] of [
      [0.5, 11],
      [12, 22.5],
    ] as const) {
      leader
        .at(from)
        .log("leading", {})
        .at(from + 0.5);
      leader.sync(1, { ...IN_SYNC(last, zxid(1, 5), last), peerLastZxid: zxid(1, 1) }, [
        "sync-snapshot",
        {
          peer: zxid(1, 1),
          leader: last,
          sent: last,
          rest: "1 concurrent snapshot sync, snapshot sync was exempt from throttle",
        },
      ]);
      leader
        .at(until)
        .log("leader-shutdown", { reason: "Waiting for a quorum of followers, only synced with sids: [ [3] ]" });
      leader.log("init-limit-too-short", {}).look(last);
    }
    const learner = new LogWriter(1, "3.8.4")
      .start(zxid(1, 1))
      .at(0.6)
      .log("following", {})
      .log("got-snap", { zxid: last });
    const finding = only("no-leader", findings(leader, learner));
    expect(finding.title).toContain("initLimit was too short");
    expect(finding.cause).toContain("initLimit × tickTime = 5 × 2000 ms = 10.0 s");
    expect(finding.cause).toContain("The SNAP to server 1 was not acknowledged after 10.0 s");
    expect(finding.advice[0]).toBe(
      "Raise initLimit (now 5) to 11 or more on every server: 10.5 s were not enough for the elections and this " +
        "synchronization, and no log shows how much is. With a margin of factor 2, that is 21.0 s, and " +
        "21.0 s / tickTime 2000 ms = 11 (rounded up).",
    );
    expect(finding.evidence.map(({ text }) => text)).toContain(
      "Enough followers present. Perhaps the initTicks need to be increased.",
    );
    expect(isFault(finding)).toBe(false);
  });

  it("is an elected leader to which no server connected", () => {
    const leader = new LogWriter(3, "3.9.3").start(last).at(1).log("leading", {});
    leader.at(21).log(
      "peer-exception",
      {},
      {
        exception: ["java.lang.InterruptedException: Timeout while waiting for epoch from quorum", "\tat x"],
      },
    );
    leader.look(last).hear(1, last).hear(2, last);
    const finding = only("no-leader", findings(leader));
    expect(finding.title).toContain("too few servers connected");
    expect(finding.cause).toContain("waited for FOLLOWERINFO of a quorum until initLimit × tickTime = 10 × 2000 ms");
    expect(finding.advice[0]).toContain("servers 1 and 2");
  });

  it("is a server that the others do not hear, with the bug of releases that wait for it", () => {
    const deaf = (server: number, other: number): LogWriter => {
      const log = new LogWriter(server, "3.5.5").start(last).hear(other, last);
      log
        .at(5)
        .log(
          "channel-failed",
          { sid: 3, address: "/10.0.0.3:3888" },
          { exception: ["java.net.SocketTimeoutException: connect timed out"] },
        );
      return log.at(60).log("notification-timeout", { ms: 60_000 });
    };
    const finding = only("no-leader", findings(deaf(1, 2), deaf(2, 1)));
    expect(finding.cause).toContain("Server 1 did not hear server 3 and server 2 did not hear server 3");
    expect(finding.bug).toMatchObject({ name: "ZOOKEEPER-3756" });
    expect(finding.bug?.fixedIn).toContain("3.5.8");
  });

  it("is not asked while processes start, however long that takes", () => {
    const found = (firstLookSeconds: number): Finding[] => {
      const begin = (server: number): LogWriter =>
        new LogWriter(server, "3.9.5")
          .log("config-read", { path: "/etc/zoo.cfg" })
          .at(firstLookSeconds)
          .start(last)
          .at(16);
      return findings(leads(begin(2), 2, 1, last), follows(begin(1), last)).filter(({ rule }) => rule === "no-leader");
    };
    expect(found(15)).toEqual([]);
    expect(found(2)).toHaveLength(1);
  });

  it("is a server that runs, but that a server with a higher id cannot reach", () => {
    const looks = (server: number): LogWriter => {
      const log = new LogWriter(server, "3.9.5").start(last);
      for (const second of [1, 5]) {
        const exception = ["java.net.ConnectException: Connection refused"];
        for (const sid of server === 2 ? [1, 3] : [3]) {
          log.at(second).log("channel-failed", { sid, address: `zk${sid}/10.9.9.${sid}:3888` }, { exception });
        }
      }
      return log.at(60).log("notification-timeout", { ms: 60_000 });
    };
    const finding = only("no-leader", findings(looks(1), looks(2)));
    expect(finding.servers).toEqual([1, 2]);
    expect(finding.cause).toContain(
      "Server 1 ran, but server 2 could not connect to it at zk1/10.9.9.1:3888 (2 times). Server 1 cannot help",
    );
    expect(finding.cause).not.toContain("Server 3 ran");
    expect(finding.advice[0]).toContain("Correct the address of server 1 that server 2 uses, zk1/10.9.9.1:3888");
    expect(finding.evidence.some(({ text }) => text.includes("Cannot open channel to 1"))).toBe(true);
  });

  it("is a majority that did not run", () => {
    const alone = new LogWriter(1, "3.9.5").start(last);
    for (const sid of [2, 3]) {
      alone.log(
        "channel-failed",
        { sid, address: `/10.0.0.${sid}:3888` },
        { exception: ["java.net.ConnectException: refused"] },
      );
    }
    alone.at(40).log("notification-timeout", { ms: 25_600 });
    const other = new LogWriter(2, "3.9.5").start(last);
    const finding = only("no-leader", findings(alone, other));
    expect(finding.title).toContain("only server 1 of 3 ran");
    expect(finding.servers).toEqual([2, 3]);
  });
});

describe("why a server exits", () => {
  it.each([
    [
      "The current epoch, 1, is older than the last zxid, 8589934593",
      "3.5.8",
      /currentEpoch is older/,
      "ZOOKEEPER-4269",
    ],
    ["The accepted epoch, 1 is less than the current epoch, 2", "3.9.5", /acceptedEpoch is older/, undefined],
    ["No snapshot found, but there are log entries. Something is broken!", "3.9.5", /no snapshot/, undefined],
    ["CRC check failed", "3.9.5", /damaged/, undefined],
    [
      "Committed proposal cached out of order: 0x10000000d is not the next proposal of 0x100000006",
      "3.9.5",
      /its log has a hole/,
      undefined,
    ],
    ["something new", "3.9.5", /because of an error/, undefined],
  ])("at its start with %j", (text, release, title, bug) => {
    const log = new LogWriter(2, release).log("config-read", { path: "/etc/zoo.cfg" });
    log.log("version", { version: `${release}-x`, built: "2024" });
    log.log("database-not-loaded", {}, { exception: [`java.io.IOException: ${text}`, "\tat x"] });
    log.log("start-failed", {}, { exception: ["java.lang.RuntimeException: Unable to run quorum server "] });
    const finding = only("exit-at-start", findings(log));
    expect(finding.title).toMatch(title);
    expect(finding.bug?.name).toBe(bug);
    expect(finding.evidence).toHaveLength(2);
  });

  it("with code 12 is a violation", () => {
    const log = follows(new LogWriter(2, "3.9.5").start(zxid(1, 1)), zxid(1, 1)).at(5);
    log.log("commit-unmatched", { zxid: zxid(1, 3), pending: zxid(1, 2) }).log("jvm-exit", { code: 12 });
    const finding = only("process-exit", findings(log));
    expect(finding.cause).toContain("Exit code 12");
    expect(isFault(finding)).toBe(true);
  });
});

describe("a hole in a log", () => {
  const hole = [
    "java.lang.IllegalStateException: Committed proposal cached out of order: " +
      "0x10000000d is not the next proposal of 0x100000006",
  ];
  const creates = (log: LogWriter, ...files: readonly bigint[]): LogWriter => {
    for (const file of files) log.log("log-file-created", { zxid: file }, { thread: "SyncThread:2" });
    return log;
  };
  const starts = (log: LogWriter): LogWriter =>
    log.log("config-read", { path: "/etc/zoo.cfg" }).log("version", { version: "3.9.5-x", built: "2024" });

  it("names the missing transactions, the files around them, and the file that the server had created between", () => {
    const log = new LogWriter(2, "3.9.5").start(0n);
    creates(log, zxid(1, 1), zxid(1, 7), zxid(1, 13)).at(9);
    starts(log).log("digest-mismatch", { zxid: zxid(1, 13) });
    log.log("start-failed", {}, { exception: hole });
    const finding = only("exit-at-start", findings(log));
    expect(finding.cause).toContain(
      "After 1:6 in log.100000001, the server read 1:13 in log.10000000d. 1:7..1:12 is missing. " +
        "The server had created log.100000007 between them: check whether it is missing, empty or damaged. " +
        "The digest that does not match at 1:13 is a consequence of it.",
    );
    expect(finding.evidence.map(({ text }) => text)).toEqual([
      "Creating new log file: log.100000001",
      "Creating new log file: log.100000007",
      "Creating new log file: log.10000000d",
      expect.stringContaining("Unexpected exception, exiting abnormally"),
    ]);
  });

  it.each([
    ["one file", [zxid(1, 1)], "log.100000001 is damaged or was cut in the middle."],
    ["two files", [zxid(1, 1), zxid(1, 13)], "the end of log.100000001 was cut."],
    ["no file", [], "The lines about the log files that it created are not in the given logs."],
  ])("is explained by %s that the log names", (_, files, text) => {
    const log = creates(new LogWriter(2, "3.9.5").start(0n), ...files).at(9);
    starts(log).log("start-failed", {}, { exception: hole });
    expect(only("exit-at-start", findings(log)).cause).toContain(text);
  });

  it("shows in a digest that does not match, where the release does not notice the hole itself", () => {
    const log = creates(new LogWriter(2, "3.8.4").start(0n), zxid(1, 1), zxid(1, 7), zxid(1, 13)).at(9);
    log
      .log("config-read", { path: "/etc/zoo.cfg" })
      .log("digest-mismatch", { zxid: zxid(1, 13) })
      .look(zxid(1, 18));
    const finding = only("digest-mismatch", findings(log));
    expect(finding.title).toBe("the data of server 2 differ from those of its leader, from 1:13 at the latest");
    expect(finding.cause).toContain(
      "log.10000000d starts with this transaction, so the log has a hole before it: log.100000007",
    );
    expect(isFault(finding)).toBe(false);
  });

  it("is left by the NullPointerException of a log thread, in the releases with that bug", () => {
    const log = new LogWriter(2, "3.7.2").start(0n).log("following", {}).at(5);
    const exception = ["java.lang.NullPointerException: Cannot invoke ..."];
    log.log("fatal-thread", { thread: "SyncThread:2" }, { thread: "SyncThread:2", exception }).at(9);
    log
      .log("config-read", { path: "/etc/zoo.cfg" })
      .log("digest-mismatch", { zxid: zxid(1, 13) })
      .look(zxid(1, 18));
    const finding = only("digest-mismatch", findings(log));
    expect(finding.cause).toContain("its log thread ended with an error");
    expect(finding.bug).toMatchObject({ name: "ZOOKEEPER-4409" });
    expect(finding.evidence[0]?.text).toContain("SyncThread:2");
  });
});

describe("why a follower leaves again and again", () => {
  const last = zxid(1, 7);
  const leader = (): LogWriter => leads(new LogWriter(3, "3.6.4").start(last).at(0.1), 1, 2, last);
  const follower = (exception: readonly string[], times = 3): LogWriter => {
    const log = new LogWriter(2, "3.6.4").start(last);
    for (let i = 0; i < times; i++) {
      follows(log.at(1 + 20 * i).hear(3, last, 3, "LEADING"), last);
      log
        .at(15 + 20 * i)
        .log("follow-failed", {}, { exception })
        .look(last);
    }
    return log;
  };

  it("is a leader that sent nothing within syncLimit", () => {
    const log = follower(READ_TIMEOUT);
    log.log("fsync-slow", {
      thread: "SyncThread:2",
      ms: 2345,
      rest: " which will adversely effect operation latency.",
    });
    const finding = only("leaves-again", findings(leader(), log));
    expect(finding.title).toBe("server 2 left its leader 3 times: it heard nothing from its leader in time");
    expect(finding.cause).toContain("Its log disk was slow: up to 2.3 s for one fsync");
  });

  it("is a learner from which the leader heard nothing", () => {
    const log = leader();
    for (let i = 0; i < 3; i++) {
      log.at(14 + 20 * i).log("transaction-timeout", {}, { thread: "LearnerHandler-/10.0.0.2:5000" });
    }
    const finding = only("leaves-again", findings(log, follower(["java.net.SocketException: Connection reset"])));
    expect(finding.title).toContain("its leader heard nothing from it in time");
  });

  it("is no finding if it leaves rarely, or if its leader ended each time", () => {
    expect(findings(leader(), follower(READ_TIMEOUT, 2)).filter(({ rule }) => rule === "leaves-again")).toEqual([]);
    const other = new LogWriter(3, "3.6.4").start(last);
    for (let i = 0; i < 3; i++) {
      leads(other.at(0.5 + 20 * i), i + 1, 2, last);
      other
        .at(14.9 + 20 * i)
        .log("leader-shutdown", { reason: "Not sufficient followers synced" })
        .look(last);
    }
    const found = findings(other, follower(["java.io.EOFException"]));
    expect(found.filter(({ rule }) => rule === "leaves-again")).toEqual([]);
  });
});

describe("whose data was thrown away", () => {
  /** Server 3 led epoch 1 up to 1:9; then server 1 leads epoch 2 with 1:`kept`, and truncates server 3. */
  const logs = (kept: number, applied: number, ended: number): LogWriter[] => {
    const old = leads(new LogWriter(3, "3.9.1").start(zxid(1, 5)).at(1), 1, 2, zxid(1, 5)).at(5);
    old.sync(2, IN_SYNC(zxid(1, applied)), [
      "sync-sending",
      { operation: "DIFF", zxid: zxid(1, applied), sid: 2, gap: "" },
    ]);
    old
      .at(8)
      .start(zxid(1, ended))
      .at(9)
      .log("following", {})
      .log("got-trunc", { zxid: zxid(1, kept) });
    const next = leads(new LogWriter(1, "3.9.1").at(6).start(zxid(1, kept)).at(7), 2, 2, zxid(1, kept)).at(9);
    next.sync(3, { ...IN_SYNC(zxid(2, 0), zxid(1, 1), zxid(1, kept)), peerLastZxid: zxid(1, ended) });
    return [old, next];
  };

  it("is a loss if a leader had applied one of the transactions", () => {
    const finding = only("data-discarded", findings(...logs(7, 8, 9)));
    expect(finding).toMatchObject({ severity: "loss", certainty: "proven", servers: [3] });
    expect(finding.title).toBe("server 3 threw away every transaction after 1:7, up to 1:9: committed");
    expect(finding.cause).toContain("The leader of epoch 1 had applied 1:8");
    expect(finding.bug).toBeUndefined();
    expect(finding.cause).toContain("which the logs do not distinguish: ZOOKEEPER-4643 (not in 3.9.2)");
    expect(isFault(finding)).toBe(true);
  });

  it("is no loss if the leader has proposed them itself and sends them again", () => {
    const leader = leads(new LogWriter(1, "3.9.5").start(zxid(1, 5)).at(1), 2, 2, zxid(1, 5)).at(3);
    leader.sync(3, { ...IN_SYNC(zxid(1, 5)), peerLastZxid: zxid(2, 1) }).at(4);
    leader.sync(2, IN_SYNC(zxid(2, 1)), ["sync-sending", { operation: "DIFF", zxid: zxid(2, 1), sid: 2, gap: "" }]);
    const learner = new LogWriter(3, "3.9.5").start(zxid(2, 1)).at(3).log("following", {});
    learner.log("got-trunc", { zxid: zxid(1, 5) });
    const finding = only("data-discarded", findings(leader, learner));
    expect(finding.severity).toBe("note");
    expect(finding.title).toContain("the leader sends it again");
  });

  it("is no loss if a majority without them established the next epoch", () => {
    const finding = only("data-discarded", findings(...logs(7, 7, 9)));
    expect(finding).toMatchObject({ severity: "note", certainty: "proven" });
    expect(finding.cause).toContain("Servers 1 and 2, which established epoch 2, had nothing after 1:7");
    expect(isFault(finding)).toBe(false);
  });
});

describe("data that was thrown away by a SNAP", () => {
  /** Server 3 ended at 1:`ended`. Server 1 leads epoch 2, established without it, and sends a SNAP for its size. */
  const snap = (ended: number): LogWriter[] => {
    const old = new LogWriter(3, "3.9.5").at(8).start(zxid(1, ended)).at(9).log("following", {});
    old.log("got-snap", { zxid: zxid(2, 0) });
    const next = leads(new LogWriter(1, "3.9.5").at(6).start(zxid(1, 7)).at(7), 2, 2, zxid(1, 7)).at(9);
    const facts = { ...IN_SYNC(zxid(2, 4), zxid(2, 1)), peerLastZxid: zxid(1, ended) };
    const sent = {
      peer: zxid(1, ended),
      leader: zxid(2, 4),
      sent: zxid(2, 4),
      rest: "1 concurrent snapshot sync, snapshot sync was exempt from throttle",
    };
    next.sync(3, facts, ["sync-log-too-large", { bytes: 65_552, limitBytes: 474 }], ["sync-snapshot", sent]);
    return [old, next];
  };

  it("is found although the leader sent the SNAP for another reason", () => {
    const finding = only("data-discarded", findings(...snap(9)));
    expect(finding).toMatchObject({ severity: "note", certainty: "proven", servers: [3] });
    expect(finding.title).toBe(
      "server 3 threw away its last transaction 1:9, and perhaps some before it: never committed",
    );
  });

  it("is not found if the leader's history contains the learner's last transaction", () => {
    expect(findings(...snap(7)).filter(({ rule }) => rule === "data-discarded")).toEqual([]);
  });
});

describe("epochs", () => {
  it("that two servers led are a violation", () => {
    const first = leads(new LogWriter(1, "3.9.5").start(zxid(1, 1)).at(1), 2, 2, zxid(1, 1));
    const second = leads(new LogWriter(3, "3.9.5").start(zxid(1, 1)).at(5), 2, 2, zxid(1, 1));
    const finding = only("epoch-went-back", findings(first, second));
    expect(finding.title).toBe("servers 1 and 3 both led epoch 2");
    expect(finding).toMatchObject({ severity: "violation", certainty: "proven" });
  });

  it("that go back name the servers that started with an empty disk", () => {
    const first = leads(new LogWriter(1, "3.9.5").start(zxid(7, 1)).at(1), 8, 2, zxid(7, 1));
    const empty = (server: number): LogWriter => {
      const log = new LogWriter(server, "3.9.5").at(20).log("config-read", { path: "/etc/zoo.cfg" });
      for (const file of ["currentEpoch", "acceptedEpoch"]) log.log("epoch-file-missing", { file, epoch: 0 });
      return log;
    };
    const second = leads(empty(3).look(0n).at(21), 1, 2, 0n);
    const found = findings(first, second, empty(2).look(0n));
    expect(only("epoch-went-back", found).cause).toContain("Servers 2 and 3 started with an empty disk");
    expect(only("empty-disk", found)).toMatchObject({ severity: "loss", certainty: "likely", servers: [2, 3] });
  });
});

describe("a server that started with an empty disk", () => {
  /** Servers `first` lead epoch 8; then server 1, whose disk is empty, and server 2 lead epoch 9 with 8:`kept`. */
  const logs = (thirdRuns: boolean, kept: number): LogWriter[] => {
    const old = leads(new LogWriter(3, "3.9.5").start(zxid(7, 1)).at(1), 8, 1, zxid(7, 1)).at(5);
    const sent = { operation: "DIFF", zxid: zxid(8, 4), sid: 1, gap: "" };
    old
      .sync(1, IN_SYNC(zxid(8, 4)), ["sync-sending", sent])
      .at(10)
      .log("exiting-normally", {});
    if (thirdRuns) old.at(15).start(zxid(8, 4)).at(60).log("exiting-normally", {});
    const empty = new LogWriter(1, "3.9.5").at(20).log("config-read", { path: "/etc/zoo.cfg" });
    for (const file of ["currentEpoch", "acceptedEpoch"]) empty.log("epoch-file-missing", { file, epoch: 0 });
    empty.look(0n).at(22);
    follows(empty, zxid(8, kept));
    return [empty, leads(new LogWriter(2, "3.9.5").at(20).start(zxid(8, kept)).at(21), 9, 1, zxid(8, kept)), old];
  };

  it("and was needed for a majority while another one was down is a possible loss", () => {
    const finding = only("empty-disk", findings(...logs(false, 4)));
    expect(finding).toMatchObject({ severity: "loss", certainty: "possible", servers: [1] });
    expect(finding.title).toBe(
      "server 1 started with an empty disk and was needed for a majority while server 3 was down",
    );
    expect(finding.cause).toContain("A transaction that only servers 1 and 3 had was committed, and server 2");
    expect(finding.advice[0]).toContain("Do not start server 3 before you have copied its data directory");
    expect(isFault(finding)).toBe(false);
  });

  it("is a likely loss if the new leader lacks a transaction that an earlier leader had applied", () => {
    const finding = only("empty-disk", findings(...logs(false, 2)));
    expect(finding).toMatchObject({ severity: "loss", certainty: "likely" });
    expect(finding.cause).toContain("8:4 was committed, but leader 2 had only 8:2.");
  });

  it("is a note if the other servers run", () => {
    expect(only("empty-disk", findings(...logs(true, 4)))).toMatchObject({ severity: "note", advice: [] });
  });
});

describe("why a server finds no leader while others have one", () => {
  const last = zxid(1, 7);
  const others = (heardFrom1: boolean): LogWriter[] => {
    const two = new LogWriter(2, "3.9.5").start(last);
    const three = new LogWriter(3, "3.9.5").start(last);
    if (heardFrom1) for (const log of [two, three]) log.at(3).hear(1, last);
    return [follows(two.at(0.5), last).at(60), leads(three.at(0.1), 2, 2, last).at(60)].map((log) =>
      log.log("fsync-slow", { thread: "SyncThread", ms: 1, rest: "" }),
    );
  };
  const lonely = (): LogWriter => new LogWriter(1, "3.9.5").at(2).start(last);
  const ended = (log: LogWriter): LogWriter => log.at(60).log("notification-timeout", { ms: 60_000 });

  it("is connections that fail, with their addresses and errors", () => {
    const log = lonely();
    for (const sid of [2, 3]) {
      const exception = ["java.net.ConnectException: Connection refused"];
      log.at(3).log("channel-failed", { sid, address: `zk${sid}/10.0.0.${sid}:3888` }, { exception });
    }
    const finding = only("never-joins", findings(ended(log), ...others(false)));
    expect(finding.title).toBe(
      "server 1 stayed LOOKING for 58.0 s while server 3 led: its connections failed (connection refused)",
    );
    expect(finding.cause).toContain("to server 2 at zk2/10.0.0.2:3888 once (connection refused)");
    expect(finding.evidence.map(({ server }) => server)).toEqual([3, 1, 1, 1]);
  });

  it("is notifications that are not answered", () => {
    const finding = only("never-joins", findings(ended(lonely()), ...others(true)));
    expect(finding.title).toContain("its notifications were not answered");
    expect(finding.cause).toContain("Servers 2 and 3 received its notifications, but no answer arrived");
  });

  it("is a leader that it does not hear", () => {
    const log = lonely().hear(2, last, 3, "FOLLOWING");
    const finding = only("never-joins", findings(ended(log), ...others(false)));
    expect(finding.title).toContain("it did not hear the leader");
    expect(finding.cause).toContain("It heard server 2, and not server 3.");
  });

  it("is too few servers that it hears, or votes that do not agree", () => {
    const one = lonely().hear(3, last, 3, "LEADING");
    expect(only("never-joins", findings(ended(one), ...others(false))).title).toContain(
      "it heard only 1 of the 2 servers that it needs",
    );
    const both = lonely().hear(3, last, 3, "LEADING").hear(2, zxid(2, 1), 3, "FOLLOWING");
    expect(only("never-joins", findings(ended(both), ...others(false))).title).toContain(
      "the votes that it heard do not agree",
    );
  });

  it("is not asked if it follows soon", () => {
    const log = follows(lonely().hear(3, last, 3, "LEADING").at(4), last).at(60);
    expect(findings(log, ...others(false)).filter(({ rule }) => rule === "never-joins")).toEqual([]);
  });
});

describe("SNAPs of several starts", () => {
  it("are explained one by one, each with its start", () => {
    const leader = new LogWriter(3, "3.9.5").start(zxid(2, 9)).log("leading", {});
    const learner = new LogWriter(1, "3.9.5");
    for (const [i, peer] of [zxid(1, 5), zxid(1, 8)].entries()) {
      const sent = { peer, leader: zxid(2, 9), sent: zxid(2, 9), rest: "x" };
      const facts = { ...IN_SYNC(zxid(2, 9), zxid(2, 1)), peerLastZxid: peer };
      leader.at(10 * i + 2).sync(1, facts, ["sync-not-found", { zxid: peer }], ["sync-snapshot", sent]);
      learner
        .at(10 * i)
        .start(peer)
        .at(10 * i + 1)
        .log("following", {})
        .at(10 * i + 2.1);
      learner.log("got-snap", { zxid: zxid(2, 9) });
    }
    const finding = only("snap-not-diff", findings(leader, learner));
    expect(finding.title).toContain("2 SNAPs to server 1");
    expect(finding.cause).toMatch(
      /^server 1, start 1 at 12:00:02\.000: .*1:5.*; server 1, start 2 at 12:00:12\.000: .*1:8/,
    );
  });
});

it("the evidence of a finding is in the order of time", () => {
  const first = leads(new LogWriter(1, "3.9.5").start(zxid(1, 1)).at(1), 2, 2, zxid(1, 1));
  const empty = new LogWriter(3, "3.9.5").at(3).log("config-read", { path: "/etc/zoo.cfg" });
  for (const file of ["currentEpoch", "acceptedEpoch"]) empty.log("epoch-file-missing", { file, epoch: 0 });
  const second = leads(empty.look(0n).at(5), 2, 2, zxid(1, 1));
  for (const { evidence } of findings(first, second)) {
    const times = evidence.map(({ timeMs }) => timeMs ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
  expect(only("epoch-went-back", findings(first, second)).evidence).toHaveLength(3);
});

describe("symptoms of known bugs", () => {
  it("are an ACK of a proposal that was taken for that of NEWLEADER", () => {
    const log = new LogWriter(3, "3.8.0").start(zxid(1, 1)).log("leading", {});
    log.log("newleader-ack-of-other-epoch", { sid: 1, current: zxid(2, 0), received: zxid(1, 4) });
    const finding = only("known-bug", findings(log));
    expect(finding.bug).toMatchObject({ name: "ZOOKEEPER-4685", fixedIn: ["3.8.5", "3.9.2"] });
  });

  it("are a NullPointerException during the synchronization", () => {
    const log = new LogWriter(2, "3.7.2")
      .start(zxid(1, 1))
      .log("following", {})
      .log("got-diff", { zxid: zxid(1, 4) });
    log.log("newleader-received", {}).log("follow-failed", {}, { exception: ["java.lang.NullPointerException"] });
    expect(only("known-bug", findings(log)).bug?.name).toBe("ZOOKEEPER-4394");
  });

  it("are a DIFF with a gap, which names the bug that the release still has", () => {
    const log = new LogWriter(2, "3.9.5")
      .start(zxid(1, 1))
      .log("following", {})
      .log("got-diff", { zxid: zxid(1, 9) });
    const text =
      "java.lang.Exception: DIFF sync got proposal 0x100000007, last queued 0x100000004, expected 0x100000005";
    log.log("follow-failed", {}, { exception: [text] });
    const finding = only("known-bug", findings(log));
    expect([finding.bug?.name, finding.severity]).toEqual(["open-hole-in-log-after-snap-passed-on", "violation"]);
  });
});

describe("decisions", () => {
  it("that the core would not make are a violation", () => {
    const last = zxid(2, 9);
    const leader = new LogWriter(3, "3.9.5").start(last).log("leading", {});
    const facts = { maxCommittedLog: last, minCommittedLog: zxid(2, 1), lastProcessedZxid: last, peerLastZxid: last };
    leader.sync(1, facts, ["sync-sending", { operation: "DIFF", zxid: last, sid: 1, gap: "" }]);
    const learner = new LogWriter(1, "3.9.5")
      .start(last)
      .log("following", {})
      .log("got-trunc", { zxid: zxid(2, 3) });
    const found = findings(leader, learner);
    expect(found.filter(({ rule }) => rule === "decision-differs")).toHaveLength(0);
    const wrong = new LogWriter(3, "3.9.5").start(last).log("leading", {});
    wrong.sync(1, facts, ["sync-snapshot", { peer: last, leader: last, sent: last, rest: "x" }]);
    const finding = only("decision-differs", findings(wrong));
    expect(finding.title).toContain("leader 3 sent SNAP 2:9 to server 1, where its release sends DIFF");
    expect(isFault(finding)).toBe(true);
  });
});

describe("the configuration", () => {
  it("must be the same on all servers", () => {
    const one = new LogWriter(1, "3.9.5").start(0n, { initLimit: 10 });
    const two = new LogWriter(2, "3.9.5").start(0n, { initLimit: 5 }).log("own-id-connected", {});
    const found = findings(one, two).filter(({ rule }) => rule === "configuration");
    expect(found.map(({ title }) => title)).toEqual([
      "the servers have different values of initLimit",
      "another process connected to server 2 with the same id",
    ]);
  });
});
