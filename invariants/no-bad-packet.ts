/**
 * no-bad-state, no-bad-ack, no-bad-proposal and no-bad-commit: no server reads a packet with a protocol error that
 * ZooKeeper only logs. The core reports each of these errors as an anomaly.
 */
import { type Anomaly, PACKET_NAMES, type PacketType, type ServerId, type Zxid } from "../protocol/index.ts";
import { zxidText } from "./history-facts.ts";
import type { InvariantId } from "./table.ts";
import type { Violations } from "./violation.ts";

const INVARIANT_OF: Readonly<Record<Anomaly, InvariantId>> = {
  "bad-state": "no-bad-state",
  "bad-ack": "no-bad-ack",
  "bad-proposal": "no-bad-proposal",
  "bad-commit": "no-bad-commit",
};

export class NoBadPacket {
  private readonly violations: Violations;
  /** For each server, the senders of packets that the test environment has altered. */
  private readonly tolerated = new Map<ServerId, Set<ServerId>>();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /** Ignores packets of this sender until the connection ends. */
  tolerate(server: ServerId, sender: ServerId): void {
    const senders = this.tolerated.get(server);
    if (senders === undefined) this.tolerated.set(server, new Set([sender]));
    else senders.add(sender);
  }

  /** Called when the server becomes LOOKING and when its process ends: all its connections end. */
  left(server: ServerId): void {
    this.tolerated.delete(server);
  }

  /** Called when a leader closes the connection to a learner. */
  learnerLeft(leader: ServerId, learner: ServerId): void {
    this.tolerated.get(leader)?.delete(learner);
  }

  anomaly(server: ServerId, anomaly: Anomaly, from: ServerId, type: PacketType | 0, zxid: Zxid, detail: string): void {
    if (this.tolerated.get(server)?.has(from)) return;
    const text = `reads ${PACKET_NAMES[type] ?? ""} ${zxidText(zxid)} from ${from}: ${detail}`;
    this.violations.report(INVARIANT_OF[anomaly], server, text, { packet: type, zxid, detail }, from);
  }
}
