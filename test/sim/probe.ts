/** A program for tests. It logs its events and does nothing else, unless a test sets `react`. */

import type { DiskResult } from "../../sim/disk.ts";
import type { Node, NodeProgram } from "../../sim/node.ts";
import { World, type WorldOptions } from "../../sim/world.ts";

export class Probe implements NodeProgram<string> {
  readonly node: Node<string>;
  readonly log: string[];
  /** Called after each event with the logged line, without its time. */
  react: (line: string) => void = () => undefined;

  /** The connections on which messages have arrived that the program has not read. */
  readonly unread = new Set<number>();

  constructor(node: Node<string>, log: string[] = []) {
    this.node = node;
    this.log = log;
  }

  onTimer(timer: number): void {
    this.write(`timer ${timer}`);
  }
  onConnected(conn: number): void {
    this.write(`connected ${conn}`);
  }
  onRefused(conn: number): void {
    this.write(`refused ${conn}`);
  }
  onAccepted(conn: number, from: number, port: number): void {
    this.write(`accepted ${conn} from ${from} on ${port}`);
  }
  onMessage(conn: number, from: number, message: string): void {
    this.write(`message ${message} on ${conn} from ${from}`);
  }
  onClosed(conn: number, how: "closed" | "reset"): void {
    this.write(`${how} ${conn}`);
  }
  onDatagram(from: number, port: number, message: string): void {
    this.write(`datagram ${message} from ${from} on ${port}`);
  }
  onDiskDone(operation: number, result: DiskResult): void {
    this.write(`disk ${operation} ${result}`);
  }
  hasUnread(conn: number): boolean {
    return this.unread.has(conn);
  }
  stateHash(): number {
    return this.log.length;
  }

  private write(line: string): void {
    this.log.push(`${this.node.world.nowUs} ${line}`);
    this.react(line);
  }
}

export interface Bed {
  readonly world: World<string>;
  /** The log of each node, by node id. */
  readonly logs: string[][];
  /** The program of each node, by node id. */
  readonly probes: Probe[];
  run(untilUs: number): void;
}

/**
 * Returns a world in which every node runs a probe and listens on port 1. Every link has a latency of 100 us, a sync
 * takes 1000 us and a write 100 us.
 */
export function testBed(nodes: number, options: Partial<WorldOptions<string>> = {}): Bed {
  const world = new World<string>({
    seed: 1,
    nodes,
    hashMessage: hashText,
    ...options,
    link: { latencyMinUs: 100, latencyMaxUs: 100, ...options.link },
    disk: { syncMinUs: 1000, syncMaxUs: 1000, writeMinUs: 100, writeMaxUs: 100, ...options.disk },
  });
  const logs: string[][] = [];
  const probes: Probe[] = [];
  for (const node of world.nodes) {
    const log: string[] = [];
    const probe = new Probe(node, log);
    node.start(probe);
    node.listen(1);
    logs[node.id] = log;
    probes[node.id] = probe;
  }
  return { world, logs, probes, run: (untilUs) => void world.run({ untilUs }) };
}

/** Returns a test bed at 200 us with an established connection from node 1 to node 2 and empty logs. */
export function connectedBed(nodes = 2, options: Partial<WorldOptions<string>> = {}): Bed & { conn: number } {
  const bed = testBed(nodes, options);
  const conn = bed.world.node(1).connect(2, 1);
  bed.run(200);
  for (const log of bed.logs) log?.splice(0);
  return { ...bed, conn };
}

/** Returns the texts of the delivered messages. */
export function delivered(log: readonly string[] | undefined): string[] {
  return (log ?? []).flatMap((line) => {
    const match = /^\d+ (?:message|datagram) (\S+) /.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

export function hashText(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}
