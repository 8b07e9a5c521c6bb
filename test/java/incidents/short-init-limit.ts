/**
 * A server with an empty disk needs the whole snapshot over a slow link, which takes longer than initLimit. The third
 * server is down, so the leader has no quorum: it gives up, and the next election ends in the same way.
 */
import { rmSync } from "node:fs";
import { expectEqual, type Incident, names, numberIn } from "./incident.ts";
import { SlowLink } from "./slow-link.ts";

const TICK_MS = 500;
const SHORT_LIMIT = 8;
const NODES = names("large", 24);
const NODE_BYTES = 500_000;
const BYTES_PER_SECOND = 1_500_000;
/** The advice names a minimum only, because the logs do not show how much of the snapshot was left. */
const MARGIN = 4;

export const shortInitLimit: Incident = {
  name: "short-init-limit",
  settings: { tickTime: TICK_MS, initLimit: 60, syncLimit: 20 },
  async run(lab) {
    const { ensemble } = lab;
    const [leader, learner, down] = [1, 2, 3] as const;
    await ensemble.startServing(leader, learner, down);
    await ensemble.write(leader, NODES, Buffer.alloc(NODE_BYTES));
    await ensemble.stop(ensemble.ids);

    const link = await SlowLink.open(ensemble.quorumPort(leader), BYTES_PER_SECOND);
    try {
      rmSync(ensemble.version2(learner), { recursive: true });
      const configure = (initLimit: number): void => {
        ensemble.configure({ initLimit });
        ensemble.writeConfig(learner, { [leader]: link.port });
      };
      configure(SHORT_LIMIT);
      ensemble.start(leader, learner);
      await ensemble.until("the leader gives up three times", async () => timeouts(ensemble.logText(leader)) >= 3);
      await ensemble.stop([leader, learner]);

      const limit = `${SHORT_LIMIT} × ${TICK_MS} ms = ${(SHORT_LIMIT * TICK_MS) / 1000}\\.0 s`;
      const { advice } = lab.explained({
        ...{ rule: "no-leader", servers: [leader], certainty: "proven" },
        title: /initLimit was too short for the synchronization$/,
        cause: new RegExp(`${limit} ran out.* The SNAP to server ${learner} was not acknowledged after \\d`),
        evidence: [[leader, /Timeout while waiting for|Waiting for a quorum of followers/]],
        advice: [new RegExp(`^Raise initLimit \\(now ${SHORT_LIMIT}\\) to \\d+ or more on every server`)],
      });

      const raised = MARGIN * numberIn(advice, /to (\d+) or more/);
      configure(raised);
      expectEqual("the leader", [await ensemble.startServing(leader, learner)], [leader]);
      expectEqual("nodes of the learner", await ensemble.nodes(learner), [...NODES].sort());

      const later = lab.explained({
        ...{ rule: "no-leader", servers: [leader] },
        title: /initLimit was too short for the synchronization$/,
        cause: /A later SNAP to the same server took \d/,
        evidence: [],
        advice: [/^Raise initLimit .*to \d+ on every server/],
      });
      const needed = numberIn(later.advice, /to (\d+) on every server/);
      if (needed <= SHORT_LIMIT || needed > raised) {
        throw new Error(`${needed} ticks are advised, where ${SHORT_LIMIT} failed and ${raised} worked`);
      }
    } finally {
      link.close();
    }
  },
};

function timeouts(log: string): number {
  return log.split("\n").filter((line) => /NEWLEADER to be acked|Waiting for a quorum of followers/.test(line)).length;
}
