import { expect, test } from "vitest";
import type { DecisionRecord } from "../../../cluster/records.ts";
import { asZxid, parseZxid } from "../../../protocol/index.ts";
import { numberLine, zxidsOf } from "../../../view/page/number-line.ts";

function decision(peer: string, last: string, log: readonly [string, string] | undefined): DecisionRecord {
  const [min, max] = log?.map((zxid) => parseZxid(zxid) ?? asZxid(0)) ?? [asZxid(0), asZxid(0)];
  return {
    peerLastZxid: parseZxid(peer),
    lastProcessedZxid: parseZxid(last),
    minCommittedLog: min,
    maxCommittedLog: max,
  } as DecisionRecord;
}

test("the peer is above committedLog", () => {
  const line = numberLine(zxidsOf(decision("1:4", "1:3", ["1:1", "1:3"]), []));
  expect(line.ticks.map(({ text }) => text)).toEqual(["1:1", "last 1:3", "peer 1:4"]);
  expect(line.ranges).toEqual([{ kind: "committed-log", from: 0, to: 0.5 }]);
  expect(line.peer).toBe(1);
});

test("the peer is below committedLog and in the log files", () => {
  const files = [parseZxid("1:1") as number, parseZxid("1:9") as number];
  const line = numberLine(zxidsOf(decision("1:2", "1:9", ["1:5", "1:9"]), files));
  expect(line.ranges.map(({ kind }) => kind)).toEqual(["txnlog", "committed-log"]);
  expect(line.text).toBe("peer 1:2, committedLog 1:5 to 1:9, log files 1:1 to 1:9, last processed 1:9");
});

test("with one zxid, the line has one tick in the middle", () => {
  const line = numberLine(zxidsOf(decision("1:2", "1:2", undefined), []));
  expect(line.ticks).toEqual([{ place: 0.5, text: "peer last 1:2" }]);
  expect(line.text).toContain("committedLog empty, log files empty");
});
