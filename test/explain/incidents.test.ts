/** Tests the explanation of the logs of staged incidents (test/incidents), which real servers wrote. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Ensemble, ensembleOf } from "../../explain/ensemble.ts";
import { findingsOf } from "../../explain/findings.ts";
import { stateChanges } from "../../explain/states.ts";
import { historyOf } from "./recording.ts";

function logsOf(incident: string, servers: readonly number[]): Ensemble {
  const folder = fileURLToPath(new URL(`../incidents/${incident}/logs/`, import.meta.url));
  return ensembleOf(
    servers.map((sid) => historyOf(sid, gunzipSync(readFileSync(`${folder}server-${sid}.log.gz`)).toString("utf8"))),
  );
}

describe("initLimit is too short, and server 3 has been killed while it followed an earlier leader", () => {
  const ensemble = logsOf("short-init-limit", [1, 2, 3]);

  it.each([[[1, 2, 3]], [[1, 2]]])("the logs of servers %j show a time without a leader", (servers) => {
    const found = findingsOf(logsOf("short-init-limit", servers)).find(({ rule }) => rule === "no-leader");
    expect(found?.title).toMatch(
      /^no server led for [\d.]+ s, until the logs end: initLimit was too short for the synchronization$/,
    );
  });

  it("the log of server 3 ends with its leader", () => {
    const last = stateChanges(ensemble).findLast(({ server }) => server === 3);
    const leaderEnds = stateChanges(ensemble).find(({ server, state }) => server === 2 && state === "down");
    expect(last?.state).toBe("log ends");
    expect(Math.abs((last?.timeMs ?? 0) - (leaderEnds?.timeMs ?? 0))).toBeLessThan(1000);
  });

  it("says that the value was another one before, and quotes the lines that set it", () => {
    const found = findingsOf(ensemble).find(({ rule, title }) => rule === "configuration" && /initLimit/.test(title));
    expect(found?.cause).toContain("server 1: 8 (60 in an earlier start)");
    expect(found?.evidence.map(({ text }) => text)).toEqual([
      "initLimit set to 60",
      "initLimit set to 8",
      "initLimit set to 8",
    ]);
    expect(found?.advice).toEqual([
      "Set initLimit to the same value in every zoo.cfg: at least to the largest one that was enough, 60.",
    ]);
  });
});
