/** Tests `zabsim plan-roll`: its text, its JSON and its exit codes. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { isBadInput, zabsim, zabsimOnce } from "./zabsim.ts";

const roll = (name: string): string => fileURLToPath(new URL(`../roll/rolls/${name}.cfg`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "zabsim-plan-roll-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

describe("zabsim plan-roll", () => {
  it("prints the verdicts, the order to use and why the others are not safe", () => {
    const { code, stdout } = zabsimOnce("plan-roll", roll("one"), roll("three"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^safe +2 {2}start 2 or 3, then restart 1, then start 2 or 3$/m);
    expect(stdout).toMatch(/^can lose data +2 {2}begin: start 2 and 3 in any order$/m);
    expect(stdout).toContain("  1. Start server 2 with the new list.\n  2. Restart server 1 with the new list.\n");
    expect(stdout).toContain("- restart 1: loses availability. After step 1 (restart 1), no server leads.");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("prints the same answer as JSON, and the same one again", () => {
    const { code, stdout } = zabsimOnce("plan-roll", roll("two"), roll("one"), "--json");
    expect(code).toBe(0);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      zookeeper: "newest",
      orders: { total: 2, tried: 2 },
      use: { steps: ["Restart server 1 with the new list.", "Stop server 2."], partition: null },
      tried: [
        { order: ["restart 1", "stop 2"], verdict: "safe" },
        { order: ["stop 2", "restart 1"], verdict: "unavailable" },
      ],
    });
    expect(zabsim(["plan-roll", roll("two"), roll("one"), "--json"]).stdout).toBe(stdout);
  });

  it("proposes smaller rolls and exits with 1 if no order is safe", () => {
    const [old, fresh] = [file("old.cfg", "server.1=a:1:2"), file("new.cfg", "server.2=b:1:2")];
    const { code, stdout } = zabsim(["plan-roll", old, fresh]);
    expect(code).toBe(1);
    expect(stdout).toContain("No order is safe in one roll. Use the smaller rolls below.");
    expect(stdout).toMatch(/ a\) To participants 1, 2\n +1\. Start server 2 with the new list\.$/m);
    expect(stdout).toMatch(/ b\) To participants 2 \(standalone\)\n +1\. Restart server 2 with the new list\.$/m);
  });

  it("writes a scenario of each kind of failing order to --out, and prints the command that runs it", () => {
    const out = join(folder, "orders");
    const { code, stderr, stdout } = zabsim(["plan-roll", roll("two"), roll("one"), "--out", out]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(readdirSync(out)).toEqual(["unavailable-1.yaml"]);
    expect(stdout).toContain(`    zabsim run ${join(out, "unavailable-1.yaml")}\n`.trimEnd());
    expect(zabsim(["run", join(out, "unavailable-1.yaml")]).code).toBe(4);
    const { verdicts } = JSON.parse(zabsim(["plan-roll", roll("two"), roll("one"), "--out", out, "--json"]).stdout);
    expect(verdicts.map((one: { scenario: string | null }) => one.scenario)).toEqual([
      null,
      join(out, "unavailable-1.yaml"),
    ]);
  });

  it("says without --out how to keep the failing orders", () => {
    const { stderr } = zabsim(["plan-roll", roll("two"), roll("one"), "--zookeeper", "3.5.8"]);
    expect(stderr).toContain(`zabsim plan-roll ${roll("two")} ${roll("one")} --zookeeper 3.5.8 --out FOLDER`);
  });

  it("says that two equal lists are a rolling restart", () => {
    const { code, stderr } = zabsim(["plan-roll", roll("one"), roll("one")]);
    expect(code).toBe(0);
    expect(stderr).toContain("both files contain the same list");
  });

  it.each([
    [["plan-roll", roll("one"), file("port.cfg", "server.1=a:2888:65536")], "port.cfg:1: server.1: is not a server"],
    [
      ["plan-roll", roll("one"), file("same.cfg", "server.1=a:1:2", "server.2=a:1:2")],
      "same.cfg:2: server.2: has the address of server 1",
    ],
    [["plan-roll", roll("one"), roll("two"), "--out", roll("one")], "is a file (accepted: the path of a folder)"],
    [["plan-roll", roll("one"), "missing.cfg"], "missing.cfg: does not exist (accepted: a zoo.cfg"],
    [["plan-roll", roll("one"), folder], "is a folder"],
    [["plan-roll", roll("one")], "missing required argument 'to'"],
    [["plan-roll", roll("one"), file("empty.cfg", "")], "empty.cfg:1: server.N: no participant is listed"],
    [
      ["plan-roll", roll("one"), file("moved.cfg", "server.1=other:2888:3888")],
      "moved.cfg:1: server.1: the address was",
    ],
    [
      ["plan-roll", roll("one"), file("dynamic.cfg", "server.1=zk1:2888:3888", "reconfigEnabled=true")],
      "dynamic.cfg:2: reconfigEnabled: the servers keep their list in dynamic files",
    ],
  ])("refuses %s", (args, message) => {
    const ended = zabsim(args);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain(message);
  });
});
