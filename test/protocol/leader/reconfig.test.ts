/** Tests the checks of a request to change the configuration, and the choice of the designated leader. */
import { describe, expect, it } from "vitest";
import {
  checkReconfig,
  designatedLeader,
  type ReconfigContext,
  type ReconfigRequest,
} from "../../../protocol/leader/reconfig.ts";
import {
  AckSet,
  configText,
  hierarchical,
  majority,
  type QuorumVerifier,
  withPorts,
} from "../../../protocol/quorum.ts";
import { asServerId, type ServerId } from "../../../protocol/zxid.ts";

const ids = (...sids: number[]): ServerId[] => sids.map(asServerId);
const BASE = majority(ids(1, 2, 3), [], 1);
const participant = (sid: number) => ({ sid: asServerId(sid), role: "participant" as const });

function check(request: ReconfigRequest, changes: Partial<ReconfigContext> = {}): string {
  const context: ReconfigContext = {
    committed: BASE,
    pending: BASE,
    knowsReconfig: true,
    reconfigEnabled: true,
    standaloneEnabled: true,
    synced: ({ voters }) => voters,
    ...changes,
  };
  const result = checkReconfig(request, 7, context);
  return typeof result === "string" ? result : configText(result);
}

describe("checkReconfig", () => {
  it.each<[string, ReconfigRequest, Partial<ReconfigContext>, string]>([
    ["adds servers", { joining: [participant(4)] }, {}, "voters 1,2,3,4; version 0:7"],
    [
      "changes roles",
      { joining: [{ sid: asServerId(1), role: "observer" }] },
      {},
      "voters 2,3; observers 1; version 0:7",
    ],
    ["removes servers, and ignores unknown ones", { leaving: ids(1, 9) }, {}, "voters 2,3; version 0:7"],
    ["replaces all members", { members: majority(ids(4, 5)) }, {}, "voters 4,5; version 0:7"],
    [
      "leaves one voter without standaloneEnabled",
      { leaving: ids(1, 2) },
      { standaloneEnabled: false },
      "voters 3; version 0:7",
    ],
    ["knows no reconfiguration", {}, { knowsReconfig: false }, "Unimplemented"],
    ["is disabled", {}, { reconfigEnabled: false }, "ReconfigDisabled"],
    ["has a pending configuration", {}, { pending: { ...BASE, version: 2 } }, "ReconfigInProgress"],
    ["has another version", { fromVersion: 2 }, {}, "BadVersion"],
    ["has groups", { leaving: ids(1) }, { pending: hierarchical([ids(1, 2, 3)], new Map(), [], 1) }, "BadArguments"],
    ["would leave one voter", { leaving: ids(1, 2) }, {}, "BadArguments"],
    ["would leave no voter", { leaving: ids(1, 2, 3) }, { standaloneEnabled: false }, "BadArguments"],
    [
      "changes ports, and keeps the role and the other ports",
      { joining: [{ sid: asServerId(1), ports: { quorum: 9 } }] },
      { pending: withPorts(BASE, new Map([[asServerId(1), { quorum: 1, election: 2, client: 3 }]])) },
      "voters 1,2,3; ports 1=9:2;3; version 0:7",
    ],
    [
      "keeps an observer that only moves",
      { joining: [{ sid: asServerId(4), ports: { client: 9 } }] },
      {
        pending: majority(ids(1, 2, 3), ids(4), 1),
      },
      "voters 1,2,3; observers 4; ports 4=2888:3888;9; version 0:7",
    ],
    ["has equal ports", { joining: [{ ...participant(1), ports: { quorum: 3888 } }] }, {}, "BadArguments"],
    ["has no rights", { leaving: ids(1), authorized: false }, {}, "NoAuth"],
    ["has no rights and no quorum", { leaving: ids(1), authorized: false }, { synced: () => [] }, "NewConfigNoQuorum"],
    ["has no synced quorum", { joining: [participant(4)] }, { synced: () => ids(1, 2) }, "NewConfigNoQuorum"],
  ])("%s", (_, request, changes, expected) => {
    expect(check(request, changes)).toBe(expected);
  });
});

describe("designatedLeader", () => {
  function acksOf(config: QuorumVerifier, ...sids: number[]): AckSet {
    const acks = new AckSet(BASE, config);
    for (const sid of sids) acks.add(asServerId(sid));
    return acks;
  }
  const next = majority(ids(2, 3, 4), [], 2);

  it.each<[string, number, number[], number[][], number]>([
    ["is this leader if it votes in the new configuration", 2, [3, 4], [], 2],
    ["is a voter of the new configuration that has acknowledged it", 1, [1, 3, 4], [], 3],
    ["has acknowledged the most later transactions", 1, [2, 3, 4], [[2, 3], [3]], 3],
    ["is a voter of both configurations if one has acknowledged a later transaction", 1, [2, 3, 4], [[3, 4], [4]], 3],
    ["ignores a later transaction that only a new voter has acknowledged", 1, [2, 4], [[4]], 2],
    ["is one of the last ones if no server has acknowledged a transaction", 1, [2, 3], [[]], 2],
    ["is this leader if no server has acknowledged the configuration", 1, [1], [], 1],
  ])("%s", (_, self, acked, later, expected) => {
    const rest = later.map((sids) => acksOf(next, ...sids));
    expect(designatedLeader(asServerId(self), acksOf(next, ...acked), rest)).toBe(expected);
  });

  it("is another voter if the quorum address of this leader changes", () => {
    expect(designatedLeader(asServerId(2), acksOf(next, 2, 3), [], false)).toBe(3);
  });
});
