/**
 * Questions about epoch files, in the form of the recorded ones, and the answers of the core: whether a server starts
 * (QuorumPeer#loadDataBase), the epochs in its memory, and the files afterwards.
 */
import { Cluster } from "../../cluster/cluster.ts";
import { snapshotName } from "../../cluster/server-disk.ts";
import { asServerId, asZxid, parseZxid64, type Snapshot } from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { fieldsOf } from "./input-fields.ts";

/** A recorded answer. */
export type RecordedStart = Readonly<Record<string, string | number>>;

const SID = asServerId(1);
const FILES = ["currentEpoch", "acceptedEpoch", "currentEpoch.tmp", "updatingEpoch"] as const;

/** Starts only server 1 of three, with these epoch files. Returns the result in the form of a recorded answer. */
export function startAnswer(input: string, release: string): Readonly<Record<string, unknown>> {
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
  return sorted({ ...(isRunning ? {} : { error: true }), ...memory, ...files });
}

/** Returns the recorded answer. If the start was refused, leaves out the epochs in memory, because the process ends. */
export function recordedStart({
  error,
  currentEpoch,
  acceptedEpoch,
  ...files
}: RecordedStart): Readonly<Record<string, unknown>> {
  return sorted(error === undefined ? { currentEpoch, acceptedEpoch, ...files } : { error: true, ...files });
}

function sorted(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
