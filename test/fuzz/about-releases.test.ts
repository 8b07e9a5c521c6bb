/** What `zabsim list releases` says about each release. */
import { expect, it } from "vitest";
import { describeRelease } from "../../fuzz/about-releases.ts";
import { RELEASES } from "../../protocol/releases.ts";

it.each([
  ["3.6.2", /^has ZOOKEEPER-3911, -4643, -3023, -3642$/],
  ["3.9.4", /^has none of the bugs that zabsim matrix shows, but \d+ open bugs \(zabsim list fixes\)$/],
  ["3.9.5", /^ZooKeeper 3\.9\.5 behaves like 3\.9\.4: 3\.9\.5 changes .*\. It has none of the bugs/],
  ["3.6.3", /^ZooKeeper 3\.6\.3 runs with the profile of 3\.6\.4, changed where the two differ: .*3781.*\. It has ZOO/],
  ["newest", /^the newest ZooKeeper release \(3\.9\.5\), with the bugs/],
  ["patched", /zabsim's own fix/],
])("%s", (release, text) => {
  expect(describeRelease(release)).toMatch(text);
});

it("describes every release", () => {
  for (const release of RELEASES) expect(describeRelease(release)).not.toBe("");
});
