import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { diskRulesOf } from "../../doctor/disk-rules.ts";
import { predictStart } from "../../doctor/predict-start.ts";
import { readDataDirectory } from "../../doctor/read-data-directory.ts";
import { formatZxidHex, type Zxid } from "../../protocol/zxid.ts";
import { diskTruth, MOMENTS, RECORDINGS, unpackDisks } from "../recordings/disks.ts";

const hex = (zxid: Zxid | undefined): string | undefined => zxid && formatZxidHex(zxid);

test("all recordings are there", () => {
  expect(RECORDINGS).toHaveLength(20);
});

describe.each(RECORDINGS)("recording %s", (recording) => {
  const { releases, saved } = diskTruth(recording);
  const disks = unpackDisks(recording);
  afterAll(() => rmSync(disks, { recursive: true, force: true }));
  for (const moment of MOMENTS) {
    for (const [sid, truth] of Object.entries(saved[`disk-${moment}`].servers)) {
      test(`server ${sid} loads its disk of the moment ${moment}`, async () => {
        const rules = diskRulesOf(releases[sid] as string);
        const directory = await readDataDirectory(join(disks, moment, sid), rules);
        expect(directory.myid).toBe(Number(sid));
        expect(directory.snapshots.map(({ name }) => name)).toEqual(truth.snapshots);
        expect(directory.snapshots.every(({ looksValid, content }) => looksValid && content.kind === "snapshot")).toBe(
          true,
        );
        const logs = directory.logs.map(({ name, txns }) => ({
          file: name,
          first: hex(txns.first),
          last: hex(txns.last),
          txns: txns.length,
        }));
        expect(logs).toEqual(truth.logs);
        const { acceptedEpoch, currentEpoch, database, failure } = predictStart(directory);
        expect({ failure, acceptedEpoch, currentEpoch, lastLoggedZxid: hex(database?.lastZxid) }).toEqual({
          failure: undefined,
          acceptedEpoch: truth.acceptedEpoch,
          currentEpoch: truth.currentEpoch,
          lastLoggedZxid: truth.lastLoggedZxid,
        });
        expect(database?.cutLogs).toEqual([]);
      });
    }
  }
});
