/** Tests that servers that lost a configuration are found in records that are written by hand. */
import { describe, expect, it } from "vitest";
import type { ProtocolRecord, ServerConfig } from "../../../cluster/records.ts";
import { asEpoch } from "../../../protocol/zxid.ts";
import { LostConfigs } from "../../../reports/why/lost-configurations.ts";
import { record, sid, zxid } from "../records.ts";

const config = (version: string) => ({ config: `voters 1,2; version ${version}`, version: zxid(version) });

/** The records of one run. Each method adds a record of a server; the time advances by 1 us with each. */
class Records {
  readonly all: ProtocolRecord[] = [];

  private add(server: number, fields: Parameters<typeof record>[0]): this {
    this.all.push(record(fields, { server, atUs: this.all.length }));
    return this;
  }

  /** The server starts with these versions in its files. Without `dynamic`, zoo.cfg has the lists. */
  starts(server: number, dynamic?: string, next?: string): this {
    const files = {
      ...(dynamic !== undefined && { dynamicFile: config(dynamic) }),
      ...(next !== undefined && { [dynamic === undefined ? "unreadFile" : "nextFile"]: config(next) }),
    };
    return this.add(server, { event: "crashed", exitCode: undefined, lost: [] }).add(server, {
      event: "started",
      config: files as ServerConfig,
    });
  }

  sees(server: number, version: string): this {
    return this.add(server, { event: "config-seen", ...config(version), role: "participant" });
  }

  activates(server: number, version: string): this {
    return this.add(server, { event: "config-committed", ...config(version), role: "participant" });
  }

  commits(server: number, txn: string): this {
    return this.add(server, { event: "committed", zxid: zxid(txn), value: "" });
  }

  accepts(server: number, epoch: number): this {
    return this.add(server, { event: "epoch-accepted", epoch: asEpoch(epoch) });
  }

  follows(server: number): this {
    return this.add(server, { event: "following", phase: "SYNCHRONIZATION" });
  }

  /** The server is established as a leader after the ACKs of these learners. */
  leads(server: number, ...learners: number[]): this {
    this.add(server, { event: "leading", phase: "SYNCHRONIZATION" });
    for (const learner of learners)
      this.add(server, { event: "newleader-ack-read", learner: sid(learner), zxid: zxid("2:0") });
    this.add(server, { event: "leading", phase: "BROADCAST" });
    return this.add(server, { event: "established", epoch: asEpoch(2), zxid: zxid("1:1") });
  }

  looks(server: number): this {
    return this.add(server, { event: "looking", phase: "ELECTION" });
  }

  /** The leaders with an old configuration, as `leader: fault of servers`. */
  get oldLeaders(): string[] {
    return new LostConfigs(this.all, this.all.length).leaders.map(
      ({ established, isSecond, lost }) =>
        `${established.server}${isSecond ? ", second" : ""}: ${lost[0]?.fault} of ${lost.map(({ server }) => server)}`,
    );
  }

  /** The lost configurations that the servers have not made up for, as `fault of server`. */
  get lost(): string[] {
    return new LostConfigs(this.all, this.all.length).lost.map(({ fault, server }) => `${fault} of ${server}`);
  }
}

describe("a pending configuration", () => {
  const read = (): Records => new Records().starts(1, "1:0", "1:1").starts(2, "1:0", "1:1").starts(3, "1:1");

  it("is lost at the second restart, and its old quorum can then establish a leader", () => {
    const restarted = read().starts(1, "1:0").starts(2, "1:0");
    expect(restarted.lost).toEqual(["restarts of 1", "restarts of 2"]);
    expect(restarted.leads(2, 1).oldLeaders).toEqual(["2: restarts of 1,2"]);
  });

  it("is not lost if the server sees it again", () => {
    expect(read().starts(1, "1:0").sees(1, "1:1").lost).toEqual([]);
    expect(read().starts(1, "1:0").starts(1, "1:0", "1:1").lost).toEqual(["restarts of 1"]);
    expect(read().activates(1, "1:1").starts(1, "1:1").lost).toEqual([]);
  });

  it("does not explain a leader without the server, or one that has the configuration", () => {
    const restarted = read().starts(1, "1:0");
    expect(restarted.leads(3, 2).oldLeaders).toEqual([]);
    expect(restarted.looks(3).starts(4, "1:0").leads(4, 2).oldLeaders).toEqual([]);
    expect(restarted.looks(4).leads(4, 1).oldLeaders).toEqual(["4: restarts of 1"]);
  });

  it("does not explain a leader if the configuration is active nowhere", () => {
    const restarted = new Records().starts(1, "1:0", "1:1").starts(1, "1:0").leads(1, 2);
    expect(restarted.lost).toEqual(["restarts of 1"]);
    expect(restarted.oldLeaders).toEqual([]);
  });

  it("says whether another leader still leads", () => {
    const both = (): Records => read().leads(3, 4).starts(1, "1:0");
    expect(both().leads(1, 2).oldLeaders).toEqual(["1, second: restarts of 1"]);
    expect(both().looks(3).leads(1, 2).oldLeaders).toEqual(["1: restarts of 1"]);
  });

  it("is lost at the first restart if zoo.cfg has the lists", () => {
    expect(new Records().starts(1).sees(1, "1:1").starts(1, undefined, "1:1").lost).toEqual(["lists of 1"]);
    expect(new Records().starts(1).sees(1, "1:1").activates(1, "1:1").starts(1, "1:1").lost).toEqual([]);
  });

  it("is replaced only by the leader of its own epoch", () => {
    const sees = (epoch: number): Records => new Records().starts(1, "1:0").accepts(1, epoch).sees(1, "2:1");
    expect(sees(2).sees(1, "1:0").lost).toEqual(["newleader of 1"]);
    expect(sees(3).sees(1, "1:0").lost).toEqual([]);
    expect(sees(2).sees(1, "2:2").lost).toEqual([]);
  });
});

describe("a configuration that a learner activates", () => {
  const joined = (): Records => new Records().starts(1, "1:0").starts(4, "1:0").follows(4);

  it("is too early if no server has activated or committed it", () => {
    expect(joined().activates(4, "1:1").leads(1, 2).oldLeaders).toEqual(["1: uptodate of 4"]);
    expect(joined().activates(1, "1:1").activates(4, "1:1").lost).toEqual([]);
    expect(joined().activates(4, "1:1").commits(1, "1:1").lost).toEqual([]);
    expect(joined().looks(4).activates(4, "1:1").lost).toEqual([]);
  });
});

describe("records after the given time", () => {
  it("are ignored", () => {
    const { all } = new Records().starts(1, "1:0", "1:1").starts(1, "1:0");
    expect(new LostConfigs(all, all.length - 1).lost).toHaveLength(1);
    expect(new LostConfigs(all, all.length - 2).lost).toEqual([]);
  });
});
