/** What a kill -9 leaves of the log. */
import { expect, it } from "vitest";
import { asServerId, formatZxid } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

const FOLLOWER = asServerId(1);

/** Returns the last zxid that follower 1 loads after a kill. It gets 1:2 while it syncs 1:1, which takes 1 s. */
function lastZxidAfterKill(killAfter: string): string | undefined {
  const text = `
servers: 3
settings: { tickTimeMs: 200 }
network: { latency: 1ms }
disk: { sync: 2ms, write: 1ms }
steps:
  - { when: { event: active, server: 1 }, after: 500ms, disk: { server: 1, sync: 1s } }
  - { write: 1 }
  - { after: 20ms, write: 1 }
  - { after: ${killAfter}, crash: { server: 1, unsynced: kept } }
  - { disk: { server: 1, sync: 2ms } }
  - { after: 100ms, restart: 1 }
`;
  const { records } = runScenario(loadScenario(text, "inline.yaml"), { seed: 1 });
  const loaded = records.findLast((record) => record.event === "loaded" && record.server === FOLLOWER);
  return loaded?.event === "loaded" ? formatZxid(loaded.zxid) : undefined;
}

// FileTxnLog#append leaves a record in a buffer of the process, and FileTxnLog#commit writes it to the file before
// fsync. The core appends a batch when its sync starts, so a kill loses the same records.
it("loses the transactions that wait for a sync, and keeps those whose sync is in progress", () => {
  expect(lastZxidAfterKill("20ms")).toBe("1:1");
});

it("keeps the transactions of the next sync once it is in progress", () => {
  expect(lastZxidAfterKill("1500ms")).toBe("1:2");
});
