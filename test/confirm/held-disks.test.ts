/** Tests when the threads of real servers go on at their disk operations. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startImage } from "../../cluster/start-disk.ts";
import { writeDiskFiles } from "../../confirm/disk-files.ts";
import type { Evidence } from "../../confirm/evidence.ts";
import { HeldDisks } from "../../confirm/held-disks.ts";
import type { Question } from "../../confirm/preload.ts";
import { Progress } from "../../confirm/progress.ts";
import { RealServer } from "../../confirm/real-server.ts";
import type { Fact, Item, Schedule } from "../../confirm/schedule.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { asZxid, History } from "../../protocol/index.ts";

const folder = mkdtempSync(join(tmpdir(), "zabsim-test-held-"));
afterAll(() => rmSync(folder, { recursive: true }));

const EVIDENCE = { beforeDisk: () => undefined, disk: () => undefined } as unknown as Evidence;
const EIO = 5;

function scheduleOf(...facts: Fact[]): Schedule {
  return scheduleOfItems(facts.map((fact, place) => ({ place, server: 1, atUs: place, fact })));
}

function scheduleOfItems(items: readonly Item[]): Schedule {
  return { items, pings: [], cuts: [], elections: [], openAtEnd: new Set() };
}

interface Asked extends Question {
  readonly answers: string[];
}

function ask(operation: string, path: string, moment: Question["moment"] = "before"): Asked {
  const answers: string[] = [];
  return {
    ...{ answers, moment, operation, arguments: [path], isOpen: () => answers.length === 0 },
    go: () => answers.push("go"),
    fail: (errno) => answers.push(`fail ${errno}`),
    redirect: (port) => answers.push(`to ${port}`),
  };
}

interface Held {
  readonly server: RealServer;
  readonly progress: Progress;
  readonly disks: HeldDisks;
}

function held(...facts: Fact[]): Held {
  return heldTo(scheduleOf(...facts), () => true);
}

function heldTo(schedule: Schedule, isReached: () => boolean): Held {
  const plan = { id: 1, host: "127.0.0.1", folder, classPath: "", library: "", network: "127.0.0." };
  const server = new RealServer({ ...plan, config: [], settings: {}, preAllocKb: 64, isDebugged: false });
  const progress = new Progress(schedule, () => undefined);
  return { server, progress, disks: new HeldDisks(progress, EVIDENCE, { isReached }, "3.9.5") };
}

describe("HeldDisks", () => {
  const currentEpoch: Fact = { kind: "epoch-file", file: "currentEpoch", failed: false };

  it("holds the rename of an epoch file until it is the next item, and then finishes the item", () => {
    const { disks, progress, server } = held({ kind: "start" }, currentEpoch);
    const rename = ask("rename", "/data/currentEpoch");
    disks.asked(server, rename);
    disks.letGo(server);
    expect(rename.answers).toEqual([]);
    progress.finish(progress.order.schedule.items[0] as Item);
    disks.letGo(server);
    expect(rename.answers).toEqual(["go"]);
    expect(progress.order.oldest()).toBeDefined();
    disks.asked(server, ask("rename", "/data/currentEpoch", "after"));
    expect(progress.order.oldest()).toBeUndefined();
  });

  it("creates no temporary file of an epoch file before a crash that comes first", () => {
    const { disks, progress, server } = held({ kind: "crash", unsynced: "kept" }, currentEpoch);
    const open = ask("open", "/data/currentEpoch.tmp");
    disks.asked(server, open);
    disks.letGo(server);
    expect(open.answers).toEqual([]);
    progress.finish(progress.order.schedule.items[0] as Item);
    disks.letGo(server);
    expect(open.answers).toEqual(["go"]);
    expect(progress.order.oldest()?.fact).toEqual(currentEpoch);
  });

  it("makes a write of an epoch file fail that fails in the simulated run", () => {
    const { disks, progress, server } = held({ ...currentEpoch, failed: true });
    const open = ask("open", "/data/currentEpoch.tmp");
    disks.asked(server, open);
    disks.letGo(server);
    expect(open.answers).toEqual([`fail ${EIO}`]);
    expect(progress.order.oldest()).toBeUndefined();
  });

  it("takes the second sync of a record that is logged twice for an item, too", () => {
    const sync: Fact = { kind: "sync", zxid: asZxid(0x1_0000_0006), failed: false };
    const { disks, progress, server } = held(sync, sync);
    const spec = loadScenario("open-trunc-keeps-one-txn-too-many").servers[3 as never];
    if (spec === undefined) throw new Error("no server 3");
    writeDiskFiles(folder, startImage(spec, History.empty()), "3.9.5");
    const path = join(folder, "version-2", "log.100000006");
    for (const left of [1, 0]) {
      const fsync = ask("fdatasync", path);
      disks.asked(server, fsync);
      disks.letGo(server);
      expect(fsync.answers).toEqual(["go"]);
      disks.asked(server, ask("fdatasync", path, "after"));
      expect(progress.order.schedule.items.filter((item) => !progress.order.isDone(item))).toHaveLength(left);
    }
  });

  it("holds an operation that fails until everything before it is done, also at other servers", () => {
    const failed: Item = { place: 1, server: 1, atUs: 1, fact: { ...currentEpoch, failed: true } };
    const other: Item = { place: 0, server: 2, atUs: 0, fact: { kind: "write" } };
    const { disks, progress, server } = heldTo(scheduleOfItems([other, failed]), () => true);
    const open = ask("open", "/data/currentEpoch.tmp");
    disks.asked(server, open);
    disks.letGo(server);
    expect(open.answers).toEqual([]);
    progress.finish(other);
    disks.letGo(server);
    expect(open.answers).toEqual([`fail ${EIO}`]);
  });

  it("holds a slow sync until all threads have finished what comes before it", () => {
    const fact: Fact = { kind: "sync", zxid: asZxid(0x1_0000_0001), failed: false };
    let isQuiet = false;
    const late = scheduleOfItems([{ place: 0, server: 1, atUs: 1_000_000, fact }]);
    const { disks, server } = heldTo(late, () => isQuiet);
    const fsync = ask("fdatasync", "/data/log.100000001");
    disks.asked(server, fsync);
    disks.letGo(server);
    expect(fsync.answers).toEqual([]);
    isQuiet = true;
    disks.letGo(server);
    expect(fsync.answers).toEqual(["go"]);
  });

  it("lets operations go on that the simulated run does not have", () => {
    const { disks, server } = held({ kind: "start" });
    const open = ask("open", "/data/log.100000001");
    disks.asked(server, open);
    expect(disks.letGo(server)).toBe(true);
    expect(open.answers).toEqual(["go"]);
  });

  it("keeps a record when it lets a thread go on in another order", () => {
    const { disks, progress, server } = held({ kind: "start" });
    expect(disks.force(server, progress.order.oldest() as Item)).toBe(false);
    disks.asked(server, ask("rename", "/data/currentEpoch"));
    expect(disks.force(server, progress.order.oldest() as Item)).toBe(true);
    expect(progress.deviations).toMatchObject([
      { server: 1, kind: "extra", text: "server 1 writes currentEpoch, where it starts", place: 0 },
    ]);
  });
});
