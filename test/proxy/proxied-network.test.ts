/** What faults do to messages between two servers, on fake sockets and a fake clock. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../cluster/server.ts";
import { ACK, asServerId, FOLLOWERINFO, LEADERINFO } from "../../protocol/index.ts";
import { type Fate, type NetworkOwner, ProxiedNetwork } from "../../proxy/proxied-network.ts";
import { matcher } from "../../scenarios/message-match.ts";
import type { MessageMatch } from "../../scenarios/scenario.ts";
import { createRule, type Verdict } from "../../sim/index.ts";
import { ProxiedConnection } from "../../traffic/proxied-connection.ts";
import {
  encodeHello,
  encodeNotification,
  encodePayload,
  encodeQuorumPacket,
  frameNotification,
  HELLO_VERSION_1,
  makeHello,
  wireRulesOf,
} from "../../wire/index.ts";
import { FakeClock, FakeSocket } from "./fake-sockets.ts";

const RULES = wireRulesOf("3.9.5");
const NO_BYTES = new Uint8Array(0);

function packetOf(type: number, zxid: bigint, data: Uint8Array | null = null): Uint8Array {
  return encodeQuorumPacket({ type, zxid, data, authinfo: null });
}

const followerInfo = (sid: number): Uint8Array => {
  const info = { protocolVersion: 0x10000, configVersion: 0n, rest: NO_BYTES } as const;
  return packetOf(FOLLOWERINFO, 0n, encodePayload({ kind: "learner-info", serverId: BigInt(sid), ...info }));
};
const HELLO = encodeHello(makeHello(HELLO_VERSION_1, 3n, [{ host: "127.0.0.1", port: 1 }]));
const VOTE = frameNotification(
  encodeNotification({
    ...{ format: "with-config", state: 0, leader: 3n, zxid: 5n, electionEpoch: 1n, peerEpoch: 0n, version: 2 },
    ...{ config: NO_BYTES, rest: NO_BYTES },
  } as never),
);

/** One connection of server 3 to server 1, both of which are fake. */
class Stage {
  readonly clock = new FakeClock();
  readonly dialed: ProxiedConnection[] = [];
  readonly fates: Fate[] = [];
  readonly moments: string[] = [];
  random = 0;
  readonly client = new FakeSocket();
  readonly server = new FakeSocket();
  readonly connection: ProxiedConnection;
  readonly network: ProxiedNetwork;
  onDelivered: () => void = () => {};

  constructor(port: "quorum" | "election" = "quorum", accepts = true) {
    const owner: NetworkOwner = {
      dial: (connection) => {
        this.dialed.push(connection);
        if (!accepts) return;
        connection.attach("listener", this.server.asSocket, RULES, this.network);
        this.network.changed(connection);
      },
      arrived: () => {},
      sent: ({ from, to }) => this.moments.push(`sent ${from}>${to}`),
      delivered: ({ from, to }) => {
        this.moments.push(`delivered ${from}>${to}`);
        this.onDelivered();
      },
      left: (_, fate) => this.fates.push(fate),
      ended: () => this.moments.push("ended"),
    };
    this.network = new ProxiedNetwork(this.clock, owner, () => this.random);
    this.connection = new ProxiedConnection(port, 1);
    this.network.add(this.connection);
    this.connection.attach("client", this.client.asSocket, RULES, this.network);
  }

  rule(match: MessageMatch, verdict: Verdict<Message>, count = 1): number {
    return this.network.addRule(createRule(matcher(match), verdict, count));
  }

  /** The zxids of the packets that the listening server has got. */
  get zxids(): bigint[] {
    return this.server.written.map((bytes) => Buffer.from(bytes).readBigInt64BE(4));
  }
}

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

const ack = (zxid: bigint): Uint8Array => packetOf(ACK, zxid);

