/**
 * The command line as users run it: a process of its own, with what it printed and how it ended.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const LAUNCHER = fileURLToPath(new URL("../../bin/zabsim.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function zabsim(
  args: readonly string[],
  input = "",
  env: Record<string, string> = {},
  node: string[] = [],
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, LAUNCHER, ...args], {
    input,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 28,
  });
  return { code: status, stdout, stderr };
}

/** Bad input as cli.md promises it: exit code 2, nothing on stdout, a message without a stack trace. */
export function isBadInput({ code, stdout, stderr }: Ended): boolean {
  return code === 2 && stdout === "" && stderr.trim() !== "" && !/^\s+at .*:\d+:\d+/m.test(stderr);
}
