/** Prints each packet that a live server reads once: as the note of the core about it, or else as a packet. */
import type { ProtocolRecord, RecordOf } from "../cluster/records.ts";

/** The notes of a leader about packets of its learners. */
const NOTES: Readonly<Record<string, ProtocolRecord["event"]>> = {
  FOLLOWERINFO: "epoch-offered",
  OBSERVERINFO: "epoch-offered",
  ACKEPOCH: "epoch-acked",
  ACK: "newleader-ack-read",
};

/** The core makes the note of a packet as the first one after it has read the packet. */
export class ReceivedPackets {
  private readonly sink: (record: ProtocolRecord) => void;
  /** A packet that waits for its note. */
  private waiting: RecordOf<"received"> | undefined;

  constructor(sink: (record: ProtocolRecord) => void) {
    this.sink = sink;
  }

  /** The server has read a packet. It is printed before the next event of the machine, if it has no note. */
  received(record: RecordOf<"received">): void {
    this.flush();
    if (NOTES[record.message] === undefined) {
      this.sink(record);
      return;
    }
    this.waiting = record;
    setImmediate(() => {
      if (this.waiting === record) this.flush();
    });
  }

  /** The core has made a note. */
  noted(record: ProtocolRecord): void {
    const { waiting } = this;
    const isItsNote = waiting !== undefined && NOTES[waiting.message] === record.event && "learner" in record;
    if (isItsNote && record.learner === waiting.from) this.waiting = undefined;
    this.flush();
    this.sink(record);
  }

  /** Prints the packet that waits. */
  flush(): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting !== undefined) this.sink(waiting);
  }
}
