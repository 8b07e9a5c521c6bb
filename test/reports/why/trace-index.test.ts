/** Tests the trace entries that the index finds for an event of the simulated world. */
import { describe, expect, it } from "vitest";
import { ACK, FOLLOWERINFO, PROPOSAL } from "../../../protocol/packets.ts";
import { isPacket, packetOf, TraceIndex } from "../../../reports/why/trace-index.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { runOf, zxid } from "../records.ts";

describe("TraceIndex", () => {
  const run = runOf("servers: 3\nsteps:\n  - { at: 1s, write: 1 }\n");
  const index = new TraceIndex(run);
  const delivered = index.events.find((event) => event.kind === "deliver" && isPacket(event, PROPOSAL, zxid("1:1")));

  it("finds the send of a delivered packet, and the event that handles it", () => {
    if (delivered === undefined) throw new Error("no PROPOSAL was delivered");
    const sent = index.sendOf(delivered);
    expect(sent).toMatchObject({ kind: "send", node: delivered.peer, peer: delivered.node });
    expect(index.sendsAt(sent?.sequence ?? -1)).toContain(sent);
    expect(index.eventAt(delivered.sequence)).toBe(delivered);
    expect(index.replacedPacket(delivered)).toBeUndefined();
  });

  it("finds the records that were made during an event", () => {
    const proposed = run.records.find(({ event }) => event === "proposed");
    expect(index.recordsAt(proposed?.sequence ?? -1)).toContain(proposed);
    expect(index.recordsAt(10_000_000)).toEqual([]);
  });

  it("distinguishes packets from notifications", () => {
    expect(delivered && packetOf(delivered)?.type).toBe(PROPOSAL);
    expect(delivered && isPacket(delivered, ACK)).toBe(false);
    expect(delivered && isPacket(delivered, PROPOSAL, zxid("1:2"))).toBe(false);
    const notifications = index.events.filter((event) => event.kind === "send" && packetOf(event) === undefined);
    expect(notifications.length).toBeGreaterThan(0);
  });

  it("finds the packet that the script replaced", () => {
    const altered =
      "servers: 3\nuntil: 2s\nsteps:\n  - { at: 0s, alter: { type: FOLLOWERINFO, from: 1, set: { type: ACK } } }\n";
    const changed = new TraceIndex(runOf(altered));
    const ack = changed.events.find((event) => event.kind === "deliver" && event.peer === 1 && isPacket(event, ACK));
    expect(ack && changed.replacedPacket(ack)?.type).toBe(FOLLOWERINFO);
  });

  it("is empty for a run without a trace", () => {
    const { scenario } = run;
    expect(new TraceIndex(runScenario(scenario, { seed: 1 })).events).toEqual([]);
  });
});
