/**
 * The messages of a run: when each was sent, and when and how it ended. The trace says so, except for messages that
 * end together with their connection; for these, the log asks the network.
 */
import type { Message } from "../../cluster/server.ts";
import { messageName } from "../../scenarios/message-match.ts";
import type { Network, Node, TraceEvent, World } from "../../sim/index.ts";
import type { Fate, TimelineMessage } from "./timeline.ts";

/** One message. The numbers of events count from 1; 0 is the start of the run. */
export interface SentMessage extends TimelineMessage {
  /** The connection; 0 for a datagram. */
  readonly conn: number;
  readonly message: Message;
  readonly sentUs: number;
  endEvent: number | undefined;
  endUs: number;
  fate: Fate | undefined;
  heldEvent: number | undefined;
  repeats: number[];
}

/** The trace events after which messages may be gone or held without a trace event of their own. */
const DISTURBANCES: ReadonlySet<TraceEvent["kind"]> = new Set([
  "reset",
  "close",
  "crash",
  "stop",
  "hold",
  "release",
  "cut",
  "heal",
  "clog",
  "unclog",
  "drop",
  "pause",
  "resume",
] as const);

/** The number of events in a block. */
const BLOCK = 256;

export class MessageLog {
  /** All messages, in the order in which they were sent. */
  readonly all: SentMessage[] = [];
  private readonly network: Network<Message>;
  private readonly nodes: readonly Node<Message>[];
  /** The messages in flight, by their objects. Two sends of one object are rare, so a list holds them. */
  private readonly open = new Map<Message, SentMessage[]>();
  /** Messages that were delivered last, to recognize a datagram that arrives twice. */
  private readonly delivered = new WeakMap<object, SentMessage>();
  private disturbed = false;
  /** For each block of events, the messages that were in flight at its start, and the number of messages until then. */
  private readonly blocks: { readonly open: readonly SentMessage[]; readonly sent: number }[] = [];

  constructor({ network, nodes }: World<Message>) {
    this.network = network;
    this.nodes = nodes;
  }

  /** Adds the trace events of one event of the simulator. */
  add(event: number, timeUs: number, trace: readonly TraceEvent[], from: number): void {
    const replacedBefore = this.network.effects.replacedByRule;
    const firstSent = this.all.length;
    for (let i = from; i < trace.length; i++) this.read(event, timeUs, trace[i] as TraceEvent);
    this.endUnsent(firstSent, event, timeUs, replacedBefore);
    if (this.disturbed) this.reconcile(event, timeUs);
    this.disturbed = false;
    if (event % BLOCK === 0) this.blocks.push({ open: [...this.open.values()].flat(), sent: this.all.length });
  }

  /** Returns the messages in flight after an event, in the order in which they were sent. */
  inFlightAt(event: number): readonly SentMessage[] {
    const block = this.blocks[Math.floor(event / BLOCK)];
    if (block === undefined) return [];
    const found = block.open.filter((sent) => endsAfter(sent, event)).sort((a, b) => a.id - b.id);
    for (let id = block.sent; id < this.all.length; id++) {
      const sent = this.all[id] as SentMessage;
      if (sent.sentEvent > event) break;
      if (endsAfter(sent, event)) found.push(sent);
    }
    return found;
  }

  /** Returns the messages that were sent after the event `first` and up to the event `last`. */
  sentBetween(first: number, last: number): readonly SentMessage[] {
    return this.all.slice(this.firstSentAfter(first), this.firstSentAfter(last));
  }