describe("a connection without faults", () => {
  it("connects to the server when the first message has arrived, and knows the client by it", () => {
    const info = followerInfo(3);
    stage.client.receives(info.subarray(0, 10));
    expect(stage.dialed).toEqual([]);
    stage.client.receives(info.subarray(10), ack(1n));
    expect(stage.connection.client).toBe(3);
    expect(Buffer.concat(stage.server.written)).toEqual(Buffer.concat([info, ack(1n)]));
    expect(stage.moments.slice(0, 2)).toEqual(["sent 3>1", "delivered 3>1"]);
    stage.server.receives(packetOf(LEADERINFO, 1n));
    expect(stage.client.written).toHaveLength(1);
    expect(stage.network.links.counts).toMatchObject([
      { from: 1, to: 3, seen: 1, passed: 1, held: 0, dropped: 0 },
      { from: 3, to: 1, seen: 2, passed: 2, held: 0, dropped: 0 },
    ]);
  });

  it("passes on the end of a side after its messages, and forgets a closed connection", () => {
    stage.client.receives(followerInfo(3));
    stage.client.closes();
    expect(stage.server.ending).toBe("end");
    stage.server.closes();
    expect(stage.moments.at(-1)).toBe("ended");
  });

  it("passes on bytes that are no message, also after a good message in the same chunk", () => {
    const tooLong = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff);
    const chunks = [Buffer.concat([followerInfo(3), ack(1n), tooLong.subarray(0, 9)]), tooLong.subarray(9), ack(2n)];
    stage.client.receives(...chunks);
    expect(Buffer.concat(stage.server.written)).toEqual(Buffer.concat(chunks));
  });

  it("connects to no server if the client leaves without a message", () => {
    stage.client.closes();
    expect(stage.dialed).toEqual([]);
    expect(stage.moments).toEqual(["ended"]);
  });
});

describe("rules", () => {
  it("drop a message and all later ones of its direction", () => {
    stage.rule({ type: "ACK", zxid: "0:2" }, { kind: "drop" });
    stage.client.receives(followerInfo(3), ack(1n), ack(2n), ack(3n));
    expect(stage.zxids).toEqual([0n, 1n]);
    expect(stage.fates).toEqual(["passed", "passed", "dropped", "dropped"]);
    stage.server.receives(packetOf(LEADERINFO, 1n));
    expect(stage.client.written).toHaveLength(1);
    stage.client.closes();
    expect(stage.server.ending).toBeUndefined();
  });

  it("delay a message, and later messages wait for it", () => {
    stage.rule({ type: "ACK" }, { kind: "delay", byUs: 1000 });
    stage.client.receives(followerInfo(3), ack(1n), ack(2n));
    expect(stage.zxids).toEqual([0n]);
    expect(stage.clock.waiting).toBe(1);
    stage.clock.advanceTo(999);
    expect(stage.zxids).toEqual([0n]);
    stage.clock.advanceTo(1000);
    expect(stage.zxids).toEqual([0n, 1n, 2n]);
    expect(stage.network.links.between(3, 1).count.held).toBe(1);
  });

  it("hold messages until they are released", () => {
    const id = stage.rule({ from: asServerId(3) }, { kind: "hold" }, 2);
    stage.client.receives(followerInfo(3), ack(1n), ack(2n));
    expect(stage.dialed).toEqual([]);
    stage.network.releaseRule(id);
    expect(stage.zxids).toEqual([0n, 1n, 2n]);
  });

  it("reset or close the connection in place of a message", () => {
    for (const [kind, ending] of [
      ["reset", "reset"],
      ["close", "end"],
    ] as const) {
      const one = new Stage();
      one.rule({ zxid: "0:2" }, { kind });
      one.client.receives(followerInfo(3), ack(1n), ack(2n), ack(3n));
      expect(one.zxids).toEqual([0n, 1n]);
      expect([one.client.ending, one.server.ending]).toEqual([ending, ending]);
    }
  });
});

