/** Tests `zabsim confirm` as far as it needs no real server. */
import { describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT } from "../../cli/exit-codes.ts";
import { zabsim } from "./zabsim.ts";

describe("zabsim confirm", () => {
  it("names the step that real servers cannot be made to do, and exits with 2", () => {
    const args = ["confirm", "open-corrupt-snapshot-older-one-used", "--release", "3.9.4"];
    const { code, stdout } = zabsim(args);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stdout).toMatch(
      /^open-corrupt-snapshot-older-one-used on real servers of ZooKeeper 3\.9\.4: not stageable\n/,
    );
    expect(stdout).toMatch(/^ {2}because: step 3 \(disk\): disk\.corrupt: /m);
    expect(JSON.parse(zabsim([...args, "--json"]).stdout)).toMatchObject({
      ...{ scenario: "open-corrupt-snapshot-older-one-used", release: "3.9.4", verdict: "not stageable", tries: [] },
    });
  });

  it("says that no real server shows a violation that needs the memory of a server", () => {
    const { code, stdout } = zabsim(["confirm", "open-observer-serves-before-synced-commits-are-applied"]);
    expect(code).toBe(EXIT_BAD_INPUT);
    expect(stdout).toContain("because: commit-completeness: packets, disks and clients do not show such a violation");
  });
});
