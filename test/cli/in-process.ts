/**
 * Runs commands of dist/ in the process of the test. This takes a tenth of the time of a process of their own, but
 * skips the launcher, so at least one call of each command should use zabsim.ts.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { main } from "../../cli/main.ts";
import type { Ended } from "./zabsim.ts";

const BUNDLE = pathToFileURL(join(import.meta.dirname, "..", "..", "dist", "cli.js")).href;

/**
 * Runs a command in a folder and returns its output and exit code. Only one command can run at a time, because it
 * replaces the working directory and the outputs of the process.
 */
export async function zabsimInProcess(args: readonly string[], folder: string): Promise<Ended> {
  const workingDirectory = process.cwd();
  const { NO_COLOR } = process.env;
  const stdout = capture(process.stdout);
  const stderr = capture(process.stderr);
  process.chdir(folder);
  process.env.NO_COLOR = "1";
  try {
    const bundle = (await import(/* @vite-ignore */ BUNDLE)) as { readonly main: typeof main };
    const code = await bundle.main(args);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    process.chdir(workingDirectory);
    if (NO_COLOR === undefined) delete process.env.NO_COLOR;
    stdout.restore();
    stderr.restore();
  }
}

interface Capture {
  text(): string;
  restore(): void;
}

/** Keeps what is written to a stream, instead of writing it. */
function capture(stream: NodeJS.WriteStream): Capture {
  const { write } = stream;
  const chunks: string[] = [];
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    chunks.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => done());
    return true;
  };
  return {
    text: () => chunks.join(""),
    restore: () => {
      stream.write = write;
    },
  };
}

/**
 * Returns the arguments of a shell command whose only special characters are quotes. Returns undefined for any other
 * command.
 */
export function argumentsOf(command: string): string[] | undefined {
  const words = [...command.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) => word);
  const unquoted = words.map((word) => word.replace(/"[^"$`\\]*"|'[^']*'/g, ""));
  if (unquoted.some((text) => /[^\w.,:=@%+/-]/.test(text))) return undefined;
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}
