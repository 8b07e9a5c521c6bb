/** Tests shell completion: the scripts for each shell, and the words that `zabsim complete` prints for them. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SHELLS } from "../../cli/completion.ts";
import { completionValues } from "../../cli/completion-values.ts";
import { EXIT_BAD_INPUT, EXIT_OK } from "../../cli/exit-codes.ts";
import { HELP } from "../../cli/help.ts";
import { LIST_KINDS } from "../../cli/list.ts";
import { FAULT_KINDS } from "../../fuzz/fault-kinds.ts";
import { RELEASES } from "../../protocol/releases.ts";
import { LAUNCHER, zabsim } from "./zabsim.ts";

/** A folder for the variable PATH. It contains an executable with the name `zabsim`. */
const folder = mkdtempSync(join(tmpdir(), "zabsim-completion-"));
writeFileSync(join(folder, "zabsim"), `#!/bin/sh\nexec "${process.execPath}" "${LAUNCHER}" "$@"\n`);
chmodSync(join(folder, "zabsim"), 0o755);
writeFileSync(join(folder, "mine.yaml"), "servers: 3\n");
writeFileSync(join(folder, "notes.txt"), "");
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the completions of the last word. */
function completions(...words: readonly string[]): string[] {
  const { stdout } = zabsim(["complete", "--", ...words]);
  return stdout
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(":"))
    .map((line) => line.split("\t")[0] as string);
}

describe("zabsim complete", () => {
  it("offers every command that has a help text, and no hidden one", () => {
    const commands = completions("");
    expect(Object.keys(HELP).filter((name) => !commands.includes(name))).toEqual([]);
    expect(commands).not.toContain("complete");
  });

  it("offers the options of a command", () => {
    expect(completions("shrink", "--s")).toEqual(["--seed", "--set"]);
  });

  it("offers the values of options", () => {
    expect(completions("fuzz", "--zookeeper", "")).toEqual(RELEASES);
    expect(completions("fuzz", "--faults", "")).toEqual(Object.keys(FAULT_KINDS));
    expect(completions("fuzz", "--strategy", "sw")).toEqual(["swarm"]);
    expect(completions("fuzz", "--reporter", "ju")).toEqual(["junit"]);
    expect(completions("matrix", "--bug", "464")).toEqual(["4643", "4646"]);
    expect(completions("replay", "--only", "sync-d")).toEqual(["sync-decided"]);
  });

  it("continues a list with the values that it does not have", () => {
    expect(completions("fuzz", "--faults", "partition,crash,par")).toEqual([]);
    expect(completions("fuzz", "--faults", "crash,par")).toEqual(["crash,partition"]);
    expect(completions("list", "faults,inv")).toEqual(["faults,invariants"]);
  });

  it("offers values for every argument of every command", () => {
    const usages = readFileSync("cli/main.ts", "utf8").matchAll(/"([a-z][a-z-]*)((?: [<[][\w.-]+[>\]])+)",$/gm);
    const args = [...usages].flatMap(([, command, all = ""]) =>
      [...all.matchAll(/[\w-]+/g)].map(([name]) => [command, name] as const),
    );
    expect(args.length).toBeGreaterThan(15);
    expect(args.filter(([command = "", name]) => completionValues(command, name) === undefined)).toEqual([]);
  });

  it("offers the values of arguments", () => {
    expect(completions("list", "")).toEqual(LIST_KINDS);
    expect(completions("completion", "")).toEqual(SHELLS);
    expect(completions("help", "shr")).toEqual(["shrink"]);
  });

  it.each(["run", "replay", "fuzz", "shrink"])("offers the names of scenarios: %s", (command) => {
    expect(completions(command, "cold-start")).toEqual(["cold-start-of-three-epoch-1"]);
  });

  it("offers scenario files and folders", () => {
    expect(completions("run", `${folder}/`)).toEqual([`${folder}/mine.yaml`]);
    expect(completions("run", `${folder}/missing/`)).toEqual([]);
  });
});

describe("zabsim completion", () => {
  it.each(SHELLS)("prints a script for %s that calls zabsim complete", (shell) => {
    const { code, stdout } = zabsim(["completion", shell]);
    expect(code).toBe(EXIT_OK);
    expect(stdout).toContain("zabsim complete --");
  });

  it("refuses another shell", () => {
    const { code, stderr } = zabsim(["completion", "tcsh"]);
    expect([code, stderr]).toEqual([
      EXIT_BAD_INPUT,
      "zabsim: completion tcsh: unknown shell (accepted: bash, zsh, fish)\n",
    ]);
  });

  it("completes in bash, without other packages and also if the script is loaded twice", () => {
    const load = "source <(zabsim completion bash)";
    const script = [
      load,
      load,
      "compopt() { :; }",
      "COMP_WORDS=(zabsim fuzz --strategy por); COMP_CWORD=3",
      "__zabsim_complete",
      'echo "$' + '{COMPREPLY[*]}"',
    ].join("\n");
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
    const { stderr, stdout } = spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8", env });
    expect([stdout, stderr]).toEqual(["portfolio\n", ""]);
  });
});
