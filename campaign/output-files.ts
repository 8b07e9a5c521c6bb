/**
 * Writes the files of commands, each of them completely or not at all. If a file cannot be written, the command reports
 * one clear error.
 */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { getSystemErrorMap } from "node:util";

/** Thrown if a file or folder cannot be written, because of its path or because of the state of the disk. */
export class OutputError extends Error {
  override readonly name = "OutputError";
}

/** Writes a file so that a reader finds either its old content or its complete new content, even after a crash. */
export function saveWhole(path: string, text: string): void {
  saveWholePieces(path, [text]);
}

/** Like saveWhole, for a text in pieces, which need not fit into one string. */
export function saveWholePieces(path: string, pieces: Iterable<string>): void {
  withOutputError(path, "cannot be written", () => {
    if (isFolder(path)) throw new OutputError(`${path}: is a folder (accepted: the path of a file)`);
    try {
      const file = openSync(`${path}.tmp`, "w");
      try {
        for (const piece of pieces) writeFileSync(file, piece);
      } finally {
        closeSync(file);
      }
      renameSync(`${path}.tmp`, path);
    } catch (error) {
      rmSync(`${path}.tmp`, { force: true });
      throw error;
    }
  });
}

/** Writes a file in a folder as saveWhole does, and creates the folder if it does not exist. Returns the path. */
export function saveIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  makeFolder(folder);
  saveWhole(path, text);
  return path;
}

/**
 * Creates a folder and its missing parent folders one by one. mkdirSync with the option `recursive` is not used,
 * because it never returns for a path such as /proc/x.
 */
export function makeFolder(path: string): void {
  if (path === "") throw new OutputError("the folder has an empty name (accepted: the path of a folder)");
  withOutputError(path, "cannot be used as a folder", () => {
    const missing: string[] = [];
    let above = resolve(path);
    while (!exists(above)) {
      missing.push(above);
      above = dirname(above);
    }
    if (!isFolder(above)) throw new OutputError(`${above}: is a file (accepted: the path of a folder)`);
    for (const folder of missing.reverse()) mkdirSync(folder);
  });
}

/** Runs `action`. Converts an error of the operating system to an OutputError about `path`. */
export function withOutputError<T>(path: string, problem: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new OutputError(`${path}: ${problem}: ${systemReason(error)}`);
  }
}

/** Returns the reason for a system error as text, such as `no space left on device (ENOSPC)`. */
export function systemReason({ code, errno }: NodeJS.ErrnoException): string {
  const [, text] = getSystemErrorMap().get(errno ?? 0) ?? [];
  return text === undefined ? String(code) : `${text} (${code})`;
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

function exists(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      // If a part of the path is a file, a later error names that file.
      if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") throw error;
    }
    return false;
  }
}

function isFolder(path: string): boolean {
  return exists(path) && statSync(path).isDirectory();
}
