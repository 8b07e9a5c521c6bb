/**
 * An index of the trace and the records of a run. It finds, for an event of the simulated world, what a server
 * received, sent and recorded while it handled the event.
 */

import type { ProtocolRecord } from "../../cluster/records.ts";
import type { PacketType, QuorumPacket } from "../../protocol/packets.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { TraceEvent } from "../../sim/trace.ts";

export class TraceIndex {
  /** The entries of the trace. Empty if the run was not traced. */
  readonly events: readonly TraceEvent[];
  private readonly firstEvents = new Map<number, TraceEvent>();
  private readonly sendEvents = new Map<number, TraceEvent[]>();
  private readonly recordLists = new Map<number, ProtocolRecord[]>();

  constructor(run: ScenarioRun) {
    this.events = run.trace?.events() ?? [];
    for (const event of this.events) {
      if (!this.firstEvents.has(event.sequence)) this.firstEvents.set(event.sequence, event);
      if (event.kind === "send") append(this.sendEvents, event.sequence, event);
    }
    for (const record of run.records) append(this.recordLists, record.sequence ?? -1, record);
  }

  /** Returns the first trace entry with the number `sequence`. This is the entry of the event itself. */
  eventAt(sequence: number): TraceEvent | undefined {
    return this.firstEvents.get(sequence);
  }

  /** Returns the trace entries of the messages that were sent during an event. */
  sendsAt(sequence: number): readonly TraceEvent[] {
    return this.sendEvents.get(sequence) ?? [];
  }

  /** Returns the records that were made during an event. The sequence -1 stands for the time before the first event. */
  recordsAt(sequence: number): readonly ProtocolRecord[] {
    return this.recordLists.get(sequence) ?? [];
  }

  /**
   * Returns the trace entry that records when a delivered message was sent. In most cases, the event that caused the
   * delivery is the event that sent the message. If the message waited for a paused receiver, another event caused the
   * delivery. The entry is then found by its payload, because both entries contain the same object.
   */
  sendOf({ cause, node, peer, detail, payload, timeUs }: TraceEvent): TraceEvent | undefined {
    const isSend = (event: TraceEvent): boolean =>
      event.node === peer && event.peer === node && event.detail === detail && event.payload === payload;
    return (
      this.sendsAt(cause).find(isSend) ??
      this.events.findLast((event) => event.kind === "send" && event.timeUs <= timeUs && isSend(event))
    );
  }

  /**
   * Returns the packet that the sender sent, if the script replaced it before the delivery. Otherwise, returns
   * undefined.
   */
  replacedPacket({ cause, node, peer, detail, payload }: TraceEvent): QuorumPacket | undefined {
    const sent = this.sendsAt(cause).filter((one) => one.node === peer && one.peer === node && one.detail === detail);
    const first = sent[0];
    return first === undefined || sent.some((one) => one.payload === payload) ? undefined : packetOf(first);
  }
}

/**
 * Returns the quorum packet of a trace entry (send, deliver, hold or drop). Returns undefined for any other entry, such
 * as one for a notification.
 */
export function packetOf({ payload }: TraceEvent): QuorumPacket | undefined {
  const packet = payload as Partial<QuorumPacket> | null | undefined;
  return packet?.type === undefined ? undefined : (packet as QuorumPacket);
}

export function isPacket(event: TraceEvent, type: PacketType, zxid?: Zxid): boolean {
  const packet = packetOf(event);
  return packet?.type === type && (zxid === undefined || packet.zxid === zxid);
}

function append<Value>(lists: Map<number, Value[]>, key: number, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
