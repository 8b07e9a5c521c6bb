/** What `zabsim list releases` says about each release. */
import { expect, it } from "vitest";
import { describeRelease } from "../../fuzz/about-releases.ts";
import { RELEASES } from "../../protocol/releases.ts";

it.each([
  ["3.6.2", /^has the bugs ZOOKEEPER-3911, -4643, -3023, -3642$/],
  ["3.9.4", /^has none of the fixed bugs in zabsim matrix, but \d+ bugs that no release fixes \(zabsim list fixes\)$/],
  ["3.9.5", /^ZooKeeper 3\.9\.5 behaves like 3\.9\.4: 3\.9\.5 changes .*\. It has none of the fixed bugs/],
  [
    "3.6.3",
    /^ZooKeeper 3\.6\.3 behaves like 3\.6\.4, with one difference: 3\.6\.3 does not fix .*3781\. .* It has the bugs Z/,
  ],
  ["3.4.14", /^has the bugs ZOOKEEPER-3911, .*-3104, ack-from-outside-configuration-commits$/],
  ["3.5.7", /^ZooKeeper 3\.5\.7 behaves like 3\.5\.5, with 3 differences: 3\.5\.7 has the setting /],
  ["newest", /^the newest ZooKeeper release \(3\.9\.5\), with the bugs/],
  ["patched", /zabsim's own fix/],
])("%s", (release, text) => {
  expect(describeRelease(release)).toMatch(text);
});

it("describes every release", () => {
  for (const release of RELEASES) expect(describeRelease(release)).not.toBe("");
});
