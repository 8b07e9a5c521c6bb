/**
 * The recorded starts of each release with every combination of epoch files (QuorumPeer#loadDataBase): whether the
 * server starts, the epochs in its memory, and the files afterwards.
 *
 * Answers whose id starts with `text` (files that are no number) or `set` (calls of setCurrentEpoch and
 * setAcceptedEpoch) have no counterpart here: on the simulated disk, an epoch file holds a number or is corrupt.
 */
import { describe, expect, it } from "vitest";
import { Cluster } from "../../cluster/cluster.ts";
import { snapshotName } from "../../cluster/server-disk.ts";
import { asServerId, asZxid, parseZxid64, type Snapshot } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { fieldsOf } from "./input-fields.ts";
import { RECORDED_RELEASES, recordedAnswers } from "./recorded.ts";

interface EpochVector {
  readonly id: string;
  readonly input: string;
  readonly expect: Readonly<Record<string, string | number>>;
}

const SID = asServerId(1);
const FILES = ["currentEpoch", "acceptedEpoch", "currentEpoch.tmp", "updatingEpoch"] as const;

/** Starts server 1 of three alone, with these epoch files, and returns the answer in the form of a recorded one. */
function start(input: string, release: string): Readonly<Record<string, unknown>> {
  const { acc, autocreate, cur, db, tmp, updating } = fieldsOf(input);
  const settings = { dbAutocreate: autocreate !== "0" };
  const text = JSON.stringify({
    zookeeper: release,
    settings,
    servers: { 1: {}, 2: { down: true }, 3: { down: true } },
  });
  const scenario = loadScenario(text, "inline.yaml");
  const cluster = new Cluster(scenario, { seed: 1n, watch: () => [] });
  const { disk } = cluster.world.node(SID);
  const { history } = disk.read("snapshot.0") as Snapshot;
  for (const name of disk.list()) disk.discard(name);
  if (db !== "none") {
    const zxid = asZxid(Number(parseZxid64(db as string)));
    disk.preset(snapshotName(zxid), { value: { zxid, history } });
  }
  for (const [name, value] of [
    ["currentEpoch", cur],
    ["acceptedEpoch", acc],
    ["currentEpoch.tmp", tmp],
  ] as const) {
    if (value !== undefined) disk.preset(name, { value: Number(value) });
  }
  if (updating !== undefined) disk.preset("updatingEpoch", { value: true });
  cluster.start();
  const started = cluster.server(SID);
  cluster.world.run({ untilUs: 100_000 });
  const isRunning = cluster.server(SID) !== undefined;
  const files = Object.fromEntries(
    FILES.flatMap((name) => {
      const value = disk.read(name);
      return value === undefined ? [] : [[`${name} file`, name === "updatingEpoch" ? "" : String(value)]];
    }),
  );
  const memory = isRunning
    ? { currentEpoch: started?.peer.currentEpoch, acceptedEpoch: started?.peer.acceptedEpoch }
    : {};
  return { ...(isRunning ? {} : { error: true }), ...memory, ...files };
}

/** Leaves out what a refused start has in memory: the process ends. */
function recordedStart({ expect: { error, currentEpoch, acceptedEpoch, ...files } }: EpochVector): unknown {
  return error === undefined ? { currentEpoch, acceptedEpoch, ...files } : { error: true, ...files };
}

describe.each(RECORDED_RELEASES)("release %s", (release) => {
  it("starts or refuses to start as recorded, with the same files afterwards", () => {
    const vectors = recordedAnswers<EpochVector>("epoch", release, 1).filter(
      ({ id }, i) => id.startsWith("files") && (process.env.ZABSIM_ALL_VECTORS === "1" || i % 23 === 0),
    );
    const differing = vectors.flatMap((vector) => {
      const expected = JSON.stringify(sorted(recordedStart(vector)));
      const got = JSON.stringify(sorted(start(vector.input, release)));
      return got === expected ? [] : [`${vector.id} ${vector.input}: expected ${expected}, got ${got}`];
    });
    expect(differing).toEqual([]);
  });
});

function sorted(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1)));
}
