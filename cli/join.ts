/**
 * `zabsim join` runs the core as a server of a real ensemble, on the sockets, the files and the clock of this machine,
 * and prints what the server does.
 */
import { statSync } from "node:fs";
import { join as joinPath } from "node:path";
import { withOutputError } from "../campaign/output-files.ts";
import { Watchers } from "../cluster/note-watchers.ts";
import { NoteRecorder, type ProtocolRecord } from "../cluster/records.ts";
import { readMyid } from "../doctor/read-data-directory.ts";
import type { Violation } from "../invariants/index.ts";
import { type LiveOwner, LiveServer } from "../live/live-server.ts";
import { oneServerInvariants } from "../live/one-server-invariants.ts";
import { type LiveConfig, readZooCfgOfServer } from "../live/zoo-cfg.ts";
import { asServerId, type Notes, PACKET_NAMES, PING, type ServerId } from "../protocol/index.ts";
import { recordJson } from "../reports/run-json.ts";
import { timeline, timelineLine } from "../reports/timeline.ts";
import { configText, namedConfigText } from "./config-text.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { oneOf, paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";
import { ReceivedPackets } from "./received-packets.ts";
import { TraceFile, unlessFailed } from "./trace-file.ts";
import { UsageError } from "./usage-error.ts";

export interface JoinOptions {
  readonly config: string;
  readonly zookeeper?: string;
  readonly myid?: bigint;
  readonly until?: string;
  /** The file for the inputs and outputs of the core. Default: none. */
  readonly trace?: string;
  readonly json?: boolean;
}

const UNTIL = ["synced"] as const;
/** The events after which a server has the data of the leader, or leads. */
const SYNCED: readonly string[] = ["active", "established"];
const ACCEPTED_CONFIG = "the path of a zoo.cfg with a line server.N for each server, and dataDir";
const US_PER_MS = 1000;

export async function join(options: JoinOptions): Promise<number> {
  if (options.until !== undefined) oneOf("--until", options.until, UNTIL, "unknown moment");
  const config = await configOf(options);
  return await interruptible(async (interruption) => {
    const startMs = performance.now();
    const now = (): number => Math.round((performance.now() - startMs) * US_PER_MS);
    const { invariants, notes } = oneServerInvariants(config, now);
    const code = await untilEnd(config, options, notes, now, interruption.signal);
    for (const violation of invariants.violations) await write(violationLine(violation, options));
    if (invariants.violations.length > 0) return EXIT_FINDING;
    return interruption.exitCode ?? code;
  });
}

async function configOf({ config: file, myid, zookeeper: release = "newest" }: JoinOptions): Promise<LiveConfig> {
  const cfg = readZooCfgOfServer(configText(file, ACCEPTED_CONFIG), file, (name) =>
    namedConfigText(name, file, ACCEPTED_CONFIG),
  );
  const { dataDir, dataLogDir = dataDir } = cfg;
  if (dataDir === undefined || dataLogDir === undefined) {
    throw new UsageError(`${file}: has no dataDir (accepted: ${ACCEPTED_CONFIG})`);
  }
  for (const [key, folder] of Object.entries({ dataDir, dataLogDir })) {
    if (!isFolder(folder)) throw new UsageError(`${file}: ${key}=${folder}: is not a folder (accepted: a folder)`);
  }
  const id = myid === undefined ? await ownId(dataDir) : asServerId(Number(myid));
  const { members } = cfg.verifier;
  if (!members.includes(id)) {
    throw new UsageError(`${file}: has no line server.${id} (accepted: a line for each of ${members.join(", ")})`);
  }
  return { ...cfg, dataDir, dataLogDir, myid: id, release };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function ownId(dataDir: string): Promise<ServerId> {
  const { badMyid, myid } = await readMyid(dataDir);
  if (myid !== undefined) return myid;
  const problem = badMyid === undefined ? "does not exist" : `contains "${badMyid}"`;
  throw new UsageError(
    `${joinPath(dataDir, "myid")}: ${problem} (accepted: a file with the id of the server, or --myid)`,
  );
}

/** Runs the server until it exits, until it is synced if the user wants that, or until `signal` is aborted. */
async function untilEnd(
  config: LiveConfig,
  options: JoinOptions,
  notes: Notes,
  now: () => number,
  signal: AbortSignal,
): Promise<number> {
  const { myid } = config;
  const trace = options.trace === undefined ? undefined : new TraceFile(options.trace);
  let end = (_code: number): void => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const print = printer(options);
  const recorded = (record: ProtocolRecord): void => {
    print(record);
    if (options.until === "synced" && SYNCED.includes(record.event)) end(EXIT_OK);
  };
  const packets = new ReceivedPackets(recorded);
  const owner: LiveOwner = {
    notes: new Watchers(notes, new NoteRecorder(myid, now, (record) => packets.noted(record))),
    trace: trace && ((line) => trace.write(line)),
    received: (from, { type, zxid }) => {
      // A PING arrives twice a tick, and says nothing new.
      if (type === PING) return;
      const message = PACKET_NAMES[type] as string;
      packets.received({ atUs: now(), server: myid, event: "received", from, message, zxid });
    },
    exited: (exitCode) => {
      packets.noted({ atUs: now(), server: myid, event: "crashed", exitCode, lost: [] });
      end(EXIT_FINDING);
    },
  };
  const server = withOutputError(config.dataDir, "cannot be written", () => new LiveServer(config, owner));
  signal.addEventListener("abort", () => end(EXIT_OK), { once: true });
  try {
    server.start();
    return await unlessFailed(trace, ended);
  } finally {
    server.kill();
    trace?.close();
  }
}

function printer({ json }: JoinOptions): (record: ProtocolRecord) => void {
  const layout = { paint: paintFor(process.stdout), width: textWidth() };
  return (record) => {
    for (const shown of timeline([record], {})) {
      void write(json ? `${JSON.stringify(recordJson(shown))}\n` : `${timelineLine(shown, layout)}\n`);
    }
  };
}

function violationLine({ id, server, text }: Violation, { json }: JoinOptions): string {
  return json
    ? `${JSON.stringify({ event: "violation", invariant: id, server, text })}\n`
    : `violation of ${id}: server ${server} ${text}\n`;
}
