/** Reads the text of configuration files that the user names. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./usage-error.ts";

/**
 * Returns the text of a configuration file. `accepted` says in messages which files are accepted. Throws a UsageError
 * if the file cannot be read.
 */
export function configText(file: string, accepted: string): string {
  return textOf(file, accepted);
}

/**
 * Returns the text of a file that the configuration file `from` names: at its own path, or else in the folder of
 * `from`. Throws a UsageError if neither can be read.
 */
export function namedConfigText(name: string, from: string, accepted: string): string {
  return textOf(name, accepted, join(dirname(from), basename(name)));
}

function textOf(file: string, accepted: string, other?: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (other !== undefined && other !== file) return textOf(other, accepted);
    const { code } = error as NodeJS.ErrnoException;
    const problem =
      code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    throw new UsageError(`${file}: ${problem} (accepted: ${accepted})`);
  }
}