  private firstSentAfter(event: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.all[middle] as SentMessage).sentEvent <= event) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private read(event: number, timeUs: number, { detail, kind, node, payload, peer }: TraceEvent): void {
    if (kind === "send") this.send(event, timeUs, node, peer, detail, payload as Message);
    else if (kind === "deliver") this.deliver(event, timeUs, peer, node, detail, payload as Message);
    else if (kind === "drop") this.drop(event, timeUs, node, peer, detail, payload as Message);
    if (DISTURBANCES.has(kind)) this.disturbed = true;
  }

  private send(event: number, timeUs: number, from: number, to: number, conn: number, message: Message): void {
    const sent: SentMessage = {
      id: this.all.length,
      from,
      to,
      conn,
      type: messageName(message),
      message,
      sentEvent: event,
      sentUs: timeUs,
      endEvent: undefined,
      endUs: Number.POSITIVE_INFINITY,
      fate: undefined,
      heldEvent: undefined,
      repeats: [],
    };
    this.all.push(sent);
    const known = this.open.get(message);
    if (known === undefined) this.open.set(message, [sent]);
    else known.push(sent);
  }

  private deliver(event: number, timeUs: number, from: number, to: number, conn: number, message: Message): void {
    const found = this.find(message, from, to, conn);
    if (found !== undefined) this.close(found, event, timeUs, "delivered");
    else if (conn === 0) this.delivered.get(message as object)?.repeats.push(event);
    else this.close(this.oldestOn(from, conn), event, timeUs, "delivered");
  }

  /** The network drops a message at its sender (`node`), or at a receiver whose end of the connection is closed. */
  private drop(event: number, timeUs: number, node: number, peer: number, conn: number, message: Message): void {
    const atSender = this.find(message, node, peer, conn);
    if (atSender !== undefined) this.close(atSender, event, timeUs, "lost");
    else this.close(this.find(message, peer, node, conn), event, timeUs, conn === 0 ? "lost" : "reset");
  }

  private find(message: Message, from: number, to: number, conn: number): SentMessage | undefined {
    return this.open.get(message)?.find((one) => one.from === from && one.to === to && one.conn === conn);
  }

  /** Returns the oldest message in flight on a stream. A rule may have replaced it by another object. */
  private oldestOn(from: number, conn: number): SentMessage | undefined {
    for (const list of this.open.values()) {
      for (const one of list) if (one.from === from && one.conn === conn) return one;
    }
    return undefined;
  }

  private close(sent: SentMessage | undefined, event: number, timeUs: number, fate: Fate): void {
    if (sent === undefined) return;
    sent.endEvent = event;
    sent.endUs = timeUs;
    sent.fate = fate;
    const list = this.open.get(sent.message) as SentMessage[];
    if (list.length === 1) this.open.delete(sent.message);
    else list.splice(list.indexOf(sent), 1);
    if (fate === "delivered" && sent.conn === 0) this.delivered.set(sent.message as object, sent);
  }

  /** A message that was sent on a direction which carries nothing any more is lost immediately. */
  private endUnsent(firstSent: number, event: number, timeUs: number, replacedBefore: number): void {
    if (this.network.effects.replacedByRule !== replacedBefore) return;
    for (let i = firstSent; i < this.all.length; i++) {
      const sent = this.all[i] as SentMessage;
      if (sent.conn === 0 || sent.fate !== undefined) continue;
      if (!this.network.tcp.isInFlight(sent.from, sent.conn, sent.message)) this.close(sent, event, timeUs, "reset");
    }
  }

  /** Compares the open messages with the network: some were lost with their connection, others are held. */
  private reconcile(event: number, timeUs: number): void {
    const open = new Map<Message, Set<string>>();
    const held = new Set<Message>();
    const see = (message: Message, conn: number, to: number): void => {
      const places = open.get(message) ?? new Set();
      open.set(message, places.add(placeOf(conn, to)));
    };
    for (const { conn, dueUs, message, to } of this.network.inFlight()) {
      see(message, conn, to);
      if (dueUs === undefined) held.add(message);
    }
    for (const node of this.nodes) {
      for (const { conn, message } of node.deferredMessages()) see(message, conn, node.id);
    }
    for (const list of [...this.open.values()]) {
      for (const sent of [...list]) {
        if (held.has(sent.message)) sent.heldEvent ??= event;
        const isOpen = open.get(sent.message)?.has(placeOf(sent.conn, sent.to)) ?? this.mayBeReplaced;
        if (!isOpen) this.close(sent, event, timeUs, sent.conn === 0 ? "lost" : "reset");
      }
    }
  }

  /** Whether a rule may have replaced a message in flight, so that the network has another object for it. */
  private get mayBeReplaced(): boolean {
    return this.network.effects.replacedByRule > 0;
  }
}

/** One object can be in flight on several connections, because a server sends the same message to all others. */
function placeOf(conn: number, to: number): string {
  return `${conn} ${to}`;
}

function endsAfter({ endEvent }: SentMessage, event: number): boolean {
  return endEvent === undefined || endEvent > event;
}
