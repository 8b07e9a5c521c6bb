/** Tests what the invariants learn from real servers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { historyOf, startImage } from "../../cluster/start-disk.ts";
import { writeDiskFiles } from "../../confirm/disk-files.ts";
import { RealServer } from "../../confirm/real-server.ts";
import { Witness } from "../../confirm/witness.ts";
import { loadScenario } from "../../lib/load-scenario.ts";
import { ACK, type DiskImage, FOLLOWERINFO, History, LEADERINFO, makeZxid, NEWLEADER } from "../../protocol/index.ts";
import type { WaitingMessage } from "../../traffic/proxied-connection.ts";

const RELEASE = "3.9.5";
/** Servers 1 and 2 start at 1:3, server 3 at 1:5. */
const SCENARIO = loadScenario("three-servers-leader-crashes-in-synchronization-synced-follower-leads");
const folder = mkdtempSync(join(tmpdir(), "zabsim-test-witness-"));
afterAll(() => rmSync(folder, { recursive: true }));

let servers = 0;
function serverOf(id: number): RealServer {
  const ownFolder = join(folder, String(++servers));
  const plan = { id, host: `127.0.0.${id}`, folder: ownFolder, classPath: "", library: "", network: "" };
  return new RealServer({ ...plan, config: [], settings: {}, preAllocKb: 64, isDebugged: false });
}

/** Gives a server the disk of another server of the scenario. */
function writeDisk({ dataDir }: RealServer, id: number): void {
  const spec = SCENARIO.servers[id as never];
  if (spec === undefined) throw new Error(`no server ${id}`);
  writeDiskFiles(dataDir, startImage(spec, History.empty()), RELEASE);
}

/** Writes a snapshot with 1:1 to 1:5, and reports it. */
function saveSnapshot(witness: Witness, server: RealServer): void {
  const history = historyOf("1:1..1:5", History.empty());
  const image = { snapshots: [{ history, zxid: history.zxid }], logFiles: [] };
  writeDiskFiles(server.dataDir, image as unknown as DiskImage, RELEASE);
  witness.disk(server, "rename", join(server.files, "snapshot.100000005"));
}

function packet(from: number, to: number, type: number): WaitingMessage {
  const zxid = BigInt(makeZxid(3 as never, 0));
  return { from, to, packet: { type, zxid, data: null, authinfo: null } } as unknown as WaitingMessage;
}

it("compares a follower with the tree that its leader has saved, not with the tree of its start", () => {
  const witness = new Witness(SCENARIO, RELEASE, undefined, Date.now());
  const [leader, follower] = [serverOf(1), serverOf(2)];
  for (const server of [leader, follower]) {
    writeDisk(server, server.id);
    witness.started(server);
    // It has followed server 3 since, and got 1:4 and 1:5.
    writeDisk(server, 3);
  }
  saveSnapshot(witness, leader);
  witness.packet(packet(2, 1, FOLLOWERINFO));
  witness.packet(packet(1, 2, LEADERINFO));
  witness.packet(packet(1, 2, NEWLEADER));
  witness.packet(packet(2, 1, ACK));
  expect(witness.violations).toEqual([]);
});

it("reports a follower that has a transaction which its leader lacks", () => {
  const witness = new Witness(SCENARIO, RELEASE, undefined, Date.now());
  const [leader, follower] = [serverOf(1), serverOf(2)];
  writeDisk(leader, 1);
  writeDisk(follower, 3);
  for (const server of [leader, follower]) witness.started(server);
  witness.packet(packet(2, 1, FOLLOWERINFO));
  witness.packet(packet(1, 2, LEADERINFO));
  witness.packet(packet(1, 2, NEWLEADER));
  witness.packet(packet(2, 1, ACK));
  expect(witness.violations.map(({ id }) => id)).toContain("follower-is-prefix");
});
