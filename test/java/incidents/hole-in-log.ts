/**
 * A disk error takes a log file out of the middle of a server's history, and the snapshots above it. A server of an
 * older release starts, reports the newest zxid and serves, but lacks nodes, and its log does not say so. A newer one
 * exits.
 */
import { readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expectEqual, type Incident, type Lab, names } from "./incident.ts";
import type { RealEnsemble } from "./real-ensemble.ts";
import { expectInDoctor } from "./zabsim.ts";

const PARTS = [names("first", 4), names("second", 4), names("third", 4)];

const LACKS = /^lacks \d+:\d+\.\.\d+:\d+ below later transactions: log\.\w+ ends at /;
const DOES_NOT_START = /^does not start: its log lacks \d+:\d+\.\.\d+:\d+: log\.\w+ ends at /;

export const holeInLog: Incident = {
  name: "hole-in-log",
  async run(lab) {
    const { ensemble } = lab;
    await ensemble.startServing(1, 2, 3);
    // Each start of the server opens a log file of its own.
    const damaged = 1;
    for (const [i, part] of PARTS.entries()) {
      if (i > 0) {
        await ensemble.stop([damaged]);
        await ensemble.startServing(damaged);
      }
      const writer = await ensemble.serving(1, 2, 3);
      await ensemble.write(writer, part);
    }
    await ensemble.stop(ensemble.ids);
    const hole = damage(ensemble, damaged);

    const disks = lab.doctor();
    const starts = disks.servers.find(({ server }) => server === damaged)?.starts === true;
    expectInDoctor(disks, "findings", starts ? LACKS : DOES_NOT_START);
    expectInDoctor(disks, "advice", new RegExp(`^Move the folder version-2 of server ${damaged} away, and keep it\\.`));

    const all = PARTS.flat().sort();
    const others = ensemble.ids.filter((id) => id !== damaged);
    await ensemble.startServing(...others);
    if (starts)
      await servesWithHole(
        lab,
        damaged,
        all.filter((name) => !hole.includes(name)),
      );
    else await exits(lab, damaged);

    renameSync(ensemble.version2(damaged), join(ensemble.folder, "moved-away"));
    await ensemble.startServing(damaged);
    for (const id of ensemble.ids) expectEqual(`nodes of server ${id}`, await ensemble.nodes(id), all);
    lab.explained({
      ...{ rule: "empty-disk", servers: [damaged], severity: "note" },
      evidence: [[damaged, /^currentEpoch not found!/]],
      advice: [],
    });
  },
};

/** The server of an older release serves as if nothing were wrong, and lacks nodes. */
async function servesWithHole({ ensemble }: Lab, damaged: number, expected: readonly string[]): Promise<void> {
  await ensemble.startServing(damaged);
  expectEqual("nodes of the damaged server", await ensemble.nodes(damaged), expected);
  await ensemble.stop([damaged]);
}

/** The server of a newer release notices the hole, and exits. */
async function exits(lab: Lab, damaged: number): Promise<void> {
  const { ensemble } = lab;
  ensemble.start(damaged);
  await ensemble.until("the damaged server exits", async () => !ensemble.isRunning(damaged));
  lab.explained({
    ...{ rule: "exit-at-start", servers: [damaged], severity: "problem" },
    evidence: [[damaged, /./]],
    advice: [/zabsim doctor/],
  });
}

/** Removes the middle log file and the snapshots that contain its transactions. Returns the nodes that are lost. */
function damage(ensemble: RealEnsemble, id: number): readonly string[] {
  const folder = ensemble.version2(id);
  const zxidOf = (name: string): number => Number.parseInt(name.slice(name.indexOf(".") + 1), 16);
  const files = readdirSync(folder).sort((a, b) => zxidOf(a) - zxidOf(b));
  const logs = files.filter((name) => name.startsWith("log."));
  if (logs.length !== PARTS.length) throw new Error(`${PARTS.length} log files are expected: ${files.join(", ")}`);
  const middle = logs[1] as string;
  rmSync(join(folder, middle));
  for (const name of files) {
    if (name.startsWith("snapshot.") && zxidOf(name) >= zxidOf(middle)) rmSync(join(folder, name));
  }
  return PARTS[1] as readonly string[];
}
