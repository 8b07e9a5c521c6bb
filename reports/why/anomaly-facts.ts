/** Facts about packets that the receiver must not get in its current state. */
import type { RecordOf } from "../../cluster/records.ts";
import type { Violation } from "../../invariants/violation.ts";
import { ACK, COMMIT, INFORMANDACTIVATE, PACKET_NAMES, type PacketType, PROPOSAL } from "../../protocol/packets.ts";
import { asZxid, counterOf, formatZxid } from "../../protocol/zxid.ts";
import type { TraceEvent } from "../../sim/trace.ts";
import type { Cause } from "./causes.ts";
import { type Fact, type Moment, NO_TXN } from "./moment.ts";

export class AnomalyFacts {
  private readonly moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  /** Builds the fact `server 3 reads PACKET`, about a packet that is illegal in the state of the server. */
  of({ atUs, facts: { packet, zxid }, server }: Violation): Fact {
    const text = `server ${server} reads ${PACKET_NAMES[packet ?? 0]} ${formatZxid(zxid ?? NO_TXN)}`;
    const record = this.moment.finder.lastRecord("anomaly", this.moment.atUs, (one) => one.server === server);
    if (record === undefined) return { text, atUs, causes: [] };
    return {
      text: `${text}: ${record.detail}`,
      atUs: record.atUs,
      causes: [...this.causesOf(record), ...this.moment.finder.chain(record, undefined)],
    };
  }

  private causesOf(record: RecordOf<"anomaly">): Cause[] {
    return record.packet === 0 ? [] : (this.causesByPacket[record.packet]?.(record) ?? []);
  }

  /** Returns a cause for a transaction that arrived in INFORMANDACTIVATE during a synchronization. */
  private unqueuedActivation({ node, peer, timeUs }: TraceEvent): Cause {
    const text =
      `observer ${node} reads the transaction before it in INFORMANDACTIVATE from server ${peer}, and activates its ` +
      "configuration, but does not count it as the last queued transaction";
    return { text, atUs: timeUs };
  }

  /**
   * For each type of packet, a function that returns why a packet of this type was illegal in the state of its
   * receiver.
   */
  private readonly causesByPacket: Readonly<Partial<Record<PacketType, (record: RecordOf<"anomaly">) => Cause[]>>> = {
    [ACK]: ({ atUs, from, server }) => {
      const taken = this.moment.finder.lastRecord("newleader-ack-read", atUs, (one) => one.server === server);
      const sent = this.moment.finder.lastRecord("newleader-acked", atUs, (one) => one.server === from);
      if (taken?.atUs !== atUs || sent === undefined) return [];
      const text = `leader ${server} takes this packet for the ACK of NEWLEADER and does not count server ${from}`;
      return [
        { text, atUs },
        { text: `server ${from} sends the ACK of NEWLEADER in another packet`, atUs: sent.atUs },
      ];
    },
    [COMMIT]: ({ atUs, server, zxid }) => {
      const logged = this.moment.finder.lastRecord("logged", atUs, (one) => one.server === server && one.zxid === zxid);
      const acked = this.moment.finder.lastRecord("newleader-acked", atUs, (one) => one.server === server);
      if (logged === undefined || acked === undefined) return [];
      const text = `at NEWLEADER, server ${server} logs ${formatZxid(zxid)} and clears its pending proposals`;
      const before = `server ${server} acknowledges NEWLEADER and waits for UPTODATE`;
      return [
        { text: before, atUs: acked.atUs },
        { text, atUs: logged.atUs },
      ];
    },
    [PROPOSAL]: ({ atUs, from, server, zxid }) => {
      if (counterOf(zxid) <= 1) return [];
      const activated = this.moment.finder.delivery(INFORMANDACTIVATE, asZxid(zxid - 1), from, server, atUs);
      if (activated !== undefined) return [this.unqueuedActivation(activated)];
      const life = this.moment.life(asZxid(zxid - 1));
      const decided = this.moment.decisionAbove(server, life.zxid, atUs);
      if (decided === undefined || this.moment.finder.wasSent(life.zxid, decided)) return [];
      return this.moment.synchronizations.missingFromSource(decided, life);
    },
  };
}
