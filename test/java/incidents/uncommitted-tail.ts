/**
 * A leader logs transactions that no follower receives, and all servers are killed. The followers elect a leader
 * without these transactions, and the old leader throws them away when it comes back. They were never committed.
 */
import { expectEqual, type Incident, names } from "./incident.ts";
import { expectInDoctor } from "./zabsim.ts";

const COMMITTED = names("committed", 5);
const TAIL = names("tail", 3);
const LATER = names("later", 4);

export const uncommittedTail: Incident = {
  name: "uncommitted-tail",
  async run(lab) {
    const { ensemble } = lab;
    const old = await ensemble.startServing(1, 2, 3);
    const others = ensemble.ids.filter((id) => id !== old);
    await ensemble.write(old, COMMITTED);

    const client = await ensemble.client(old, { timeoutMs: 2000 });
    ensemble.signal("SIGSTOP", ...others);
    for (const name of TAIL) client.create(`/${name}`).catch(() => undefined);
    await ensemble.until("the leader has logged the tail", async () => TAIL.every((name) => hasLogged(name)));
    await ensemble.stop(ensemble.ids, "SIGKILL");

    const leader = await ensemble.startServing(...others);
    await ensemble.write(leader, LATER);
    await ensemble.stop(others);

    const disks = lab.doctor();
    expectInDoctor(disks, "findings", new RegExp(`^1:\\d+\\.\\.1:\\d+ is an uncommitted tail on server ${old}: `));
    expectInDoctor(disks, "advice", /^Start the servers in any order\.$/);
    if (!disks.isHealthy) throw new Error(`doctor calls disks unhealthy that lose nothing: ${JSON.stringify(disks)}`);

    await ensemble.startServing(...others);
    await ensemble.startServing(old);
    lab.explained({
      ...{ rule: "data-discarded", servers: [old], severity: "note", certainty: "proven" },
      title: /: never committed$/,
      evidence: [[old, /^(Getting a snapshot from leader|Truncating log to get in sync with the leader) /]],
      advice: [],
    });
    for (const id of ensemble.ids) {
      expectEqual(`nodes of server ${id}`, await ensemble.nodes(id), [...COMMITTED, ...LATER].sort());
    }

    function hasLogged(name: string): boolean {
      return ensemble.hasInTxnLog(old, `/${name}`);
    }
  },
};
