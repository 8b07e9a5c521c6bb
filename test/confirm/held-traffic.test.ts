/** Tests when packets between servers pass, on connections through the proxy. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Evidence } from "../../confirm/evidence.ts";
import { HeldTraffic } from "../../confirm/held-traffic.ts";
import type { Question } from "../../confirm/preload.ts";
import { Progress } from "../../confirm/progress.ts";
import { PORTS, type RealServer } from "../../confirm/real-server.ts";
import type { Fact, Item, Schedule } from "../../confirm/schedule.ts";
import { ACKEPOCH, asZxid, makeZxid } from "../../protocol/index.ts";
import { encodeQuorumPacket, wireRulesOf } from "../../wire/index.ts";

const PREFIX = `127.88.${1 + (process.pid % 250)}.`;
const EVIDENCE = { sent: () => undefined, packet: () => undefined } as unknown as Evidence;
const LEADER = 2;
/** Less than the time that the leader gets, because timers are not exact. */
const HANDLING_MS = 40;

const open: (Server | Socket)[] = [];
afterEach(() => {
  for (const one of open.splice(0)) "close" in one ? one.close() : one.destroy();
});

function serverOf(id: number): RealServer {
  return { id, plan: { host: `${PREFIX}${id}` }, isRunning: true, isUp: true, isBusy: false } as unknown as RealServer;
}

/** Returns the schedule in which the leader gets an ACKEPOCH of each of these learners. */
function scheduleOf(...learners: number[]): Schedule {
  const items = learners.map((from, place): Item => {
    const fact: Fact = {
      kind: "packet",
      from,
      type: ACKEPOCH,
      zxid: asZxid(makeZxid(1 as never, 1)),
      connection: place,
    };
    return { place, server: LEADER, atUs: place, fact };
  });
  return { items, pings: [], cuts: [], elections: [], openAtEnd: new Set() };
}

/** Connects a learner to the leader through the proxy, and sends an ACKEPOCH. */
async function acknowledge(traffic: HeldTraffic, learner: number): Promise<void> {
  const port = await new Promise<number>((resolve) => {
    const question = { arguments: [`${PREFIX}${LEADER}`, String(PORTS.quorum)], redirect: resolve };
    void traffic.connect(serverOf(learner), question as unknown as Question);
  });
  const socket = connect({ host: "127.0.0.1", port });
  open.push(socket);
  const zxid = BigInt(makeZxid(1 as never, 1));
  socket.write(encodeQuorumPacket({ type: ACKEPOCH, zxid, data: new Uint8Array(4), authinfo: null }));
}

describe("HeldTraffic", () => {
  it("passes the ACKEPOCH of a learner only after the leader has handled that of another one", async () => {
    const received: number[] = [];
    const listener = createServer((socket) => {
      open.push(socket);
      socket.on("data", () => received.push(Date.now()));
    });
    open.push(listener);
    await new Promise<void>((resolve) => void listener.listen(PORTS.quorum, `${PREFIX}${LEADER}`, () => resolve()));
    const progress = new Progress(scheduleOf(1, 3), () => undefined);
    const servers = new Map([1, LEADER, 3].map((id) => [id, serverOf(id)]));
    const traffic = new HeldTraffic(progress, servers, wireRulesOf("3.9.5"), EVIDENCE, () => undefined);
    await acknowledge(traffic, 3);
    await acknowledge(traffic, 1);
    const endMs = Date.now() + 5000;
    while (received.length < 2 && Date.now() < endMs) {
      traffic.pass();
      await sleep(2);
    }
    traffic.stop();
    expect(progress.order.oldest()).toBeUndefined();
    const [first = 0, second = 0] = received;
    expect(second - first).toBeGreaterThanOrEqual(HANDLING_MS);
  });
});
