/** Three live servers in this process elect a leader, over sockets of 127.0.0.1 and with real files. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { NoteRecorder, type ProtocolRecord } from "../../cluster/records.ts";
import type { Invariants } from "../../invariants/index.ts";
import { replayTrace } from "../../live/input-trace.ts";
import { LiveServer } from "../../live/live-server.ts";
import { oneServerInvariants } from "../../live/one-server-invariants.ts";
import { readZooCfgOfServer } from "../../live/zoo-cfg.ts";
import { asServerId, type ServerId } from "../../protocol/index.ts";
import { send, sendMutated } from "./mutated-messages.ts";

const IDS = [1, 2, 3].map(asServerId);
const WAIT_MS_MAX = 20_000;

interface Started {
  readonly server: LiveServer;
  readonly records: ProtocolRecord[];
  readonly trace: string[];
}

let folder = "";
let running: Started[] = [];

afterEach(() => {
  for (const { server } of running) server.kill();
  running = [];
  rmSync(folder, { recursive: true, force: true });
});

async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createServer());
  await Promise.all(sockets.map((one) => new Promise<void>((done) => one.listen(0, "127.0.0.1", done))));
  const ports = sockets.map((one) => (one.address() as { port: number }).port);
  await Promise.all(sockets.map((one) => new Promise((done) => one.close(done))));
  return ports;
}

/** Writes the data directories. Returns the text of zoo.cfg without the line dataDir, and the ports. */
async function prepare(): Promise<{ readonly text: string; readonly ports: readonly number[] }> {
  folder = mkdtempSync(join(tmpdir(), "zabsim-live-"));
  const ports = await freePorts(2 * IDS.length);
  const list = IDS.map((id, i) => `server.${id}=127.0.0.1:${ports[2 * i]}:${ports[2 * i + 1]}`);
  for (const id of IDS) mkdirSync(join(folder, String(id)));
  return { text: ["tickTime=200", "initLimit=20", "syncLimit=10", ...list, ""].join("\n"), ports };
}

function start(text: string, myid: ServerId): Started {
  const dataDir = join(folder, String(myid));
  const cfg = readZooCfgOfServer(text, "zoo.cfg", () => "");
  const records: ProtocolRecord[] = [];
  const trace: string[] = [];
  const server = new LiveServer(
    { ...cfg, dataDir, dataLogDir: dataDir, myid, release: "3.9.4" },
    {
      notes: new NoteRecorder(
        myid,
        () => 0,
        (record) => records.push(record),
      ),
      trace: (line) => trace.push(line),
      received: () => {},
      exited: () => {},
    },
  );
  const started = { server, records, trace };
  running.push(started);
  server.start();
  return started;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; !isTrue(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`not true after ${WAIT_MS_MAX} ms: ${isTrue}`);
  }
}

const serves = ({ server }: Started): boolean => server.peer.serving;

function replay({ trace }: Started): {
  readonly difference: unknown;
  readonly violations: readonly string[] | undefined;
  readonly inputs: number;
} {
  let invariants: Invariants | undefined;
  const lines = trace.map((line) => line.trimEnd());
  const { difference, inputs } = replayTrace(lines, (server, now) => {
    const one = oneServerInvariants(server, now);
    invariants = one.invariants;
    return one.notes;
  });
  return { difference, inputs, violations: invariants?.violations.map(({ id, text }) => `${id}: ${text}`) };
}

test("servers elect a leader, one restarts, and the core answers the recorded inputs in the same way", async () => {
  const { text } = await prepare();
  const servers = IDS.map((id) => start(text, id));
  await until(() => servers.every(serves));
  const followers = servers.filter(({ server }) => !server.peer.leads);
  expect(followers).toHaveLength(2);
  const follower = followers[0] as Started;
  follower.server.kill();
  const again = start(text, follower.server.peer.myid);
  await until(() => serves(again));
  const leader = servers.find(({ server }) => server.peer.leads) as Started;
  expect(again.server.peer.currentEpoch).toBe(leader.server.peer.currentEpoch);
  for (const one of running) {
    const { difference, inputs, violations } = replay(one);
    expect(difference).toBeUndefined();
    expect(violations).toEqual([]);
    expect(inputs).toBeGreaterThan(10);
  }
});

test("the replay finds a missing input", async () => {
  const { text } = await prepare();
  const servers = IDS.map((id) => start(text, id));
  await until(() => servers.every(serves));
  const [{ trace }] = servers as [Started];
  const index = trace.findIndex((line) => line.includes('"input":"packet"'));
  const changed = { ...servers[0], trace: trace.filter((_, i) => i !== index) } as Started;
  expect(replay(changed).difference).toBeDefined();
});

test("malformed notifications and handshakes do not disturb the servers", async () => {
  const { ports, text } = await prepare();
  const servers = IDS.map((id) => start(text, id));
  await until(() => servers.every(serves));
  const malformed = [
    Uint8Array.of(),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff),
    // A hello of server 1 in the format of 3.4, and then a notification with a negative length.
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0),
    // A hello of version 1 whose address is longer than allowed.
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0x7f, 0xff, 0xff, 0xff),
    // A FOLLOWERINFO whose data has the length 2^31 - 1, and an unknown packet type.
    Uint8Array.of(0, 0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff),
    Uint8Array.of(0, 0, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    new Uint8Array(5000).map((_, i) => (i * 7919) >> 3),
  ];
  const epochs = servers.map(({ server }) => server.peer.currentEpoch);
  for (const bytes of malformed) await Promise.all(ports.map((port) => send(port, bytes)));
  for (const [i] of IDS.entries()) {
    await sendMutated({ quorum: ports[2 * i] as number, election: ports[2 * i + 1] as number }, 50, i);
  }
  await until(() => servers.every(serves));
  expect(servers.map(({ server }) => server.peer.currentEpoch)).toEqual(epochs);
  for (const one of servers) expect(replay(one)).toMatchObject({ difference: undefined, violations: [] });
});
