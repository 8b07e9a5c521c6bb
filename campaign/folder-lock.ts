/**
 * The lock of a campaign on its folder, because two campaigns in one folder would corrupt each other's journal. The
 * lock is a file that names the process. If that process has ended, the lock is ignored.
 */
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isSystemError, OutputError, withOutputError } from "./output-files.ts";

const FILE = "campaign.lock";

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** The start time of the process, in the format of the operating system. Null if it is not known. */
  readonly processStart: string | null;
  /** The time at which the process took the lock, as an ISO date. */
  readonly since: string;
}

/**
 * Takes the lock and returns a function that releases it. If another process holds the lock, throws an OutputError that
 * names that process.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, FILE);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    processStart: processStart(process.pid),
    since: new Date().toISOString(),
  };
  withOutputError(folder, "cannot be locked", () => {
    for (let attempt = 0; !create(path, `${JSON.stringify(own)}\n`); attempt++) {
      const text = textOf(path);
      const holder = holderOf(text);
      if ((holder !== undefined && isAlive(holder)) || attempt > 3) throw heldBy(holder, folder, path);
      remove(path, text);
    }
  });
  return () => {
    if (holderOf(textOf(path))?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Creates the file with its whole content. Returns false if the file already exists. */
function create(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (error.code === "EEXIST") return false;
    return copyExclusively(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return true;
}

/** Copies a file. Used on file systems without hard links. Returns false if the target already exists. */
function copyExclusively(from: string, to: string): boolean {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Removes a stale lock. If another process has just put its own lock in its place, restores the lock of that process.
 */
function remove(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return;
    throw error;
  }
  if (textOf(aside) !== stale) copyExclusively(aside, path);
  rmSync(aside, { force: true });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return "";
    throw error;
  }
}

/** Returns the process that the text of a lock names. Returns undefined if the text names no process. */
function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    return Number.isSafeInteger(holder?.pid) && (holder?.pid ?? 0) > 0 && typeof holder?.host === "string"
      ? (holder as Holder)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether the process may still be running. A process on another machine is assumed to be running. */
function isAlive({ host, pid, processStart: start }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isSystemError(error) && error.code === "ESRCH") return false;
  }
  // The operating system may have reused the process id for another process.
  return typeof start !== "string" || start === processStart(pid);
}

/**
 * Returns the boot id of the machine and the start of the process in clock ticks after the boot. Returns null if there
 * is no /proc, or if the process has ended.
 */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    // The fields after the program name start at the last parenthesis, because the program name is in parentheses and
    // may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const hasEnded = fields[0] === "Z";
    return hasEnded || fields[19] === undefined ? null : `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

function heldBy(holder: Holder | undefined, folder: string, path: string): OutputError {
  if (holder === undefined)
    return new OutputError(`${folder}: other campaigns compete for it (accepted: one campaign)`);
  const where = holder.host === hostname() ? "" : ` on ${holder.host}`;
  const fix =
    holder.host === hostname()
      ? "wait for it, or choose another --out"
      : `if that process has ended, remove ${path}; or choose another --out`;
  return new OutputError(
    `${folder}: another campaign uses this folder: process ${holder.pid}${where}, since ${holder.since} (${fix})`,
  );
}
