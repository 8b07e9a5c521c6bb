/**
 * Questions about epoch files, in the form of the recorded ones, and the answers of the core: whether a server starts
 * (QuorumPeer#loadDataBase), the epochs in its memory, and the files afterwards.
 */
import { Cluster } from "../../cluster/cluster.ts";
import type { Server } from "../../cluster/server.ts";
import { snapshotName } from "../../cluster/server-disk.ts";
import {
  asEpoch,
  asServerId,
  asZxid,
  DISK_ACCEPTED_EPOCH,
  DISK_CURRENT_EPOCH,
  parseZxid64,
  type Snapshot,
} from "../../protocol/index.ts";
import { loadScenario } from "../../scenarios/load.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { Disk } from "../../sim/index.ts";
import { fieldsOf } from "./input-fields.ts";

/** A recorded answer. */
export type RecordedStart = Readonly<Record<string, string | number>>;

const SID = asServerId(1);
const FILES = ["currentEpoch", "acceptedEpoch", "currentEpoch.tmp", "updatingEpoch"] as const;

const scenarios = new Map<string, Scenario>();

/** Returns three servers, of which one is up. Loads them once, because that takes longer than the start of a server. */
function scenarioOf(release: string, dbAutocreate: boolean): Scenario {
  const text = JSON.stringify({
    zookeeper: release,
    settings: { dbAutocreate },
    servers: { 1: {}, 2: { down: true }, 3: { down: true } },
  });
  const scenario = scenarios.get(text) ?? loadScenario(text, "inline.yaml");
  scenarios.set(text, scenario);
  return scenario;
}

/** A server of three, of which only this one runs, with the epoch files of a question. */
class EpochFiles {
  readonly cluster: Cluster;
  /** The text of each file that a question gives, and its number; the number is undefined if the text is none. */
  private readonly given = new Map<string, { readonly text: string; readonly value: number | undefined }>();

  constructor(input: string, release: string) {
    const { acc, autocreate, cur, db, tmp, updating } = fieldsOf(input);
    this.cluster = new Cluster(scenarioOf(release, autocreate !== "0"), { seed: 1n, watch: () => [] });
    const { disk } = this;
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
      if (value !== undefined) this.preset(name, value.replaceAll("\\n", "\n").replaceAll(" ", ""));
    }
    if (updating !== undefined) disk.preset("updatingEpoch", { value: true });
    this.cluster.start();
    this.started = this.cluster.server(SID);
    this.run();
  }

  private readonly started: Server | undefined;

  get disk(): Disk {
    return this.cluster.world.node(SID).disk;
  }

  run(): void {
    this.cluster.world.run({ untilUs: this.cluster.world.nowUs + 100_000 });
  }

  private preset(name: string, text: string): void {
    const value = longIn(text);
    this.given.set(name, { text, value });
    this.disk.preset(name, { value: value ?? 0 });
    if (value === undefined) this.disk.corrupt(name);
  }

  /** Returns the epochs in memory and the files, in the form of a recorded answer. */
  answer(error: boolean): Readonly<Record<string, unknown>> {
    const isRunning = this.cluster.server(SID) !== undefined;
    const files = FILES.flatMap((name) => {
      const value = this.disk.read(name);
      return value === undefined ? [] : [[`${name} file`, name === "updatingEpoch" ? "" : this.textOf(name, value)]];
    });
    const peer = this.started?.peer;
    const memory = isRunning ? { currentEpoch: peer?.currentEpoch, acceptedEpoch: peer?.acceptedEpoch } : {};
    return sorted({ ...(isRunning && !error ? {} : { error: true }), ...memory, ...Object.fromEntries(files) });
  }

  private textOf(name: string, value: unknown): string {
    const given = this.given.get(name);
    const isUnchanged = this.disk.damageOf(name) !== undefined || given?.value === value;
    return given !== undefined && isUnchanged ? given.text : String(value);
  }
}

/** Returns the number in the first line of a file, as Long#parseLong reads it; undefined if there is none. */
function longIn(text: string): number | undefined {
  const line = text.split("\n")[0] ?? "";
  if (!/^[+-]?\d+$/.test(line)) return undefined;
  const value = BigInt(line.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
}

/** Starts only server 1 of three, with these epoch files. Returns the result in the form of a recorded answer. */
export function startAnswer(input: string, release: string): Readonly<Record<string, unknown>> {
  return new EpochFiles(input, release).answer(false);
}

/** Starts a server and writes one of its epochs. The write fails if `block` is 1. Returns the result. */
export function setAnswer(input: string, release: string): Readonly<Record<string, unknown>> {
  const { block, to = "", what } = fieldsOf(input);
  const files = new EpochFiles(input, release);
  const server = files.cluster.server(SID) as Server;
  const epoch = asEpoch(Number(to));
  const isCurrent = what === "current";
  const fails = block === "1";
  if (fails) files.disk.failNext(isCurrent ? DISK_CURRENT_EPOCH : DISK_ACCEPTED_EPOCH, "error");
  if (isCurrent) server.writeCurrentEpoch(epoch);
  else server.writeAcceptedEpoch(epoch);
  files.run();
  if (isCurrent) server.peer.currentEpochWritten(epoch, !fails);
  else server.peer.acceptedEpochWritten(epoch, !fails);
  return files.answer(fails);
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

/** Returns the recorded answer about a write. The epochs in memory remain known if the write fails. */
export function recordedSet({ error, ...rest }: RecordedStart): Readonly<Record<string, unknown>> {
  return sorted(error === undefined ? rest : { error: true, ...rest });
}

function sorted(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
