/**
 * An index of the trace and the records of a run. For an event of the world, it finds what the handler of the event
 * received, sent and recorded.
 */

import type { ProtocolRecord } from "../../cluster/records.ts";
import type { PacketType, QuorumPacket } from "../../protocol/packets.ts";
import type { Zxid } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { TraceEvent } from "../../sim/trace.ts";

export class TraceIndex {
  /** Empty if the run was not traced. */
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

  /** Returns what the world handled as its event number `sequence`: the first trace event with that number. */
  eventAt(sequence: number): TraceEvent | undefined {
    return this.firstEvents.get(sequence);
  }

  /** Returns the messages sent during an event of the world. */
  sendsAt(sequence: number): readonly TraceEvent[] {
    return this.sendEvents.get(sequence) ?? [];
  }

  /**
   * Returns the records made during an event of the world. The sequence -1 stands for the time before the first event.
   */
  recordsAt(sequence: number): readonly ProtocolRecord[] {
    return this.recordLists.get(sequence) ?? [];
  }

  /**
   * Returns the send of a delivered message. It usually belongs to the event that is the cause of the delivery. If the
   * message waited for a paused receiver, the cause is another event, but the message is the same object.
   */
  sendOf({ cause, node, peer, detail, payload, timeUs }: TraceEvent): TraceEvent | undefined {
    const isSend = (event: TraceEvent): boolean =>
      event.node === peer && event.peer === node && event.detail === detail && event.payload === payload;
    return (
      this.sendsAt(cause).find(isSend) ??
      this.events.findLast((event) => event.kind === "send" && event.timeUs <= timeUs && isSend(event))
    );
  }

  /** Returns the packet that was sent, if the script replaced it by the delivered one. */
  replacedPacket({ cause, node, peer, detail, payload }: TraceEvent): QuorumPacket | undefined {
    const sent = this.sendsAt(cause).filter((one) => one.node === peer && one.peer === node && one.detail === detail);
    const first = sent[0];
    return first === undefined || sent.some((one) => one.payload === payload) ? undefined : packetOf(first);
  }
}

/** Returns the quorum packet of a send, deliver, hold or drop; undefined for anything else, such as a notification. */
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
