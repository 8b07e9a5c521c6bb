/**
 * Tests the decisions that are possible when facts are unknown. The list must contain every decision that a leader with
 * such facts can make, and no other decision.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { highestZxid } from "../../decide/decision-query.ts";
import type { DecisionFacts, KnownFacts } from "../../decide/known-facts.ts";
import { possibleDecisions } from "../../decide/possible-decisions.ts";
import { DIFF, decideSync, type Logged, type SyncSource, TRUNC } from "../../protocol/index.ts";
import { formatZxid64 } from "../../protocol/zxid.ts";

const zxid = (epoch: number, counter: number): bigint => (BigInt(epoch) << 32n) | BigInt(counter);
const txns = (...zxids: bigint[]): Logged<bigint>[] => zxids.map((one) => ({ zxid: one }));

/** The facts of a leader about which nothing is known. */
const NOTHING: KnownFacts = {
  source: "txn-log-without-gaps",
  peerLastZxid: zxid(3, 5),
  lastProcessedZxid: undefined,
  committedLog: undefined,
  txnLogFiles: undefined,
  txnLogExceedsSizeLimit: undefined,
  txnLogSyncEnabled: true,
  forceSnapSync: false,
  lastProposed: highestZxid(),
  toBeApplied: [],
  outstandingProposals: [],
  observer: false,
};

const outcomes = (known: Partial<KnownFacts>): string[] =>
  possibleDecisions({ ...NOTHING, ...known }, formatZxid64).possible.map(
    ({ conditions, operation, rule }) => `${operation} ${rule} if ${conditions.map(({ text }) => text).join(" and ")}`,
  );

describe("facts that are not given", () => {
  it("are unknown, not empty: without a log, the answer lists what the log on disk can be", () => {
    const found = outcomes({ committedLog: { min: zxid(5, 1), max: zxid(5, 23) }, lastProcessedZxid: zxid(5, 23) });
    expect(found).toEqual([
      "SNAP txn-log-empty if the leader has no log on disk",
      "SNAP txn-log-starts-later if the log on disk starts above 3:5",
      "SNAP txn-log-too-large if the log files above it exceed the size limit",
      "SNAP txn-log-cross-epoch if the log on disk lacks 3:5, and its next transaction is of a later epoch",
      "SNAP txn-log-gap if the log on disk ends below 5:1",
      "DIFF txn-log-diff if the log on disk contains 3:5",
      "TRUNC txn-log-trunc if the log on disk lacks 3:5, and its next transaction is of the same epoch",
    ]);
  });

  it("do not matter if the known ones decide", () => {
    expect(outcomes({ forceSnapSync: true })).toEqual(["SNAP forced-snap if "]);
    expect(outcomes({ lastProcessedZxid: zxid(3, 5) })).toEqual(["DIFF in-sync if "]);
  });

  it("do not hide the packets of a rule that decides in every case", () => {
    const committedLog = { txns: txns(zxid(1, 1), zxid(1, 2), zxid(1, 3)) };
    const certain = (known: Partial<KnownFacts>) =>
      possibleDecisions({ ...NOTHING, committedLog, lastProcessedZxid: zxid(1, 3), ...known }, formatZxid64).certain;
    expect(certain({ peerLastZxid: zxid(1, 2) })).toBeDefined();
    expect(certain({ peerLastZxid: zxid(1, 0) })).toBeUndefined();
  });

  it("leave the rule open if it depends on them, even if the operation is always the same", () => {
    const committedLog = { min: zxid(5, 1), max: zxid(5, 23) };
    const known = { ...NOTHING, committedLog, lastProcessedZxid: zxid(5, 23), txnLogExceedsSizeLimit: true };
    const { certain, possible } = possibleDecisions(known, formatZxid64);
    expect([certain, ...possible.map(({ rule }) => rule)]).toEqual([
      ...[undefined, "txn-log-empty", "txn-log-starts-later", "txn-log-too-large"],
    ]);
  });

  it("of committedLog, of which only the ends are known, leave what it holds between them open", () => {
    const committedLog = { min: zxid(4, 1), max: zxid(5, 23) };
    const rules = outcomes({ peerLastZxid: zxid(4, 5), committedLog, lastProcessedZxid: zxid(5, 23) });
    expect(rules.map((one) => one.split(" ")[1])).toEqual([
      "committed-log-diff",
      "committed-log-trunc",
      "committed-log-cross-epoch",
    ]);
    expect(outcomes({ peerLastZxid: zxid(4, 1), committedLog })).toEqual(["DIFF committed-log-diff if "]);
  });

  it("in 3.4 leave only committedLog open", () => {
    expect(outcomes({ source: "committed-log", committedLog: { min: zxid(5, 1), max: zxid(5, 9) } })).toEqual([
      "SNAP behind-committed-log if ",
    ]);
  });
});

