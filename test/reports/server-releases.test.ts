/** Tests the release that a server runs at a given time of a run. */
import { expect, it } from "vitest";
import { ServerReleases } from "../../reports/server-releases.ts";
import { runOf, sid } from "./records.ts";

const MIXED = `
zookeeper: 3.6.2
servers: { 1: {}, 2: { zookeeper: 3.8.4 }, 3: { down: true } }
steps:
  - { at: 2s, upgrade: { server: 1, to: 3.9.4 } }
  - { at: 3s, upgrade: { server: 3, to: 3.9.5 } }
until: 4s
`;

it("changes with each upgrade, also of a server that is down", () => {
  const releases = new ServerReleases(runOf(MIXED));
  expect(releases.areMixed).toBe(true);
  expect([1, 2, 3].map((id) => releases.at(sid(id), 0))).toEqual(["3.6.2", "3.8.4", "3.6.2"]);
  expect([1_999_999, 2_000_000].map((atUs) => releases.at(sid(1), atUs))).toEqual(["3.6.2", "3.9.4"]);
  expect(releases.at(sid(3), 3_500_000)).toBe("3.9.5");
});

it("is not mixed if all servers run the same release for the whole run", () => {
  expect(new ServerReleases(runOf("zookeeper: 3.6.2\nservers: 3\n")).areMixed).toBe(false);
});
