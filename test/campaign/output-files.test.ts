/** Tests the errors for files and folders that cannot be written. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { Journal } from "../../campaign/journal.ts";
import { makeFolder, OutputError, saveWhole } from "../../campaign/output-files.ts";
import { fakeWorkers } from "./fake-workers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
const file = join(root, "file");
writeFileSync(file, "x");
const isLinux = process.platform === "linux";

describe("a folder", () => {
  it("is created with the folders above it, and may exist", () => {
    const path = join(root, "a", "b", "c");
    makeFolder(path);
    makeFolder(path);
    expect(existsSync(path)).toBe(true);
  });

  it.each([
    ["", /^the folder has an empty name/],
    [file, /file: is a file \(accepted: the path of a folder\)$/],
    [join(file, "x", "y"), /file: is a file \(accepted: the path of a folder\)$/],
    [join(root, "x".repeat(300)), /: cannot be used as a folder: name too long \(ENAMETOOLONG\)$/],
  ])("%j is refused", (path, message) => {
    expect(() => makeFolder(path)).toThrow(OutputError);
    expect(() => makeFolder(path)).toThrow(message);
  });

  it.runIf(isLinux)("/proc/x is refused, and not tried forever", () => {
    expect(() => makeFolder("/proc/x/y")).toThrow("/proc/x/y: cannot be used as a folder: no such file or directory");
  });
});

describe("a file", () => {
  it("is replaced as a whole", () => {
    saveWhole(file, "y");
    expect([readFileSync(file, "utf8"), existsSync(`${file}.tmp`)]).toEqual(["y", false]);
  });

  it.each([
    [root, /: is a folder \(accepted: the path of a file\)$/],
    [join(file, "x"), /: cannot be written: not a directory \(ENOTDIR\)$/],
    [join(root, "missing", "x"), /: cannot be written: no such file or directory \(ENOENT\)$/],
  ])("%j is refused", (path, message) => {
    expect(() => saveWhole(path, "y")).toThrow(OutputError);
    expect(() => saveWhole(path, "y")).toThrow(message);
  });
});

it.runIf(isLinux)("a campaign on a full disk ends with one clear error", async () => {
  const settings: CampaignSettings = {
    version: "1",
    options: { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined },
    firstSeed: 1n,
    lastSeed: 640n,
    timeMs: undefined,
    workers: 2,
    shard: [1, 1],
    shrinkRuns: 10,
  };
  const folder = join(root, "full");
  mkdirSync(folder);
  const journal = new Journal(folder);
  const silent = { found() {}, nondeterministic() {} };
  const runner = new CampaignRunner(settings, journal, silent, () => fakeWorkers({ seed: 1 }));
  runner.begin();
  rmSync(journal.path);
  symlinkSync("/dev/full", journal.path);
  await expect(runner.run()).rejects.toThrow(`${journal.path}: cannot be written: no space left on device (ENOSPC)`);
});
