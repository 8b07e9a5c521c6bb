import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("bad input ends with exit code 2 and one message without a stack trace", () => {
  it.each([
    [["frobnicate"], "unknown command 'frobnicate'\n(zabsim --help lists what is accepted)"],
    [["runn"], "Did you mean run?"],
    [["run", "--bogus"], "unknown option '--bogus'\n(zabsim run --help lists what is accepted)"],
    [["run", "--seed"], "argument missing"],
    [["run", "--seed", "abc"], "--seed abc: not a seed (accepted: 0 to 18446744073709551615"],
    [["run", "--seed", "-1"], "--seed"],
    [["run", "--seed", "18446744073709551616"], "not a seed"],
    [["run", "--seeds", "5"], "--seeds 5: not a range"],
    [["run", "--seeds", "9..1"], "the start is greater than the end"],
    [["run", "--zookeeper", "2.0"], "--zookeeper 2.0: unknown release (accepted:"],
    [["run", "no-such-scenario"], "no-such-scenario: no such file or shipped scenario"],
    [["run", "/nowhere/x.yaml"], "/nowhere/x.yaml: no such file"],
    [["confirm", "no-such-scenario"], "no-such-scenario: no such file or shipped scenario"],
    [["confirm", "follower-behind-diff", "--release", "2.0"], "--release 2.0: unknown release"],
    [["confirm", "follower-behind-diff", "--release", "newest"], "--release newest: is no published release"],
    [["confirm", "follower-behind-diff", "--tries", "0"], "--tries 0: not a count"],
    [["replay"], "missing required argument 'scenario'"],
    [["replay", "no-such-scenario"], "no such file or shipped scenario"],
    [["fuzz", "--faults", "powerloss"], "--faults powerloss: unknown, did you mean power-loss? (accepted: "],
    [["fuzz", "--strategy", "swram"], "--strategy swram: unknown, did you mean swarm?"],
    [["fuzz", "--reporter", "junt"], "--reporter junt: unknown, did you mean junit?"],
    [["run", "--zookeeper", "newst"], "unknown release, did you mean newest?"],
    [["matrix", "--bug", "4664"], "--bug 4664: unknown (accepted: "],
    [["replay", "follower-ahead-trunc", "--only", "sync-decide"], "no such kind of event, did you mean sync-decided?"],
    [["list", "bug"], "list bug: unknown, did you mean bugs?"],
    [["list", "invariant,faults"], "list invariant: unknown, did you mean invariants?"],
    [["fuzz", "--out", "a\n::error::b"], "--out 'a\\u000a::error::b': contains characters that cannot be printed"],
    [["run", "a\n::error::b.yaml"], "zabsim: a\\u000a::error::b.yaml: no such file"],
    [["run", "follower-ahead-trunc", "--set", "servers=*x"], 'servers: an alias without an anchor (value "*x"'],
    [["frobnicate\n::error::x"], "unknown command"],
    [["list", "unicorns"], "list unicorns: unknown (accepted: scenarios"],
    [["list", "a", "b"], "list a: unknown (accepted: scenarios"],
    [["list", "bugs", "4643", "more"], "too many arguments"],
    [["list", "bug"], "list bug: unknown, did you mean bugs? (accepted: scenarios"],
    [["list", "bugs", "99"], "list bugs 99: unknown (accepted: a name from `zabsim list bugs`, or a ticket such as"],
    [["list", "faults", "crahs"], "list faults crahs: unknown, did you mean crash? (accepted: a name from"],
    [
      ["list", "faults,rules", "crash"],
      "list faults,rules crash: a name is accepted only with a single kind (accepted: e.g. list",
    ],
  ])("zabsim %j", (args, message) => {
    const ended = zabsim(args);
    expect(ended.stderr).toContain(message);
    expect(isBadInput(ended)).toBe(true);
  });

  it("reports the file, line, field and value of a mistake in a scenario, and what is accepted", () => {
    const path = file("mistake.yaml", "about: x\nservers:\n  1: {}\n  2: { histroy: 1:1 }\n");
    const ended = zabsim(["run", path]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain("mistake.yaml:4: servers.2.histroy: unknown field, did you mean history?");
    expect(ended.stderr).toContain("accepted: role, history");
  });

  it("rejects --set with an unknown field", () => {
    const path = file("fine.yaml", "servers: 3\n");
    const ended = zabsim(["run", path, "--set", "servers.2.dwon=true"]);
    expect(isBadInput(ended)).toBe(true);
    expect(ended.stderr).toContain("--set");
  });

  it("rejects a folder in place of a file", () => {
    expect(isBadInput(zabsim(["run", folder]))).toBe(true);
  });

  it("runs no file if a later one has a mistake", () => {
    const ended = zabsim(["run", file("good.yaml", "servers: 3\n"), file("bad.yaml", "servers: [\n")]);
    expect(isBadInput(ended)).toBe(true);
  });

  it("rejects unknown servers, kinds of event and times of replay", () => {
    const path = file("three.yaml", "servers: 3\n");
    expect(zabsim(["replay", path, "--server", "7"]).stderr).toContain(
      "--server 7: no such server in three (accepted: 1, 2, 3)",
    );
    expect(zabsim(["replay", path, "--only", "nothing"]).stderr).toContain(
      "--only nothing: no such kind of event (accepted:",
    );
    expect(isBadInput(zabsim(["replay", path, "--from", "noon"]))).toBe(true);
    expect(isBadInput(zabsim(["replay", path, "--server", "x"]))).toBe(true);
  });
});

describe("zabsim confirm", () => {
  const tools = (name: string): Record<string, string> => {
    const path = join(folder, name);
    mkdirSync(path);
    return { PATH: path, HOME: path };
  };

  it("names the jar that the local Maven repository lacks", () => {
    const ended = zabsim(["confirm", "follower-behind-diff", "--release", "3.9.5"], "", tools("no-jar"));
    expect(ended.stderr).toContain("org.apache.zookeeper:zookeeper:3.9.5 is not in the local Maven repository");
    expect(isBadInput(ended)).toBe(true);
  });

  it.runIf(process.platform === "linux")("says that there is no Java", () => {
    const args = ["confirm", "follower-behind-diff", "--release", "3.9.5", "--classpath", "zookeeper.jar"];
    const ended = zabsim(args, "", tools("no-java"));
    expect(ended.stderr).toContain("no Java found (accepted: the program java in PATH");
    expect(isBadInput(ended)).toBe(true);
  });

  it("exits with 2 for a scenario that is not stageable, and prints why as JSON", () => {
    const { code, stdout } = zabsim(["confirm", "follower-behind-diff", "--release", "3.4.14", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: "not stageable", simulated: [], tries: [] });
  });
});

describe("a closed pipe", () => {
  it("ends the command without a message", () => {
    const path = file("pipe.yaml", "servers: 5\n");
    const command = `"${process.execPath}" "${LAUNCHER}" replay "${path}" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout.trimEnd().split("\n").at(-1)).toBe("0");
  });
});
