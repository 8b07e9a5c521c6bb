/** Makes zxids, records and runs for the tests in this folder. */

import type { ProtocolRecord } from "../../cluster/records.ts";
import { asEpoch, asServerId, makeZxid, type ServerId, type Zxid } from "../../protocol/zxid.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { Trace } from "../../sim/index.ts";

export const sid = (id: number): ServerId => asServerId(id);

/** Parses a zxid such as `1:4`. */
export function zxid(text: string): Zxid {
  const [epoch, counter] = text.split(":").map(Number);
  return makeZxid(asEpoch(epoch ?? 0), counter ?? 0);
}

type WithoutCommon<Record> = Record extends ProtocolRecord ? Omit<Record, "atUs" | "server"> : never;

/** Makes a record. Defaults: server 1, at 1 s. */
export function record(
  fields: WithoutCommon<ProtocolRecord>,
  { atUs = 1_000_000, server = 1 }: { readonly atUs?: number; readonly server?: number } = {},
): ProtocolRecord {
  return { atUs, server: sid(server), ...fields } as ProtocolRecord;
}

/** Runs a scenario that is given as text, with seed 1 and a trace. */
export function runOf(text: string): ScenarioRun {
  return runScenario(loadScenario(text, "test.yaml"), { seed: 1, trace: new Trace() });
}

export function tooWide(text: string): string[] {
  return text.split("\n").filter((line) => line.length > 80);
}
