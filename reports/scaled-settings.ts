/**
 * Says which settings of a scenario make the servers smaller than a real server can be. They keep scenarios short: with
 * a committedLog of 3 transactions, 4 writes are enough to push a learner's zxid out of it.
 */
import type { Settings } from "../protocol/settings.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** For each setting: the smallest value of a real server, and what the setting is about. */
const REAL_MINIMUM: Readonly<Partial<Record<keyof Settings, readonly [minimum: number, meaning: string]>>> = {
  // ZKDatabase raises a smaller value. Up to 3.5, the number is a constant (ZKDatabase#commitLogCount).
  commitLogCount: [500, "transactions in committedLog"],
};

/** Returns one line for each setting whose value is below the minimum of a real server. */
export function scaledSettings({ servers, settings }: Scenario): string[] {
  return Object.entries(REAL_MINIMUM).flatMap(([name, [minimum, meaning]]) => {
    const all = [settings, ...Object.values(servers).map((server) => server.settings)];
    const values = all.map((one) => one[name as keyof Settings]).filter((value) => Number(value) < minimum);
    if (values.length === 0) return [];
    const small = [...new Set(values)].join(" and ");
    return [`scaled: ${name} is ${small}; a real server has at least ${minimum} ${meaning}`];
  });
}
