/** Tests the description of what each server did with one transaction. */
import { describe, expect, it } from "vitest";
import { lifeLines } from "../../../reports/why/life-text.ts";
import { TransactionLife } from "../../../reports/why/transaction-life.ts";
import { runOf, zxid } from "../records.ts";

describe("lifeLines", () => {
  const history = "servers:\n  1: { history: '1:1' }\n  2: {}\n  3: { history: '1:1' }\n";
  const run = runOf(`${history}steps:\n  - { at: 1s, write: 1 }\n  - { at: 1500ms, crash: 1 }\n`);
  const end = run.records.length;

  it("has one line per server, and one time for simultaneous events", () => {
    const lines = lifeLines(new TransactionLife(run, zxid("2:1")), run, end);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^server 1: logged [\d.]+, synced [\d.]+, delivered [\d.]+, down since 1\.500000$/);
    expect(lines[2]).toMatch(/^server 3: proposed, logged [\d.]+, synced/);
  });

  it("has no time for a transaction that was on disk before the run", () => {
    const lines = lifeLines(new TransactionLife(run, zxid("1:1")), run, end);
    expect(lines[2]).toMatch(/^server 3: on disk before the run/);
  });

  it("ends at a record", () => {
    expect(lifeLines(new TransactionLife(run, zxid("2:1")), run, 0)).toEqual([]);
  });
});
