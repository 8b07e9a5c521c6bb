/**
 * An example of the simulator's public API with a protocol that is not Zab. A client increments a counter on a server
 * over an unreliable datagram link and retries. The server must count every request once, even if it crashes, so it
 * logs each request before it answers.
 */

import { expect, test } from "vitest";
import {
  checkDeterminism,
  createRule,
  type DiskResult,
  guarded,
  MS,
  type Node,
  type NodeProgram,
  SECOND,
  Trace,
  World,
} from "../../sim/index.ts";

interface Message {
  readonly kind: "raise" | "raised";
  readonly request: number;
}

const RETRY = 0;
const PORT = 1;
const REQUESTS = 20;

/** The base class of the client and the server. Implements the handlers that they do not need. */
abstract class DatagramProgram implements NodeProgram<Message> {
  onTimer(_timer: number): void {}
  onConnected(): void {}
  onRefused(): void {}
  onAccepted(): void {}
  onMessage(): void {}
  onClosed(): void {}
  onDiskDone(_operation: number, _result: DiskResult): void {}
  abstract onDatagram(from: number, port: number, message: Message): void;
  abstract stateHash(): number;
}

class Client extends DatagramProgram {
  request = 1;
  retries = -1;
  private readonly node: Node<Message>;

  constructor(node: Node<Message>) {
    super();
    this.node = node;
    this.ask();
  }

  override onTimer(): void {
    this.ask();
  }

  onDatagram(_from: number, _port: number, message: Message): void {
    if (message.request !== this.request) return;
    this.request++;
    this.retries--;
    this.ask();
  }

  stateHash(): number {
    return this.request;
  }

  private ask(): void {
    if (this.request > REQUESTS) {
      this.node.cancelTimer(RETRY);
      return;
    }
    this.retries++;
    this.node.datagram(2, PORT, { kind: "raise", request: this.request });
    this.node.setTimer(RETRY, 20 * MS + this.node.random.below(MS));
  }
}

class Server extends DatagramProgram {
  private readonly node: Node<Message>;
  private readonly careful: boolean;
  private count: number;

  constructor(node: Node<Message>, careful: boolean) {
    super();
    this.node = node;
    this.careful = careful;
    this.count = node.disk.records("counted").length;
  }

  onDatagram(_from: number, _port: number, { request }: Message): void {
    if (request === this.count + 1) {
      this.node.disk.append("counted", request);
      this.count++;
    }
    // The careless server answers before the request is durable.
    if (this.careful) this.node.disk.sync(request);
    else this.answer(request);
  }

  override onDiskDone(operation: number, result: DiskResult): void {
    if (result === "ok") this.answer(operation);
  }

  stateHash(): number {
    return this.count;
  }

  private answer(request: number): void {
    if (request <= this.count) this.node.datagram(1, PORT, { kind: "raised", request });
  }
}

function counterWorld(seed: number, careful = true, trace?: Trace): World<Message> {
  const world = new World<Message>({
    seed,
    nodes: 2,
    link: { latencyMinUs: 100, latencyMaxUs: 3 * MS, lossRate: 0.2, duplicateRate: 0.2 },
    hashMessage: ({ kind, request }) => request * 2 + (kind === "raise" ? 1 : 0),
    trace,
  });
  const server = world.node(2);
  world.node(1).start(new Client(world.node(1)));
  server.start(new Server(server, careful));
  for (let round = 1; round <= 4; round++) {
    world.at(round * 60 * MS, () => server.crash({ power: true, unsynced: "lost" }), "server loses power");
    world.at(round * 60 * MS + 10 * MS, () => server.start(new Server(server, careful)), "server starts");
  }
  return world;
}

const counted = (world: World<Message>) => world.node(2).disk.records("counted");
const inOrder = Array.from({ length: REQUESTS }, (_, index) => index + 1);

test("with 20 % loss and duplication and 4 power losses, the server counts every request exactly once", () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = counterWorld(seed);
    expect(guarded(() => world.run({ untilUs: 10 * SECOND })).reason).toBe("idle");
    expect(counted(world)).toEqual(inOrder);
  }
});

test("with some seed, a server that answers before it syncs loses a counted request", () => {
  const lost = Array.from({ length: 20 }, (_, seed) => counterWorld(seed, false)).filter((world) => {
    world.run({ untilUs: 10 * SECOND });
    return counted(world).length < REQUESTS;
  });
  expect(lost.length).toBeGreaterThan(0);
});

test("the seed determines the run, and if a rule drops the first answer, the client retries", () => {
  const check = checkDeterminism(() => {
    const world = counterWorld(3);
    return { step: () => world.step(), digest: () => world.digestHex(), describe: () => world.describe() };
  });
  expect(check.same).toBe(true);

  const world = counterWorld(3, true, new Trace());
  const rule = createRule<Message>(({ kind }) => kind === "raised", { kind: "drop" }, 1);
  world.network.addRule(rule);
  world.run({ untilUs: 10 * SECOND });
  expect([rule.hits, world.network.effects.lostByRule]).toEqual([1, 1]);
  expect(counted(world)).toEqual(inOrder);
});
