/**
 * `zabsim probe` asks an established leader how it would synchronize a learner: by DIFF, TRUNC and SNAP, each arranged
 * by the learner's last zxid. The leader's epoch, its role and its data do not change.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expectEqual, type Incident, type Lab, names } from "./incident.ts";

const NODES = names("node", 6);

interface Answer {
  readonly operation: string;
  readonly zxid: string;
  readonly proposedEpoch: number;
  readonly packets: Readonly<Record<string, number>>;
  readonly snapshot: { readonly nodes: number } | null;
  readonly rules: readonly { readonly rule: string }[];
}

export const probe: Incident = {
  name: "probe",
  releases: ["3.5.10", "3.8.4", "3.9.5"],
  async run(lab) {
    const { ensemble } = lab;
    const leader = await ensemble.startServing(1, 2, 3);
    await ensemble.write(leader, NODES);
    const before = await stateOf(lab, leader);

    const ask = (zxid: string): Answer => lab.probe(ensemble.quorumPort(leader), zxid) as Answer;
    const epoch = Number(before.currentEpoch);
    // Each session and each node is a transaction: 1:1 opens the session, 1:2 to 1:7 create nodes, 1:8 closes it.
    const first = ask(`${epoch}:3`);
    const last = Number.parseInt(first.zxid.slice(-8), 16);
    check(first, { operation: "DIFF", rule: "committed-log-diff", count: last - 3 });
    check(ask(`${epoch}:${last}`), { operation: "DIFF", rule: "in-sync", count: 0 });
    check(ask(`${epoch}:${last + 5}`), { operation: "TRUNC", rule: "ahead-of-committed-log", count: 0 });
    const snap = ask(`${epoch + 1}:0`);
    check(snap, { operation: "SNAP", rule: "new-epoch-above-committed-log", count: 0 });
    if ((snap.snapshot?.nodes ?? 0) < NODES.length) throw new Error(`the SNAP lacks nodes: ${JSON.stringify(snap)}`);
    for (const { proposedEpoch } of [first, snap]) expectEqual("the proposed epoch", [proposedEpoch], [epoch]);

    await ensemble.until("the leader has ended the connections of the probes", async () => {
      // The metric counts the connections of all learners. Its name is another one up to 3.5.
      return /^zk_(?:learners|followers)\s+2$/m.test((await ensemble.command(leader, "mntr")) ?? "");
    });
    const after = await stateOf(lab, leader);
    for (const name of Object.keys(before)) expectEqual(name, [after[name]], [before[name]]);
    await ensemble.write(leader, ["later"]);
    expectEqual("nodes of the leader", await ensemble.nodes(leader), [...NODES, "later"].sort());
  },
};

function check(answer: Answer, { count, operation, rule }: { operation: string; rule: string; count: number }): void {
  const proposals = answer.packets.PROPOSAL ?? 0;
  const isRight = answer.operation === operation && proposals === count;
  if (!isRight || !answer.rules.some((one) => one.rule === rule)) {
    throw new Error(`expected ${operation} with ${count} proposals by ${rule}, but got ${JSON.stringify(answer)}`);
  }
}

/** The roles of the servers, and the epochs and the log and snapshot files of the leader. */
async function stateOf({ ensemble }: Lab, leader: number): Promise<Record<string, string>> {
  const folder = ensemble.version2(leader);
  const files = readdirSync(folder).sort();
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  return {
    roles: (await Promise.all(ensemble.ids.map((id) => ensemble.mode(id)))).join(),
    acceptedEpoch: readFileSync(join(folder, "acceptedEpoch"), "utf8"),
    currentEpoch: readFileSync(join(folder, "currentEpoch"), "utf8"),
    files: `${files.join()} ${hash.digest("hex")}`,
  };
}
