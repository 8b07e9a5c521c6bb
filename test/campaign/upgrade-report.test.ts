/** Tests the data of `zabsim matrix --from A --to B`. test/cli/matrix.test.ts runs a campaign of rolling upgrades. */
import { expect, it } from "vitest";
import { upgradeReport } from "../../campaign/upgrade-report.ts";

it("names each bug by its ticket, with its cause and effect, and its scenario if there is one", () => {
  const { gone, staying } = upgradeReport("3.5.8", "3.8.4");
  expect(gone).toContainEqual({
    bug: "ZOOKEEPER-3911",
    about:
      "A follower acknowledges NEWLEADER before the transactions of a DIFF are on disk. " +
      "If the quorum then loses power, committed transactions are lost.",
    scenario: "zookeeper-3911-newleader-acked-before-diff-is-logged",
  });
  expect(gone.find(({ bug }) => bug === "ZOOKEEPER-3537")?.scenario).toBeUndefined();
  expect(staying.map(({ bug }) => bug)).toContain("txns-after-trunc-missing-from-committed-log");
});
