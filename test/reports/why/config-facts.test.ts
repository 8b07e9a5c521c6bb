/** Tests the facts about the configurations that a server has had. */
import { describe, expect, it } from "vitest";
import type { Violation } from "../../../invariants/index.ts";
import { ConfigFacts } from "../../../reports/why/config-facts.ts";
import { Moment } from "../../../reports/why/moment.ts";
import { runOf, sid } from "../records.ts";

const run = runOf(`
servers: { 1: {}, 2: {}, 3: {}, 4: { down: true } }
settings: { reconfigEnabled: true }
steps:
  - { when: established, reconfig: { remove: 1 } }
  - { after: 1s, restart: 2 }
until: 3s
`);

function factsAt(atUs: number): ConfigFacts {
  return new ConfigFacts(new Moment(run, { id: "seen-config-kept", server: sid(2), atUs } as Violation));
}

describe("the facts about the configurations of a server", () => {
  it("name the file with which the server started last, and the step that started it", () => {
    const { causes, text } = factsAt(run.endUs).start(sid(2));
    expect(text).toMatch(/^server 2 starts with voters 2,3,4; version 1:\d$/);
    expect(causes).toMatchObject([{ text: "step 2: restart 2" }]);
    expect(factsAt(0).start(sid(2)).text).toBe("server 2 starts with the voters 1, 2, 3 and 4 in zoo.cfg");
  });

  it("name the newest and the last configuration, with the step that requested it", () => {
    const newest = factsAt(run.endUs).newest(sid(2));
    expect(newest.text).toMatch(/^server 2 activates the configuration voters 2,3,4; version 1:\d$/);
    expect(newest.causes.at(-1)).toMatchObject({ isRoot: true });
    expect(factsAt(run.endUs).last(sid(2))).toEqual(newest);
  });

  it("name the start if the server has got no configuration", () => {
    expect(factsAt(0).newest(sid(2))).toEqual(factsAt(0).start(sid(2)));
    expect(factsAt(run.endUs).last(sid(4)).text).toBe("server 4 starts");
  });

  it("name another configuration with the same version", () => {
    const records = run.records.map((one) =>
      one.event === "config-committed" && one.server === 3 ? { ...one, config: `${one.config} of 3` } : one,
    );
    const moment = new Moment({ ...run, records }, {
      id: "config-agreement",
      server: sid(2),
      atUs: run.endUs,
    } as Violation);
    expect(new ConfigFacts(moment).rival(sid(2)).text).toMatch(/^server 3 activates .* of 3$/);
    expect(factsAt(run.endUs).rival(sid(2))).toEqual(factsAt(run.endUs).newest(sid(2)));
  });
});
