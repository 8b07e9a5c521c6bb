/**
 * Runs the command line as users do, in a separate process, and returns its output and exit code. Throws an error if a
 * signal ends the process.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EXIT_BAD_INPUT } from "../../cli/exit-codes.ts";

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
  const { error, signal, status, stdout, stderr } = spawnSync(process.execPath, [...node, LAUNCHER, ...args], {
    input,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", ...env },
    maxBuffer: 1 << 28,
  });
  if (status === null) throw new Error(`zabsim ${args.join(" ")} ended with ${signal ?? error}\n${stderr}`);
  return { code: status, stdout, stderr };
}

const answers = new Map<string, Ended>();

/** Runs a command that only prints, or returns its output if the same command has run before. */
export function zabsimOnce(...args: readonly string[]): Ended {
  const key = args.join("\0");
  const known = answers.get(key) ?? zabsim(args);
  answers.set(key, known);
  return known;
}

/**
 * Returns whether a command refused its input: the exit code is 2, stdout is empty, and stderr contains a message
 * without a stack trace.
 */
export function isBadInput({ code, stdout, stderr }: Ended): boolean {
  return code === EXIT_BAD_INPUT && stdout === "" && stderr.trim() !== "" && !/^\s+at .*:\d+:\d+/m.test(stderr);
}
