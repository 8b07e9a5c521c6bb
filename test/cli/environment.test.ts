/** Checks that a command that cannot read or write a file or folder prints one clear message and exits with code 2. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_BAD_INPUT } from "../../cli/exit-codes.ts";
import { isBadInput, LAUNCHER, zabsim } from "./zabsim.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-environment-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const file = join(base, "file.yaml");
writeFileSync(file, "servers: 3\n");
const SCENARIO = "cold-start-of-three-epoch-1";
const BUG = "open-trunc-keeps-one-txn-too-many";
const isLinux = process.platform === "linux";

/** Runs a shell script in which the command `zabsim` is available. */
function shell(script: string): { code: number | null; stderr: string } {
  const start = `zabsim() { "${process.execPath}" "${LAUNCHER}" "$@"; }; cd "${base}"`;
  const { status, stderr } = spawnSync("bash", ["-c", `${start}; ${script}`], { encoding: "utf8", timeout: 30_000 });
  return { code: status, stderr };
}

describe("an --out that cannot be used", () => {
  it.each([
    [["fuzz", "--out", file], `${file}: is a file (accepted: the path of a folder)`],
    [["fuzz", "--out", join(file, "below")], `${file}: is a file (accepted: the path of a folder)`],
    [["fuzz", "--out", ""], "--out '': is empty"],
    [["shrink", BUG, "--out", base], `${base}: is a folder (accepted: the path of a file)`],
    [["shrink", BUG, "--out", join(base, "none", "x")], "cannot be written: no such file or directory (ENOENT)"],
    [["shrink", file, "--out", file], `--out ${file}: is the scenario to shrink itself (accepted: another file)`],
    [["coverage", file], `coverage ${file}: the folder contains no campaign`],
  ])("zabsim %j", (args, message) => {
    const ended = zabsim(args);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(isBadInput(ended)).toBe(true);
  });

  it.runIf(isLinux)("in /proc is not tried forever", () => {
    expect(shell("zabsim fuzz --seeds 1..1 --out /proc/x")).toEqual({
      code: EXIT_BAD_INPUT,
      stderr: "zabsim: /proc/x: cannot be used as a folder: no such file or directory (ENOENT)\n",
    });
  });
});

it.each([["run"], ["replay"], ["shrink"], ["fuzz"]])("%s refuses a folder as a scenario", (command) => {
  const ended = zabsim([command, base]);
  expect(ended.stderr).toContain(`${base}: is a folder (accepted: the path of a scenario file`);
  expect(isBadInput(ended)).toBe(true);
});

describe.runIf(isLinux)("a full disk", () => {
  it.each([
    [`run ${SCENARIO}`],
    ["list"],
    ["--version"],
    ["--help"],
    ["fuzz --seeds 1..1 --out full"],
    [`replay ${SCENARIO} --json`],
  ])("on stdout ends zabsim %s", (args) => {
    const { code, stderr } = shell(`zabsim ${args} > /dev/full`);
    expect(stderr).toBe("zabsim: stdout cannot be written: ENOSPC: no space left on device, write\n");
    expect(code).toBe(EXIT_BAD_INPUT);
  });

  it("on stderr does not change the exit code", () => {
    expect(shell(`zabsim run ${SCENARIO} 2> /dev/full`).code).toBe(0);
    expect(shell("zabsim run no-such 2> /dev/full").code).toBe(EXIT_BAD_INPUT);
  });
});

describe.skipIf(process.platform === "win32")("a working directory that no longer exists", () => {
  it.each([["run file.yaml"], [`run ${SCENARIO}`], ["fuzz --seeds 1..1"], [`shrink ${BUG}`]])("zabsim %s", (args) => {
    mkdirSync(join(base, "gone"));
    const { code, stderr } = shell(`cd gone; rmdir ../gone; zabsim ${args}`);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^zabsim: (the working directory no longer exists|[\w.-]+: (no such file|cannot be))/);
    expect(code).toBe(EXIT_BAD_INPUT);
  });
});
