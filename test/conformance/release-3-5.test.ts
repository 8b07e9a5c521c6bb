/**
 * The cases in which the sync decision of ZooKeeper 3.5 differs from that of the newest release. The source is an
 * article that contains the code of LearnerHandler#syncFollower of 3.5.
 */
import { describe, expect, it } from "vitest";
import { parseHistory } from "../../cluster/zxid-range.ts";
import { PROFILES } from "../../protocol/index.ts";
import { decideSync, type Logged, type SyncFacts } from "../../protocol/leader/sync-decision.ts";
import { DIFF, PROPOSAL } from "../../protocol/packets.ts";
import { parseZxid, ZERO_ZXID, type Zxid } from "../../protocol/zxid.ts";

const z = (text: string): Zxid => parseZxid(text) as Zxid;
const list = (text: string): Logged[] => (text === "" ? [] : parseHistory(text).map((zxid) => ({ zxid })));

interface Case {
  readonly name: string;
  /** The number of the article's line from which the expected decision follows. */
  readonly line: number;
  readonly peer: string;
  readonly committedLog: string;
  readonly txnLog?: string;
  readonly last?: string;
  readonly outstanding?: string;
  readonly facts?: Partial<SyncFacts>;
  /** Whether a leader of 3.5 sends SNAP. */
  readonly snap: boolean;
  readonly proposals: string;
  readonly forwardingFrom: string;
}

const CASES: readonly Case[] = [
  {
    name: "the log on disk ends before committedLog starts: a DIFF with a gap",
    line: 411,
    peer: "1:3",
    txnLog: "1:1..1:5",
    committedLog: "1:8..1:10",
    snap: false,
    proposals: "1:4..1:5, 1:8..1:10",
    forwardingFrom: "1:10",
  },
  {
    name: "a gap directly after the peer's zxid: a DIFF with a gap",
    line: 411,
    peer: "1:5",
    txnLog: "1:1..1:5",
    committedLog: "1:7..1:9",
    snap: false,
    proposals: "1:7..1:9",
    forwardingFrom: "1:9",
  },
  {
    name: "a gap that contains a whole epoch: a DIFF with a gap",
    line: 411,
    peer: "1:2",
    txnLog: "1:1..1:3",
    committedLog: "3:1..3:2",
    snap: false,
    proposals: "1:3, 3:1..3:2",
    forwardingFrom: "3:2",
  },
  {
    name: "a SNAP because there is no log: forwarding starts at the peer's zxid",
    line: 425,
    peer: "1:1",
    committedLog: "1:5..1:8",
    outstanding: "2:1..2:2",
    snap: true,
    proposals: "2:1..2:2",
    forwardingFrom: "1:1",
  },
  {
    name: "a SNAP because the log on disk starts later",
    line: 425,
    peer: "1:1",
    txnLog: "1:3..1:6",
    committedLog: "1:5..1:8",
    snap: true,
    proposals: "",
    forwardingFrom: "1:1",
  },
  {
    name: "a SNAP because the log on disk is too large",
    line: 425,
    peer: "1:2",
    txnLog: "1:1..1:8",
    committedLog: "1:5..1:8",
    facts: { txnLogExceedsSizeLimit: true },
    snap: true,
    proposals: "",
    forwardingFrom: "1:2",
  },
  {
    name: "a SNAP because synchronization from the log is off",
    line: 425,
    peer: "1:2",
    txnLog: "1:1..1:8",
    committedLog: "1:5..1:8",
    facts: { txnLogSyncEnabled: false },
    snap: true,
    proposals: "",
    forwardingFrom: "1:2",
  },
  {
    name: "a forced SNAP",
    line: 425,
    peer: "1:7",
    committedLog: "1:5..1:8",
    facts: { forceSnapSync: true },
    snap: true,
    proposals: "",
    forwardingFrom: "1:7",
  },
  {
    name: "a SNAP for a peer at the start of an epoch above committedLog",
    line: 425,
    peer: "3:0",
    committedLog: "1:5..1:8",
    snap: true,
    proposals: "",
    forwardingFrom: "3:0",
  },
];

function factsOf(one: Case): SyncFacts {
  const committedLog = list(one.committedLog);
  const txns = list(one.txnLog ?? "");
  const outstandingProposals = list(one.outstanding ?? "");
  return {
    peerLastZxid: z(one.peer),
    lastProcessedZxid: one.last === undefined ? (committedLog.at(-1)?.zxid ?? ZERO_ZXID) : z(one.last),
    committedLog,
    txnLogFiles: txns.length === 0 ? [] : [{ name: (txns[0] as Logged).zxid, txns }],
    txnLogSyncEnabled: true,
    txnLogExceedsSizeLimit: false,
    forceSnapSync: false,
    lastProposed: outstandingProposals.at(-1)?.zxid ?? committedLog.at(-1)?.zxid ?? ZERO_ZXID,
    toBeApplied: [],
    outstandingProposals,
    observer: false,
    ...one.facts,
  };
}

describe.each(["3.5.5", "3.5.8", "3.5.10"])("a leader of %s", (release) => {
  const source = (PROFILES[release] as { syncSource: NonNullable<SyncFacts["source"]> }).syncSource;

  it.each(CASES.map((one) => [one.name, one.line, one] as const))("%s (the article's line %i)", (_name, _line, one) => {
    const decision = decideSync({ ...factsOf(one), source });
    const proposals = decision.packets.filter(({ type }) => type === PROPOSAL).map(({ zxid }) => zxid);
    expect(decision.needSnap).toBe(one.snap);
    expect(proposals).toEqual(list(one.proposals).map(({ zxid }) => zxid));
    expect(decision.startForwardingFrom).toBe(z(one.forwardingFrom));
    if (!one.snap) expect(decision.packets[0]).toMatchObject({ type: DIFF, zxid: factsOf(one).lastProcessedZxid });
  });

  it.each(CASES.map((one) => [one.name, one] as const))(
    "a leader of the newest release decides differently: %s",
    (_name, one) => {
      const facts = factsOf(one);
      expect(decideSync(facts)).not.toEqual(decideSync({ ...facts, source }));
    },
  );

  // If queueCommittedProposals finds no position for a DIFF or TRUNC in the log on disk, it is called again with
  // committedLog.
  it("reports a committedLog rule if the log on disk has no match and committedLog decides", () => {
    const common = { txnLogFiles: [{ name: z("1:1"), txns: list("1:1") }], source, lastProcessedZxid: z("1:4") };
    const cases = [
      ["1:2", "1:3..1:4", "committed-log-trunc"],
      ["1:2", "2:1..2:2", "committed-log-cross-epoch"],
      ["1:2", "", "txn-log-gap"],
    ] as const;
    for (const [peerLastZxid, committedLog, rule] of cases) {
      const facts = { ...factsOf(CASES[0] as Case), ...common, peerLastZxid: z(peerLastZxid) };
      expect(decideSync({ ...facts, committedLog: list(committedLog) }).rule).toBe(rule);
    }
  });
});
