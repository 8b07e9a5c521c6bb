/** How the records of a run are selected by event. */
import { expect, it } from "vitest";
import type { ProtocolRecord } from "../../cluster/records.ts";
import { asServerId } from "../../protocol/zxid.ts";
import { recordsOf } from "../../scenarios/scenario-run.ts";

it("recordsOf returns the records of one event, in order", () => {
  const started = (atUs: number): ProtocolRecord => ({ atUs, server: asServerId(1), event: "started" });
  const crashed: ProtocolRecord = { atUs: 2, server: asServerId(1), event: "crashed", exitCode: undefined, lost: [] };
  const records = [started(1), crashed, started(3)];
  expect(recordsOf(records, "started")).toEqual([started(1), started(3)]);
  expect(recordsOf(records, "crashed")).toEqual([crashed]);
  expect(recordsOf(records, "failed")).toEqual([]);
});
