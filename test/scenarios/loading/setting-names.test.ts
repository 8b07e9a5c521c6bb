/** Settings under ZooKeeper's own names. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { coreName, repeatedSettings, withCoreNames } from "../../../scenarios/loading/setting-names.ts";

const settingsOf = (text: string, set: readonly string[] = []) =>
  loadScenario(`servers: 3\nsettings: ${text}`, "own.yaml", { set }).settings;

describe("a setting is accepted", () => {
  it.each([
    [
      "by its name in zoo.cfg",
      "{tickTime: 500, initLimit: 5, syncLimit: 2}",
      { tickTimeMs: 500, initLimit: 5, syncLimit: 2 },
    ],
    ["by its property", "{forceSnapshotSync: true, commitLogCount: 9}", { forceSnapSync: true, commitLogCount: 9 }],
    ["by its property with the prefix", "{zookeeper.snapshotSizeFactor: -1}", { snapshotSizeFactor: -1 }],
    ["with dots in its name", "{leader.maxConcurrentSnapSyncs: 1}", { maxConcurrentSnapSyncs: 1 }],
    ["in lower case", "{jute.maxbuffer: 9}", { juteMaxBuffer: 9 }],
    ["with an extra size", "{zookeeper.jute.maxbuffer.extrasize: 9}", { juteMaxBufferExtraSize: 9 }],
    ["in ZooKeeper's unit", "{preAllocSize: 2}", { preAllocSizeBytes: 2048 }],
  ])("%s", (_, text, settings) => {
    expect(settingsOf(text)).toEqual(settings);
  });

  it("for one server", () => {
    const { servers } = loadScenario("servers: {1: {settings: {tickTime: 9}}, 2: {}}", "own.yaml");
    expect(Object.values(servers).map(({ settings }) => settings)).toEqual([{ tickTimeMs: 9 }, {}]);
  });

  it("from --set, which replaces the setting under each of its names", () => {
    expect(settingsOf("{tickTime: 5}", ["settings.tickTimeMs=7"])).toEqual({ tickTimeMs: 7 });
    expect(settingsOf("{commitLogCount: 5}", ["settings.zookeeper.commitLogCount=7"])).toEqual({ commitLogCount: 7 });
  });
});

it("two names of one setting are a problem of the second one", () => {
  expect(() => settingsOf("{tickTime: 5, tickTimeMs: 5}")).toThrow(
    "own.yaml:2: settings.tickTimeMs: is another name of tickTime, which is given, too (value 5; accepted: one of the",
  );
  expect(repeatedSettings({ "zookeeper.commitLogCount": 1, commitLogCount: 1 }, [])).toHaveLength(1);
  expect(repeatedSettings({ initLimit: 1, syncLimit: 1 }, [])).toEqual([]);
});

it("an unknown name gets a suggestion", () => {
  expect(() => settingsOf("{tickTme: 5}")).toThrow("unknown field, did you mean tickTime?");
});

it("names that are not ZooKeeper's stay as they are", () => {
  expect(coreName("electionTransport")).toBe("electionTransport");
  expect(withCoreNames({ txnBytes: 3 })).toEqual({ txnBytes: 3 });
});
