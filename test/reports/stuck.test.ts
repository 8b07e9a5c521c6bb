/** Tests the explanation of a stuck run. */
import { describe, expect, it } from "vitest";
import { failureOf } from "../../fuzz/shrink/failure.ts";
import { finalStateLines } from "../../reports/final-state.ts";
import { isStuck, whyStuck } from "../../reports/stuck.ts";
import { runOf, tooWide } from "./records.ts";

const unwrapped = (text: string): string => text.replace(/\s+/g, " ");

describe("isStuck", () => {
  const run = runOf(`
servers:
  1: { config: { voters: [1, 2], version: "1:0" }, nextConfig: { voters: [1, 2, 3, 4, 5], version: "2:0" } }
  2: { config: { voters: [1, 2], version: "1:0" }, nextConfig: { voters: [1, 2, 3, 4, 5], version: "2:0" } }
  3: { down: true }
  4: { down: true }
  5: { down: true }
settings: { reconfigEnabled: true }
steps: [{ at: 1s, settle: [1, 2] }]
expect: { live: 20s }
`);

  it("a pending configuration has no quorum among the settled servers: they are not stuck, and the run is ok", () => {
    expect([isStuck(run), failureOf(run), run.unmet]).toEqual([false, undefined, []]);
    expect(run.servers.some(({ active }) => active)).toBe(false);
  });

  it("the report says why they need not serve", () => {
    expect(unwrapped(finalStateLines(run).join("\n"))).toContain(
      "the settled servers need not serve: the pending configuration of server 1 (voters 1,2,3,4,5; version 2:0) has " +
        "no quorum among them, because only 1 and 2 can vote, and it can be active on other servers",
    );
  });
});

it("the report names a server that exits, without which the leader cannot commit its pending configuration", () => {
  const old = "config: { voters: [2], observers: [1] }";
  const run = runOf(`
servers:
  1: { role: observer, ${old} }
  2: { ${old} }
  3: { empty: true, config: { voters: [2, 3], observers: [1] } }
settings: { reconfigEnabled: true }
steps:
  - { when: { event: active, server: 3 }, reconfig: { add: { 1: participant, 3: participant } } }
  - { after: 0ms, restart: 3 }
  - { at: 1s, settle: [1, 2, 3] }
expect: { live: 20s }
`);
  expect([isStuck(run), failureOf(run), run.unmet]).toEqual([false, undefined, []]);
  expect(unwrapped(finalStateLines(run).join("\n"))).toMatch(
    /leader 2 cannot commit its pending configuration \(voters 1,2,3; version 1:1\): server 3 exits at its start/,
  );
});

describe("whyStuck", () => {
  const crashes = "servers: 3\nuntil: 5s\nsteps:\n  - { at: 1s, crash: 1 }\n  - { at: 1s, crash: 2 }\n";
  const text = whyStuck(runOf(crashes));

  it("fits 80 columns, and starts with the leader", () => {
    expect(tooWide(text)).toEqual([]);
    expect(text.split("\n")[0]).toBe("at 5.000000 s no server leads");
  });

  it("says since when a server is down, and why", () => {
    expect(text).toMatch(/^ {2}server 1: down since 1\.000000 s: it crashes \(step 1\)$/m);
  });

  it("says what a running server waits for, and its last record", () => {
    expect(unwrapped(text)).toMatch(
      /server 3: LOOKING in ELECTION since [\d.]+ s, waits for votes from a quorum for one leader; it votes for 3 /,
    );
  });

  it("names the leader of a run in which servers serve", () => {
    expect(whyStuck(runOf("servers: 3\n")).split("\n")[0]).toMatch(
      /server 3 leads epoch 1 at 1:0; servers 1 and 2 serve$/,
    );
  });

  it("says that a server never started", () => {
    expect(whyStuck(runOf("servers:\n  1: {}\n  2: {}\n  3: { down: true }\n"))).toContain("server 3: never started");
  });

  it("names the failure because of which a server exited", () => {
    const run = runOf("servers:\n  1: { currentEpoch: 1, acceptedEpoch: 0 }\n  2: {}\n  3: {}\n");
    expect(unwrapped(whyStuck(run))).toMatch(
      /server 1: refused to start at 0\.000000 s \(exit code \d+\): accepted-older-than-current/,
    );
  });
});
