/**
 * Finds servers whose jute.maxbuffer is too small for a transaction that another server has accepted. Such a server can
 * never read the transaction, although no fault is active.
 */
import type { ServerId } from "../protocol/index.ts";
import type { LimitedRun } from "./find-short-limits.ts";
import type { SmallBuffers } from "./small-buffers.ts";

/**
 * Returns the servers that failed with a buffer above their limit and do not serve at the end. Returns undefined if
 * there are none. If the run has a settle step, only failures after it count.
 */
export function findSmallBuffers({ liveness, records, scenario, servers }: LimitedRun): SmallBuffers | undefined {
  const sinceUs = liveness?.settledUs ?? 0;
  const serving = new Set(servers.filter(({ active }) => active).map(({ sid }) => sid));
  const failed = new Map<ServerId, string>();
  for (const record of records) {
    if (record.event !== "failed" || record.reason !== "unreasonable-length" || record.atUs < sinceUs) continue;
    if (!serving.has(record.learner ?? record.server) && !failed.has(record.server)) {
      failed.set(record.server, record.detail);
    }
  }
  const [detail] = failed.values();
  if (detail === undefined) return undefined;
  const sizes = scenario.steps.map((step) => ("write" in step ? (step.write.bytes ?? 0) : 0));
  return { servers: [...failed.keys()].sort((a, b) => a - b), neededBytes: Math.max(...sizes), detail };
}
