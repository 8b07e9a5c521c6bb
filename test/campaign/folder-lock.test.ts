/** Tests which locks on a folder are respected, and how the lock of a process that has ended is replaced. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockFolder } from "../../campaign/folder-lock.ts";
import { OutputError } from "../../campaign/output-files.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
let folders = 0;

/** Creates a folder that contains a lock with this content. */
function folderWith(lock?: string | object): { folder: string; path: string } {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  const path = join(folder, "campaign.lock");
  if (lock !== undefined) writeFileSync(path, typeof lock === "string" ? lock : JSON.stringify(lock));
  return { folder, path };
}

const ended = spawnSync(process.execPath, ["--version"]).pid;
const since = "2026-01-01T00:00:00.000Z";

describe("the lock of a folder", () => {
  it("names its process, excludes others, and is gone after its release", () => {
    const { folder, path } = folderWith();
    const release = lockFolder(folder);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(() => lockFolder(folder)).toThrow(OutputError);
    expect(() => lockFolder(folder)).toThrow(
      `${folder}: another campaign uses this folder: process ${process.pid}, since `,
    );
    release();
    expect(readdirSync(folder)).toEqual([]);
    lockFolder(folder)();
  });

  it.each<[string, string | object]>([
    ["a process that has ended", { pid: ended, host: hostname(), processStart: null, since }],
    ["another process that had the same id", { pid: process.pid, host: hostname(), processStart: "then 1", since }],
    ["no process, because it is empty", ""],
    ["no process, because it is cut short", '{"pid":1,"ho'],
    ["no process, because its id is negative", { pid: -1, host: hostname() }],
    ["no process, because it is no object", "null"],
  ])("is taken over from %s", (_, lock) => {
    const { folder, path } = folderWith(lock);
    const release = lockFolder(folder);
    expect(JSON.parse(readFileSync(path, "utf8")).pid).toBe(process.pid);
    release();
    expect(existsSync(path)).toBe(false);
  });

  it("is respected if it belongs to another machine, and the message says how to remove it", () => {
    const { folder, path } = folderWith({ pid: ended, host: "elsewhere", processStart: null, since });
    expect(() => lockFolder(folder)).toThrow(
      `process ${ended} on elsewhere, since ${since} (if that process has ended, remove ${path}; or choose another`,
    );
  });

  it("is not removed by a process that has lost it", () => {
    const { folder, path } = folderWith();
    const release = lockFolder(folder);
    writeFileSync(path, JSON.stringify({ pid: 1, host: hostname(), since }));
    release();
    expect(existsSync(path)).toBe(true);
  });
});
