/**
 * `zabsim join` runs the core as a server of a real ensemble, on the sockets, the files and the clock of this machine,
 * and prints what the server does.
 */
import { closeSync, existsSync, openSync, writeSync } from "node:fs";
import { join as joinPath } from "node:path";
import { Watchers } from "../cluster/note-watchers.ts";
import { NoteRecorder, type ProtocolRecord, recordFilter } from "../cluster/records.ts";
import { readMyid } from "../doctor/read-data-directory.ts";
import { LiveServer } from "../live/live-server.ts";
import { oneServerInvariants } from "../live/one-server-invariants.ts";
import { readZooCfgOfServer } from "../live/zoo-cfg.ts";
import { asServerId, PACKET_NAMES, PING, type ServerId } from "../protocol/index.ts";
import { recordJson } from "../reports/run-json.ts";
import { timeline, timelineLine } from "../reports/timeline.ts";
import { configText, namedConfigText } from "./config-text.ts";
import { EXIT_FINDING, EXIT_OK } from "./exit-codes.ts";
import { interruptible } from "./interrupt.ts";
import { paintFor } from "./options.ts";
import { textWidth, write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export interface JoinOptions {
  readonly config: string;
  readonly zookeeper?: string;
  readonly myid?: bigint;
  readonly until?: string;
  /** The file for the inputs and outputs of the core. */
  readonly trace?: string;
  readonly json?: boolean;
}

const UNTIL = ["synced"] as const;
/** The events after which a server has the data of the leader, or leads. */
const SYNCED: readonly string[] = ["active", "established"];
const ACCEPTED_CONFIG = "the path of a zoo.cfg with a line server.N for each server, and dataDir";

export async function join(options: JoinOptions): Promise<number> {
  const { config: file, until } = options;
  if (until !== undefined && !UNTIL.includes(until as "synced")) {
    throw new UsageError(`--until ${until}: is no moment (accepted: ${UNTIL.join(", ")})`);
  }
  const cfg = readZooCfgOfServer(configText(file, ACCEPTED_CONFIG), file, (name) =>
    namedConfigText(name, file, ACCEPTED_CONFIG),
  );
  const { dataDir } = cfg;
  if (dataDir === undefined) throw new UsageError(`${file}: has no dataDir (accepted: ${ACCEPTED_CONFIG})`);
  if (!existsSync(dataDir))
    throw new UsageError(`${file}: dataDir=${dataDir}: there is no such folder (accepted: a folder)`);
  const myid = options.myid === undefined ? await ownId(dataDir) : asServerId(Number(options.myid));
  if (!cfg.verifier.members.includes(myid)) {
    throw new UsageError(`${file}: has no line server.${myid} (accepted: ids ${cfg.verifier.members.join(", ")})`);
  }
  const release = options.zookeeper ?? "newest";
  const live = { ...cfg, dataDir, dataLogDir: cfg.dataLogDir ?? dataDir, myid, release };
  return await interruptible(async (interruption) => {
    const startUs = performance.now() * 1000;
    const now = (): number => Math.round(performance.now() * 1000 - startUs);
    const show = printer(options);
    const { invariants, notes } = oneServerInvariants({ myid, verifier: cfg.verifier }, now);
    const traceFd = options.trace === undefined ? undefined : openTrace(options.trace);
    let server: LiveServer | undefined;
    const code = await new Promise<number>((end) => {
      const recorded = (record: ProtocolRecord): void => {
        show(record);
        if (until === "synced" && SYNCED.includes(record.event)) end(EXIT_OK);
      };
      const recorder = new NoteRecorder(
        myid,
        now,
        recorded,
        recordFilter(() => true),
      );
      server = new LiveServer(live, {
        notes: new Watchers(notes, recorder),
        trace: traceFd === undefined ? undefined : (line) => void writeSync(traceFd, line),
        received: (from, { type, zxid }) => {
          // A PING arrives twice a tick, and says nothing new.
          if (type === PING) return;
          recorded({ atUs: now(), server: myid, event: "received", from, message: PACKET_NAMES[type] as string, zxid });
        },
        exited: (exitCode) => {
          recorded({ atUs: now(), server: myid, event: "crashed", exitCode, lost: [] });
          end(EXIT_FINDING);
        },
      });
      interruption.signal.addEventListener("abort", () => end(EXIT_OK), { once: true });
      server.start();
    });
    server?.kill();
    if (traceFd !== undefined) closeSync(traceFd);
    const { violations } = invariants;
    for (const { id, server: sid, text } of violations) {
      const json = { event: "violation", invariant: id, server: sid, text };
      await write(options.json ? `${JSON.stringify(json)}\n` : `violation of ${id}: server ${sid} ${text}\n`);
    }
    if (violations.length > 0) return EXIT_FINDING;
    return interruption.exitCode ?? code;
  });
}

function openTrace(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw new UsageError(`--trace ${file}: cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function ownId(dataDir: string): Promise<ServerId> {
  const { badMyid, myid } = await readMyid(dataDir);
  if (myid !== undefined) return myid;
  const path = joinPath(dataDir, "myid");
  const problem = badMyid === undefined ? "cannot be read" : `contains "${badMyid}"`;
  throw new UsageError(`${path}: ${problem} (accepted: a file with the id of this server, or --myid)`);
}

function printer({ json }: JoinOptions): (record: ProtocolRecord) => void {
  const layout = { paint: paintFor(process.stdout), width: textWidth() };
  return (record) => {
    for (const shown of timeline([record], {})) {
      void write(json ? `${JSON.stringify(recordJson(shown))}\n` : `${timelineLine(shown, layout)}\n`);
    }
  };
}
