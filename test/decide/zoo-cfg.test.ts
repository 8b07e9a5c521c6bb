/** Tests the settings of zoo.cfg that influence sync decisions, as ZooKeeper reads them. */
import { describe, expect, it } from "vitest";
import { DEFAULT_SYNC_SETTINGS, readZooCfg } from "../../decide/zoo-cfg.ts";

const CFG = `# an ensemble
tickTime=2000
dataDir = /var/lib/zookeeper
server.1=zk1:2888:3888
snapshotSizeFactor = 0.5
commitLogCount: 2000
autopurge.snapRetainCount=10
autopurge.purgeInterval=24
forceSnapshotSync=TRUE
`;

describe("readZooCfg", () => {
  it("reads the settings that matter and passes over the others", () => {
    expect(readZooCfg(CFG)).toEqual({
      settings: {
        snapshotSizeFactor: 0.5,
        forceSnapshotSync: true,
        commitLogCount: 2000,
        "autopurge.snapRetainCount": 10,
        "autopurge.purgeInterval": 24,
      },
      warnings: [],
    });
  });

  it("gives defaults for what is absent, in a comment or empty", () => {
    expect(readZooCfg("#snapshotSizeFactor=0.5\n! commitLogCount=900\n")).toEqual({
      settings: DEFAULT_SYNC_SETTINGS,
      warnings: [],
    });
  });

  it.each([
    ["snapshotSizeFactor=2", "snapshotSizeFactor", 0.33, "line 1: snapshotSizeFactor=2: above 1; ZooKeeper uses 0.33"],
    ["snapshotSizeFactor=", "snapshotSizeFactor", 0.33, "line 1: snapshotSizeFactor=: not a number"],
    [
      "\ncommitLogCount=100",
      "commitLogCount",
      500,
      "line 2: commitLogCount=100: below the minimum; ZooKeeper uses 500",
    ],
    ["commitLogCount=many", "commitLogCount", 500, "line 1: commitLogCount=many: not a whole number"],
    ["autopurge.snapRetainCount=1", "autopurge.snapRetainCount", 3, "below the minimum; ZooKeeper uses 3"],
    [
      "zookeeper.commitLogCount=900",
      "commitLogCount",
      500,
      "has no effect in zoo.cfg, where the name is commitLogCount",
    ],
  ] as const)("of %j warns of what ZooKeeper ignores", (text, setting, value, warning) => {
    const { settings, warnings } = readZooCfg(text);
    expect(settings[setting]).toBe(value);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it("accepts what ZooKeeper accepts: a negative factor, and 0", () => {
    expect(readZooCfg("snapshotSizeFactor=-1").settings.snapshotSizeFactor).toBe(-1);
    expect(readZooCfg("snapshotSizeFactor=0").settings.snapshotSizeFactor).toBe(0);
  });
});
