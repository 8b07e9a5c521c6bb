/** Tests how servers got and lost one transaction in a run. */
import { describe, expect, it } from "vitest";
import { TransactionLife } from "../../../reports/why/transaction-life.ts";
import { record, runOf, sid, zxid } from "../records.ts";

describe("TransactionLife", () => {
  const run = runOf("servers: 3\nsteps:\n  - { at: 1s, write: 1 }\n");
  const life = new TransactionLife(run, zxid("1:1"));
  const end = run.records.length;

  it("names the transaction with the value of the client", () => {
    expect(life.name).toBe("1:1 (w1)");
    expect(new TransactionLife(run, zxid("1:9")).name).toBe("1:9");
  });

  it("has the events of one server, up to a record", () => {
    const events = life.at(sid(1));
    expect(events.map(({ kind }) => kind)).toEqual(["logged", "synced", "delivered"]);
    expect(life.at(sid(1), events[1]?.index)).toHaveLength(2);
  });

  it("says how a server got the transaction, and since when it has it", () => {
    const gained = life.gained(sid(3), end);
    expect(gained?.kind).toBe("proposed");
    expect(life.gained(sid(3), (gained?.index ?? 0) - 1)).toBeUndefined();
    expect(life.lost(sid(3), end)).toBeUndefined();
  });

  it("says how a server lost a transaction", () => {
    const records = [
      record({ event: "logged", zxid: zxid("1:2"), value: "w2" }),
      record({ event: "truncated", zxid: zxid("1:1"), removed: [zxid("1:2")], end: zxid("1:1") }),
    ];
    const lost = new TransactionLife({ ...run, records }, zxid("1:2"));
    expect(lost.lost(sid(1), 1)?.kind).toBe("truncated");
    expect(lost.gained(sid(1), 1)).toBeUndefined();
    expect(lost.lost(sid(1), 0)).toBeUndefined();
  });
});