// ---- comparison with random leaders

const counters = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })), {
  maxLength: 8,
  selector: String,
});

/**
 * Draws the facts of a sync decision. The leader's committedLog is the end of its history. The first transactions may
 * be missing from the log on disk.
 */
const leaders = fc
  .record({
    history: counters,
    inMemory: fc.nat(8),
    missing: fc.nat(3),
    rolls: fc.nat(3),
    peer: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 })),
    newEpoch: fc.boolean(),
    source: fc.constantFrom<SyncSource>("committed-log", "txn-log", "txn-log-without-gaps"),
    tooLarge: fc.boolean(),
    txnLogSyncEnabled: fc.boolean(),
  })
  .map(({ history, inMemory, missing, newEpoch, peer, rolls, source, tooLarge, txnLogSyncEnabled }): DecisionFacts => {
    const all = history.map(([epoch, counter]) => zxid(epoch, counter)).sort((a, b) => (a < b ? -1 : 1));
    const committed = all.slice(Math.max(0, all.length - inMemory));
    const onDisk = all.slice(missing);
    const cut = Math.min(rolls, onDisk.length);
    const files = [onDisk.slice(0, cut), onDisk.slice(cut)].filter((file) => file.length > 0);
    const last = all.at(-1) ?? 0n;
    const read =
      files.length -
      Math.max(
        0,
        files.findLastIndex(([first]) => (first as bigint) < zxid(...peer)),
      );
    return {
      ...NOTHING,
      source,
      peerLastZxid: zxid(...peer),
      committedLog: txns(...committed),
      lastProcessedZxid: newEpoch || committed.length === 0 ? ((last >> 32n) + 1n) << 32n : last,
      txnLogFiles: files.map((file) => ({ name: file[0] as bigint, txns: txns(...file) })),
      txnLogExceedsSizeLimit: tooLarge && read > 1,
      txnLogSyncEnabled,
    };
  });

/**
 * Draws which facts to hide. Of committedLog, the test hides nothing, everything, or everything except the two ends.
 */
const hidings = fc.record({
  last: fc.boolean(),
  committedLog: fc.constantFrom("known", "ends", "unknown"),
  log: fc.boolean(),
  size: fc.boolean(),
});

describe("whatever is hidden of a leader", () => {
  it("its decision is one of the possible ones, with the zxid that they give; certain packets are its packets", () => {
    fc.assert(
      fc.property(leaders, hidings, (facts, hidden) => {
        const ends = [facts.committedLog[0]?.zxid, facts.committedLog.at(-1)?.zxid];
        const [min, max] = ends;
        const known: KnownFacts = {
          ...facts,
          lastProcessedZxid: hidden.last ? undefined : facts.lastProcessedZxid,
          committedLog:
            hidden.committedLog === "unknown"
              ? undefined
              : hidden.committedLog === "ends" && min !== undefined && max !== undefined
                ? { min, max }
                : { txns: facts.committedLog },
          txnLogFiles: hidden.log ? undefined : facts.txnLogFiles,
          txnLogExceedsSizeLimit: hidden.size ? undefined : facts.txnLogExceedsSizeLimit,
        };
        const real = decideSync<bigint, Logged<bigint>>(facts);
        const first = real.needSnap ? undefined : real.packets[0];
        const operation = first?.type === DIFF ? "DIFF" : first?.type === TRUNC ? "TRUNC" : "SNAP";
        const { certain, possible } = possibleDecisions(known, formatZxid64);
        const found = possible.find(({ rule }) => rule === real.rule);
        expect(possible.map(({ rule }) => rule)).toContain(real.rule);
        expect(found?.operation).toBe(operation);
        if (found?.zxid !== undefined) expect(found.zxid).toBe(first?.zxid);
        if (certain !== undefined) expect(decideSync<bigint, Logged<bigint>>(certain).packets).toEqual(real.packets);
      }),
      { numRuns: 3000, seed: 7 },
    );
  });
});
