/**
 * Two of three voters lose their disks while the third one is down. They elect a leader among themselves, with an empty
 * database: every transaction is gone, although the disk of the third server still has most of them.
 */
import { rmSync } from "node:fs";
import { expectEqual, type Incident, names } from "./incident.ts";
import { expectInDoctor } from "./zabsim.ts";

const EARLY = names("early", 6);
const LAST = names("last", 3);

export const wipedVoters: Incident = {
  name: "wiped-voters",
  async run(lab) {
    const { ensemble } = lab;
    const leader = await ensemble.startServing(1, 2, 3);
    const survivor = leader === 1 ? 2 : 1;
    const wiped = ensemble.ids.filter((id) => id !== survivor);
    await ensemble.write(leader, EARLY);
    await ensemble.stop([survivor]);
    await ensemble.write(await ensemble.serving(...wiped), LAST);
    await ensemble.stop(wiped);
    for (const id of wiped) rmSync(ensemble.version2(id), { recursive: true });

    const before = lab.doctor();
    expectInDoctor(before, "findings", /starts lose data: .* without 1:1\.\.1:\d+/);
    expectInDoctor(before, "advice", new RegExp(`^Never delete the data of server ${survivor}: only it has 1:1\\.\\.`));
    const losing = before.starts.outcomes.filter((outcome) => outcome.losesData);
    if (!losing.some(({ servers }) => servers.join() === wiped.join())) {
      throw new Error(`doctor does not say that servers ${wiped} lose data: ${JSON.stringify(before.starts)}`);
    }

    const wrong = await ensemble.startServing(...wiped);
    expectEqual("nodes after the wrong start", await ensemble.nodes(wrong), []);
    await ensemble.stop(wiped);
    lab.explained({
      ...{ rule: "empty-disk", servers: wiped, severity: "loss", certainty: "likely" },
      evidence: wiped.map((id) => [id, /^currentEpoch not found!/] as const),
      advice: [/start the servers that still have their data first/],
    });
    lab.explained({
      ...{ rule: "epoch-went-back", severity: "violation" },
      cause: new RegExp(`^Servers ${wiped.join(" and ")} started with an empty disk before\\.`),
      evidence: [[wrong, /^Have quorum of supporters/]],
      advice: [/never start a majority of empty disks/],
    });

    // The advice: start from the disk with the newest history, never from a majority of empty disks.
    for (const id of wiped) rmSync(ensemble.version2(id), { recursive: true });
    const first = firstServers(before.advice.map(({ text }) => text));
    if (!first.includes(survivor)) throw new Error(`doctor does not start server ${survivor} first: ${first}`);
    const again = await ensemble.startServing(...first);
    expectEqual("the leader", [again], [survivor]);
    await ensemble.startServing(...ensemble.ids.filter((id) => !first.includes(id)));
    for (const id of ensemble.ids) expectEqual(`nodes of server ${id}`, await ensemble.nodes(id), EARLY);
  },
};

/** Returns the servers that the advice starts first. */
function firstServers(advice: readonly string[]): number[] {
  const text = advice.map((one) => /^Start servers? ([\d, ]+) first\./.exec(one)?.[1]).find((one) => one !== undefined);
  if (text === undefined) throw new Error(`doctor does not say which servers start first: ${advice.join(" | ")}`);
  return text.split(", ").map(Number);
}
