/**
 * Servers 2 and 3 resolve the name of server 1 to an old address. Server 1 reaches them, but of two servers, the one
 * with the higher id opens the connection for votes: they drop its connections and cannot connect back. No server hears
 * its votes.
 */
import { expectEqual, type Incident, names } from "./incident.ts";

const NODES = names("node", 3);
const UNHEARD_MS = 15_000;

export const unreachableSmallerId: Incident = {
  name: "unreachable-smaller-id",
  // A server of 3.5.10 sends its numeric address (NetUtils#formatInetAddr), so the others do not resolve its name.
  releases: ["3.8.6", "3.9.5"],
  async run(lab) {
    const { ensemble } = lab;
    for (const id of [2, 3]) ensemble.writeHosts(id, [1]);
    // Server 3 is down, so the quorum needs server 1.
    ensemble.start(1, 2);
    await ensemble.until("server 2 looks for a leader", async () => / LOOKING$/m.test(ensemble.logText(2)));
    await new Promise((resolve) => setTimeout(resolve, UNHEARD_MS));
    expectEqual("roles", [await ensemble.mode(1), await ensemble.mode(2)], [undefined, undefined]);

    lab.explained({
      ...{ rule: "no-leader", servers: [1, 2], certainty: "proven" },
      cause: /Server 1 ran, but server 2 could not connect to it at zk1\/127\.0\.0\.2:\d+ .*Server 1 cannot help/,
      evidence: [[2, /^Cannot open channel to 1 at election address zk1\/127\.0\.0\.2:/]],
      advice: [/^Correct the address of server 1 that server 2 uses, zk1\/127\.0\.0\.2:/],
    });

    // The advice: server 2 must reach the election port of server 1.
    for (const id of [2, 3]) ensemble.writeHosts(id);
    await ensemble.serving(1, 2);
    await ensemble.startServing(3);
    await ensemble.write(2, NODES);
    for (const id of ensemble.ids) expectEqual(`nodes of server ${id}`, await ensemble.nodes(id), NODES);
  },
};
