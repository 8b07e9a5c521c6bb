/**
 * Runs pieces of work for `npm run bench:pair`. For each line on stdin, this program runs one piece and prints the CPU
 * time that it took, in milliseconds. The first argument names the kind of work.
 */
import { createInterface } from "node:readline";
import { planOfSeed } from "../fuzz/plan-arbitrary.ts";
import { runPlan } from "../fuzz/run-plan.ts";
import { scenarioOf, WatchedCluster } from "./cluster-workload.ts";

const EVENTS = 300_000;
const PLANS = 60;
const PLAN_OPTIONS = { zookeeper: "newest", servers: 5, lengthMs: 60_000, faultCount: 20, writeCount: 50 };

/** Each kind of work: steady broadcast with all invariants, the same without them, and plans of default chaos. */
const PIECES: Readonly<Record<string, () => void>> = {
  watched: () => broadcast(true),
  bare: () => broadcast(false),
  chaos: () => {
    for (let seed = 1; seed <= PLANS; seed++) runPlan(planOfSeed(BigInt(seed), PLAN_OPTIONS, "swarm"), undefined);
  },
};

function broadcast(watched: boolean): void {
  const cluster = new WatchedCluster(scenarioOf("servers: 5"), watched).start();
  cluster.broadcast(EVENTS);
  cluster.check();
}

const piece = PIECES[process.argv[2] ?? ""];
if (piece === undefined) throw new Error(`bench: name a kind of work: ${Object.keys(PIECES).join(", ")}`);
for await (const _ of createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  piece();
  const { system, user } = process.cpuUsage(before);
  console.log((user + system) / 1000);
}
