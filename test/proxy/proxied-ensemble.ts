/** Live servers in this process, each of which finds the others through a proxy. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NoteRecorder } from "../../cluster/records.ts";
import { LiveServer } from "../../live/live-server.ts";
import { readZooCfgOfServer } from "../../live/zoo-cfg.ts";
import { asServerId } from "../../protocol/index.ts";
import { type ProxiedServer, type ProxiedServers, pairText } from "../../proxy/proxy-config.ts";

const WAIT_MS_MAX = 20_000;
const HOST = "127.0.0.1";

/** Returns ports of 127.0.0.1 on which nothing listens. */
export async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createServer());
  await Promise.all(sockets.map((one) => new Promise<void>((done) => one.listen(0, HOST, done))));
  const ports = sockets.map((one) => (one.address() as { port: number }).port);
  await Promise.all(sockets.map((one) => new Promise((done) => one.close(done))));
  return ports;
}

/** Returns servers with free ports. */
export async function proxiedServers(ids: readonly number[]): Promise<ProxiedServers> {
  const ports = await freePorts(4 * ids.length);
  return new Map(
    ids.map((id, i): [number, ProxiedServer] => {
      const [a = 0, b = 0, c = 0, d = 0] = ports.slice(4 * i);
      const address = { host: HOST, quorum: a, election: b };
      return [id, { address, proxy: { host: HOST, quorum: c, election: d } }];
    }),
  );
}

/** Returns servers that find each other without a proxy. */
export async function directServers(ids: readonly number[]): Promise<ProxiedServers> {
  const servers = await proxiedServers(ids);
  return new Map([...servers].map(([id, { address }]) => [id, { address, proxy: address }]));
}

export async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; !isTrue(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`not true after ${WAIT_MS_MAX} ms: ${isTrue}`);
  }
}

/** The servers, with empty disks. */
export class ProxiedEnsemble {
  private readonly servers: ProxiedServers;
  private readonly folder = mkdtempSync(join(tmpdir(), "zabsim-proxy-"));
  private readonly running = new Map<number, LiveServer>();
  /** The lines of the trace of the last process of each server. */
  readonly traces = new Map<number, string[]>();

  constructor(servers: ProxiedServers) {
    this.servers = servers;
  }

  start(...ids: readonly number[]): void {
    for (const id of ids) {
      const list = [...this.servers].map(([other, { address, proxy }]) => {
        return `server.${other}=${pairText(other === id ? address : proxy)}`;
      });
      const text = ["tickTime=200", "initLimit=8", "syncLimit=50", ...list, ""].join("\n");
      const dataDir = join(this.folder, String(id));
      mkdirSync(dataDir, { recursive: true });
      const cfg = readZooCfgOfServer(text, "zoo.cfg", () => "");
      const myid = asServerId(id);
      const notes = new NoteRecorder(
        myid,
        () => 0,
        () => {},
      );
      const lines: string[] = [];
      this.traces.set(id, lines);
      const owner = { notes, trace: (line: string) => void lines.push(line), received: () => {}, exited: () => {} };
      const server = new LiveServer({ ...cfg, dataDir, dataLogDir: dataDir, myid, release: "3.9.4" }, owner);
      this.running.set(id, server);
      server.start();
    }
  }

  serves(...ids: readonly number[]): boolean {
    return ids.every((id) => this.running.get(id)?.peer.serving === true);
  }

  get leader(): number | undefined {
    return [...this.running].find(([, { peer }]) => peer.leads)?.[0];
  }

  stop(): void {
    for (const server of this.running.values()) server.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
