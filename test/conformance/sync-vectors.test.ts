/**
 * Recorded decisions of ZooKeeper's own syncFollower (20,000), of syncFollower with startForwarding (6,000), and of
 * the 20 calls in LearnerHandlerTest.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SYNC_RULES } from "../../protocol/index.ts";
import { asBigint, asNumber, decide, recorded, type SyncVector } from "./sync-vectors.ts";

/** For each branch of the recorded decisions, the rule by which decideSync must decide. */
const RULES_BY_KIND: Readonly<Record<string, string>> = {
  "1 forced SNAP": "forced-snap",
  "2 in-sync empty DIFF": "in-sync",
  "3 TRUNC to maxCommittedLog": "ahead-of-committed-log",
  "4a in-range DIFF (epoch-boundary peer, not in log)+proposals": "committed-log-diff-new-epoch",
  "4a in-range DIFF exact match+none": "committed-log-diff",
  "4a in-range DIFF exact match+proposals": "committed-log-diff",
  "4b in-range TRUNC to prev+proposals": "committed-log-trunc",
  "4d in-range, unknown zxid, next txn in other epoch -> SNAP (forwarding starts at peer zxid)":
    "committed-log-cross-epoch",
  "5a SNAP: no txnlog": "txn-log-empty",
  "5a SNAP: peer older than txnlog": "txn-log-starts-later",
  "5a SNAP: txnlog over size limit": "txn-log-too-large",
  "5b SNAP: gap between txnlog end and committedLog start": "txn-log-gap",
  "5c txnlog DIFF (epoch-boundary peer, not in log)+proposals": "txn-log-diff-new-epoch",
  "5c txnlog DIFF exact match+proposals": "txn-log-diff",
  "5d txnlog TRUNC to prev+proposals": "txn-log-trunc",
  "5g SNAP: cross-epoch TRUNC refused (via gap check)": "txn-log-cross-epoch",
  "6 SNAP: behind committedLog and txnlog sync disabled": "txn-log-off",
  "7 SNAP: epoch-boundary peer zxid above maxCommittedLog, not equal lastProcessed": "new-epoch-above-committed-log",
};

function vectors(name: string): SyncVector[] {
  const bytes = readFileSync(new URL(`vectors/${name}`, import.meta.url));
  const text = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe.each([
  ["sync-vectors.jsonl.gz", 20_000],
  ["forward-vectors.jsonl.gz", 6_000],
  ["learnerhandlertest-vectors.jsonl", 20],
])("%s", (name, count) => {
  const all = vectors(name);

  it(`holds ${count} decisions`, () => expect(all).toHaveLength(count));

  it("decideSync agrees with all of them for 64-bit zxids", () => {
    const differing = all.filter(
      (vector) => JSON.stringify(decide(vector, asBigint).answer) !== JSON.stringify(recorded(vector)),
    );
    expect(differing.map((vector) => vector.id)).toEqual([]);
  });

  it("decideSync agrees with all of them for the simulator's zxids", () => {
    const differing = all.filter(
      (vector) => JSON.stringify(decide(vector, asNumber).answer) !== JSON.stringify(recorded(vector)),
    );
    expect(differing.map((vector) => vector.id)).toEqual([]);
  });
});

describe("rules", () => {
  it("each kind of recorded decision occurs and comes from its rule", () => {
    const seen = new Map<string, Set<string>>();
    for (const vector of vectors("sync-vectors.jsonl.gz")) {
      const kind = vector.kind as string;
      seen.set(kind, (seen.get(kind) ?? new Set()).add(decide(vector, asBigint).rule));
    }
    const got = Object.fromEntries([...seen].sort().map(([kind, rules]) => [kind, [...rules].join(" ")]));
    expect(got).toEqual(RULES_BY_KIND);
  });

  it("each rule has a text", () => {
    for (const rule of Object.values(RULES_BY_KIND)) expect(Object.keys(SYNC_RULES)).toContain(rule);
  });
});

describe("LearnerHandlerTest", () => {
  for (const vector of vectors("learnerhandlertest-vectors.jsonl")) {
    it(vector.id, () => expect(decide(vector, asNumber).answer).toEqual(recorded(vector)));
  }
});
