/** Tests the sentences about servers that have the same myid. */
import { describe, expect, it } from "vitest";
import { sharedIdFact, sharedIdSentences } from "../../../reports/why/shared-ids.ts";
import { runOf } from "../records.ts";

const WRONG = "servers: { 1: {}, 2: {}, 3: { myid: 2 } }\n";

describe("servers with the same myid", () => {
  it("are named, and the start with the wrong file is the root", () => {
    const run = runOf(`${WRONG}until: 2s\n`);
    expect(sharedIdSentences(run)).toEqual(["servers 2 and 3 have the same myid, 2"]);
    expect(sharedIdFact(run, run.endUs)).toEqual({
      text: "servers 2 and 3 have the same myid, 2",
      atUs: undefined,
      causes: [{ text: "server 3 starts with 2 in its file myid", atUs: 0, isRoot: true }],
    });
  });

  it("remain a cause after the file is corrected, but not the state at the end", () => {
    const run = runOf(`${WRONG}steps:\n  - { at: 1s, restart: { server: 3, myid: 3 } }\nuntil: 2s\n`);
    expect(sharedIdSentences(run)).toEqual([]);
    expect(sharedIdFact(run, run.endUs)?.text).toBe("servers 2 and 3 have the same myid, 2");
    expect(sharedIdFact(run, -1)).toBeUndefined();
  });

  it("are not found in a run without records", () => {
    const run = { ...runOf(`${WRONG}until: 2s\n`), records: [] };
    expect([sharedIdSentences(run), sharedIdFact(run, run.endUs)]).toEqual([[], undefined]);
  });

  it("do not exist if a server with another id takes the place of one that never started", () => {
    const run = runOf("servers: { 1: {}, 2: { down: true }, 3: { myid: 2 } }\nuntil: 2s\n");
    expect([sharedIdSentences(run), sharedIdFact(run, run.endUs)]).toEqual([[], undefined]);
  });
});