describe("links", () => {
  it("hold what a cut or a clog blocks, and ends of connections, in one direction", () => {
    stage.client.receives(followerInfo(3));
    const cut = stage.network.cut(3, 1);
    const clog = stage.network.clog(3, 1);
    stage.client.receives(ack(1n));
    stage.client.closes();
    stage.server.receives(packetOf(LEADERINFO, 1n));
    expect(stage.zxids).toEqual([0n]);
    expect(stage.server.ending).toBeUndefined();
    expect([cut.held, clog.held]).toEqual([1, 0]);
    stage.network.heal(3, 1);
    expect(stage.zxids).toEqual([0n]);
    stage.network.unclog(3, 1);
    expect(stage.zxids).toEqual([0n, 1n]);
    expect(stage.server.ending).toBe("end");
  });

  it("never connect for a client that left during a cut", () => {
    stage.network.cut(3, 1);
    stage.client.receives(followerInfo(3));
    stage.client.closes();
    stage.network.healAll();
    expect(stage.dialed).toEqual([]);
    expect(stage.fates).toEqual(["undelivered"]);
  });

  it("have a latency, and lose packets until they are sent again", () => {
    stage.network.setCharacter(3, 1, { latencyMinUs: 10, latencyMaxUs: 10 });
    stage.client.receives(followerInfo(3));
    stage.clock.advanceTo(10);
    expect(stage.zxids).toEqual([0n]);
    stage.network.setCharacter(3, 1, { latencyMinUs: 0, latencyMaxUs: 0, lossRate: 0.5 });
    const draws = [0, 0.1, 0.9];
    Object.defineProperty(stage, "random", { get: () => draws.shift() });
    stage.client.receives(ack(1n));
    stage.clock.advanceTo(200_009);
    expect(stage.zxids).toEqual([0n]);
    stage.clock.advanceTo(200_010);
    expect(stage.zxids).toEqual([0n, 1n]);
  });

  it("reset a connection whose packet is lost too often, after the steps that wait for the packet", () => {
    stage.network.setCharacter(3, 1, { lossRate: 1 });
    stage.client.receives(followerInfo(3));
    expect(stage.client.ending).toBe("reset");
    expect(stage.moments).toEqual(["sent 3>1", "ended"]);
    expect(stage.fates).toEqual(["dropped"]);
  });

  it("count a message for the clog if no cut holds it", () => {
    stage.client.receives(followerInfo(3));
    const clog = stage.network.clog(3, 1);
    const cut = stage.network.cut(3, 1);
    stage.network.heal(3, 1);
    stage.client.receives(ack(1n));
    expect([cut.held, clog.held]).toEqual([0, 1]);
  });

  it("duplicate notifications, and no packets", () => {
    const election = new Stage("election");
    election.network.setCharacter(3, 1, { duplicateRate: 1 });
    election.client.receives(HELLO, VOTE);
    expect(Buffer.concat(election.server.written)).toEqual(Buffer.concat([HELLO, VOTE, VOTE]));
    expect(election.network.links.between(3, 1).count).toMatchObject({ seen: 2, passed: 2, duplicated: 1 });
    stage.network.setCharacter(3, 1, { duplicateRate: 1 });
    stage.client.receives(followerInfo(3));
    expect(stage.zxids).toEqual([0n]);
  });
});

describe("messages that wait", () => {
  beforeEach(() => {
    stage.network.setCharacter(3, 1, { latencyMinUs: 100, latencyMaxUs: 100 });
    stage.client.receives(followerInfo(3), ack(1n), ack(2n));
  });

  it("arrive immediately, with the earlier ones", () => {
    expect(stage.network.decideInFlight(matcher({ type: "ACK" }), 1, { kind: "deliver" })).toBe(1);
    expect(stage.zxids).toEqual([0n, 1n]);
    stage.clock.advanceTo(100);
    expect(stage.zxids).toEqual([0n, 1n, 2n]);
  });

  it("are lost, or arrive later", () => {
    expect(stage.network.decideInFlight(matcher({ type: "ACK" }), 2, { kind: "drop" })).toBe(1);
    expect(stage.network.decideInFlight(matcher({ type: "ACK" }), 2, { kind: "drop" })).toBe(0);
    expect(stage.network.decideInFlight(matcher({ type: "ACK" }), 1, { kind: "delay", byUs: 50 })).toBe(1);
    stage.clock.advanceTo(149);
    expect(stage.zxids).toEqual([0n]);
    stage.clock.advanceTo(150);
    expect(stage.zxids).toEqual([0n, 1n]);
  });

  it("are not touched if a cut holds them", () => {
    stage.network.cut(3, 1);
    expect(stage.network.decideInFlight(matcher({ type: "ACK" }), 1, { kind: "deliver" })).toBe(0);
  });
});

describe("connections", () => {
  it("end by disconnect, all or those with one server", () => {
    stage.client.receives(followerInfo(3));
    expect(stage.network.disconnect(3, 2, "reset")).toBe(0);
    expect(stage.network.disconnect(1, 3, "reset")).toBe(1);
    expect([stage.client.ending, stage.server.ending]).toEqual(["reset", "reset"]);
    expect(stage.network.disconnect(1, undefined, "reset")).toBe(0);
  });

  it("are reset if the server cannot be reached", () => {
    const one = new Stage("quorum", false);
    one.client.receives(followerInfo(3));
    one.network.refuse(one.connection);
    expect(one.client.ending).toBe("reset");
    expect(one.fates).toEqual(["undelivered"]);
  });

  it("perform steps before the message that they wait for, which still arrives", () => {
    stage.onDelivered = () => stage.network.cut(3, 1);
    stage.client.receives(followerInfo(3), ack(1n));
    expect(stage.zxids).toEqual([0n]);
    expect(stage.moments.filter((one) => one === "delivered 3>1")).toHaveLength(1);
  });
});
