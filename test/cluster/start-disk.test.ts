/** The content of a server's disk when a scenario starts. */
import { expect, it } from "vitest";
import { historyOf, startImage } from "../../cluster/start-disk.ts";
import { type DiskImage, formatZxid, History } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";

const EMPTY = History.empty();

/** Returns the disk content of server 1 of a scenario, with zxids as text. */
function imageOf(server: string) {
  const { servers } = loadScenario(`servers: { 1: ${server}, 2: {}, 3: {} }`, "start-disk.yaml");
  return readable(startImage(Object.values(servers)[0] as (typeof servers)[keyof typeof servers], EMPTY));
}

function readable({ logFiles, snapshots, ...epochFiles }: DiskImage) {
  return {
    ...epochFiles,
    snapshots: snapshots.map(({ history, zxid }) => `${formatZxid(zxid)} up to ${formatZxid(history.zxid)}`),
    logFiles: logFiles.map(({ txns }) => txns.map(({ zxid }) => formatZxid(zxid)).join(" ")),
  };
}

it("a server without a history: snapshot.0, epoch files with epoch 0, no log", () => {
  expect(imageOf("{}")).toEqual({
    acceptedEpoch: 0,
    currentEpoch: 0,
    currentEpochTmp: undefined,
    updatingEpoch: false,
    snapshots: ["0:0 up to 0:0"],
    logFiles: [],
  });
});

it("an empty server: no files at all", () => {
  expect(imageOf("{ empty: true }")).toMatchObject({
    acceptedEpoch: undefined,
    currentEpoch: undefined,
    snapshots: [],
    logFiles: [],
  });
});

it("a history of two epochs: one log file, epoch files with the epoch of the last zxid", () => {
  expect(imageOf("{ history: '1:1..1:2, 2:1' }")).toMatchObject({
    acceptedEpoch: 2,
    currentEpoch: 2,
    logFiles: ["1:1 1:2 2:1"],
  });
});

it("epoch files in the scenario: given values, a missing file, and currentEpoch.tmp", () => {
  const image = imageOf("{ history: '1:1', acceptedEpoch: 3, currentEpoch: missing, currentEpochTmp: 2 }");
  expect(image).toMatchObject({ acceptedEpoch: 3, currentEpoch: undefined, currentEpochTmp: 2 });
});

it("snapshots at two zxids: each holds the history up to its zxid", () => {
  expect(imageOf("{ history: '1:1..1:3', snapshots: ['0:0', '1:2'] }").snapshots).toEqual([
    "0:0 up to 0:0",
    "1:2 up to 1:2",
  ]);
});

it("log files that start at given zxids, and a purged log: the records are split, and old records are missing", () => {
  expect(
    imageOf("{ history: '1:1..1:5', snapshots: ['1:1'], logFrom: '1:2', logFilesFrom: ['1:4'] }").logFiles,
  ).toEqual(["1:2 1:3", "1:4 1:5"]);
});

it("a log that differs from the history: the log files have its records, and the snapshots have the history", () => {
  const image = imageOf(
    "{ history: '1:1..1:2, 2:1..2:3', snapshots: ['2:2'], log: '1:1..1:3, 2:2..2:3', logFilesFrom: ['1:3'] }",
  );
  expect(image.logFiles).toEqual(["1:1 1:2", "1:3 2:2 2:3"]);
  expect(image.snapshots).toEqual(["2:2 up to 2:2"]);
});

it("two servers with a common prefix share its nodes", () => {
  const [one, other] = [historyOf("1:1..1:3", EMPTY), historyOf("1:1..1:2", EMPTY)];
  expect(one.previous).toBe(other);
});
