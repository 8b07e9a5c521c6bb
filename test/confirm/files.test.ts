/** Tests the files of real servers: start states, what a power loss takes, and reading them back. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startImage } from "../../cluster/start-disk.ts";
import { classPathOf } from "../../confirm/class-path.ts";
import { writeDiskFiles } from "../../confirm/disk-files.ts";
import { creationsOnDisk, lastZxidInLog } from "../../confirm/disk-history.ts";
import { DurableFiles } from "../../confirm/durable-files.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { formatZxid, History } from "../../protocol/index.ts";

const base = mkdtempSync(join(tmpdir(), "zabsim-test-confirm-"));
afterAll(() => rmSync(base, { recursive: true }));

describe("writeDiskFiles", () => {
  it.each(["3.5.10", "3.8.4", "3.9.5"])("writes the disk of a server for %s, which reads back the same", (release) => {
    const spec = loadScenario("open-trunc-keeps-one-txn-too-many").servers[3 as never];
    if (spec === undefined) throw new Error("no server 3");
    const folder = join(base, release);
    writeDiskFiles(folder, startImage(spec, History.empty()), release);
    const files = join(folder, "version-2");
    const zxids = creationsOnDisk(files, release).map(({ zxid }) => formatZxid(zxid));
    expect(zxids).toEqual(["1:1", "1:2", "1:3", "1:4", "1:5", "1:6"]);
    expect(readFileSync(join(files, "currentEpoch"), "utf8")).toBe("1");
    expect(lastZxidInLog(join(files, "log.100000006"), release)).toBe(0x1_0000_0006);
  });
});

describe("DurableFiles", () => {
  it("gives back the content of the last sync, and removes files that were never synced", () => {
    const folder = join(base, "durable");
    mkdirSync(folder);
    const path = (name: string): string => join(folder, name);
    writeFileSync(path("kept"), "start");
    const files = new DurableFiles(folder);
    writeFileSync(path("log"), "synced");
    files.synced(path("log"));
    writeFileSync(path("log"), "synced and more");
    writeFileSync(path("new"), "never synced");
    writeFileSync(path("epoch.tmp"), "2");
    files.synced(path("epoch.tmp"));
    files.renamed(path("epoch.tmp"), path("epoch"));
    expect(files.loseUnsynced().sort()).toEqual(["epoch.tmp", "log", "new"]);
    expect(readFileSync(path("log"), "utf8")).toBe("synced");
    expect(readFileSync(path("kept"), "utf8")).toBe("start");
  });
});

describe("classPathOf", () => {
  it("names the jar that is missing, and how to get it", () => {
    expect(() => classPathOf("3.9.5", join(base, "empty"))).toThrow(
      /^org\.apache\.zookeeper:zookeeper:3\.9\.5 is not in the local Maven repository .*--classpath\)$/,
    );
  });
});
