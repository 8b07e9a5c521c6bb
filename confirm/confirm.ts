/** Runs a scenario on real servers, and says whether they do what the simulated ones did. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { historyOf, zxidOf } from "../cluster/start-disk.ts";
import type { InvariantId } from "../invariants/index.ts";
import { formatZxid, History, serverIdsOf } from "../protocol/index.ts";
import { runScenario } from "../scenarios/run.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { FinalServer, ScenarioRun } from "../scenarios/scenario-run.ts";
import { Trace } from "../sim/index.ts";
import { fourLetterWord } from "./client.ts";
import { compilePreload } from "./preload.ts";
import type { Deviation } from "./real-run.ts";
import { PORTS, type RealServer } from "./real-server.ts";
import { scheduleOf } from "./schedule.ts";
import { changedSettings, notStageable, realScenario } from "./stageable.ts";
import { type Trial, withTrial } from "./trial.ts";
import { Witness } from "./witness.ts";

/** What a run of real servers shows about a scenario. */
export type Verdict = "confirmed" | "refuted" | "not stageable";

/** A violated invariant at a server. */
export interface FoundViolation {
  readonly invariant: InvariantId;
  readonly server: number;
  readonly text: string;
}

/** The state of a server at the end. */
export interface ServerEnd {
  readonly server: number;
  /** The role that the server reports with `srvr`; "down" if its process has ended, "none" if it does not serve. */
  readonly mode: "leader" | "follower" | "observer" | "none" | "down";
  /** The transactions that a client reads from it; null if it does not serve. */
  readonly memory: readonly string[] | null;
  /** The transactions that it would load from its disk. */
  readonly disk: readonly string[];
}

/** The result of one try. */
export interface Try {
  readonly verdict: Exclude<Verdict, "not stageable">;
  /** The first difference between the simulated run and the real servers; null if there is none. */
  readonly difference: string | null;
  /** The violations that the real servers show. */
  readonly violations: readonly FoundViolation[];
  readonly deviations: readonly Deviation[];
  readonly servers: readonly ServerEnd[];
  readonly seconds: number;
}

/** The answer of `zabsim confirm`. */
export interface Confirmation {
  readonly scenario: string;
  readonly release: string;
  readonly verdict: Verdict;
  /** Why the verdict is not "confirmed"; null otherwise. */
  readonly reason: string | null;
  /** The violations of the simulated run. */
  readonly simulated: readonly FoundViolation[];
  readonly tries: readonly Try[];
}

/** What a confirmation needs. */
export interface ConfirmOptions {
  readonly release: string;
  readonly classPath: string;
  readonly tries: number;
  readonly seed?: bigint | undefined;
  readonly signal: AbortSignal;
  readonly log?: ((text: string) => void) | undefined;
  /** Called after each try. */
  readonly tried?: ((result: Try) => void) | undefined;
}

/** Invariants that only a simulated run can check, because they need what only the memory of a server has. */
const UNCHECKED: ReadonlySet<InvariantId> = new Set<InvariantId>([
  "claimed-quorums",
  "commit-completeness",
  "memory-equals-disk",
  "zxid-covers-tree",
  "no-bad-state",
  "no-bad-ack",
  "no-bad-proposal",
  "no-bad-commit",
]);
/** Invariants whose violations end a synchronization, so that the order of the run shows them. */
const SHOWN_BY_ORDER: ReadonlySet<InvariantId> = new Set<InvariantId>([
  "no-bad-state",
  "no-bad-ack",
  "no-bad-proposal",
  "no-bad-commit",
]);
const SETTLE_MS_MAX = 4000;
const SETTLE_POLL_MS = 250;

/** Runs a scenario on real servers. Rejects if the signal aborts, or with a MissingTool. */
export async function confirmScenario(original: Scenario, options: ConfirmOptions): Promise<Confirmation> {
  const { release, tries } = options;
  const base = { scenario: original.name, release };
  const obstacle = notStageable(original, release);
  if (obstacle !== undefined) return { ...base, verdict: "not stageable", reason: obstacle, simulated: [], tries: [] };
  const scenario = realScenario(original, release);
  const run = simulate(scenario, options.seed);
  const simulated = checkable(run);
  const lost = lostBySettings(original, release, simulated, options.seed);
  const unseen = simulated.length === 0 ? unseenViolation(run) : undefined;
  const reason = lost ?? unseen;
  if (reason !== undefined) return { ...base, verdict: "not stageable", reason, simulated, tries: [] };
  const folder = mkdtempSync(join(tmpdir(), "zabsim-preload-"));
  try {
    const library = compilePreload(folder);
    const results: Try[] = [];
    for (let count = 0; count < tries; count++) {
      const result = await tryOnce(scenario, run, simulated, { ...options, library });
      results.push(result);
      options.tried?.(result);
    }
    const failed = results.find(({ verdict }) => verdict !== "confirmed");
    if (failed === undefined) return { ...base, verdict: "confirmed", reason: null, simulated, tries: results };
    const difference = failed.difference ?? "the real servers violate no invariant";
    return { ...base, verdict: "refuted", reason: difference, simulated, tries: results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function simulate(scenario: Scenario, seed: bigint | undefined): ScenarioRun {
  return runScenario(scenario, { seed: seed ?? BigInt(scenario.seed ?? 1), trace: new Trace({ level: "full" }) });
}

function checkable({ violations }: ScenarioRun): FoundViolation[] {
  return violations
    .filter(({ id }) => !UNCHECKED.has(id))
    .map(({ id, server, text }) => ({ invariant: id, server, text }));
}

/** Returns why no real server can show the violations of a run; undefined if it has none. */
function unseenViolation({ violations: [first] }: ScenarioRun): string | undefined {
  if (first === undefined || SHOWN_BY_ORDER.has(first.id)) return undefined;
  return `${first.id}: packets, disks and clients do not show this violation`;
}

/** Returns why the violations need settings that no real server has; undefined if they do not. */
function lostBySettings(
  original: Scenario,
  release: string,
  simulated: readonly FoundViolation[],
  seed: bigint | undefined,
): string | undefined {
  const changed = changedSettings(original);
  if (changed === undefined || simulated.length > 0) return undefined;
  const before = checkable(simulate({ ...original, zookeeper: release }, seed));
  return before.length === 0 ? undefined : `${changed}, and the run then violates no invariant`;
}

async function tryOnce(
  scenario: Scenario,
  run: ScenarioRun,
  simulated: readonly FoundViolation[],
  options: ConfirmOptions & { readonly library: string },
): Promise<Try> {
  const startMs = Date.now();
  const witness = new Witness(scenario, options.release, committedBefore(scenario));
  return await withTrial(scenario, scheduleOf(run), witness, options, async (trial) => {
    const servers = await settle(run, trial, witness);
    const differences = [...orderDifferences(trial), ...endDifferences(run, servers)];
    const violations = witness.violations.map(({ id, server, text }) => ({ invariant: id, server, text }));
    const isShown = violations.some((one) => simulated.some(({ invariant }) => invariant === one.invariant));
    const isOrderEnough = simulated.length === 0 && run.violations.length > 0;
    const claims = scenario.expect.violates.length > 0 && !isOrderEnough;
    const confirmed = claims ? isShown : differences.length === 0;
    const none =
      claims && simulated.length === 0 ? `zabsim finds no violation in ${options.release} either` : undefined;
    return {
      verdict: confirmed ? "confirmed" : "refuted",
      difference: differences[0] ?? none ?? null,
      violations,
      deviations: trial.end.deviations,
      servers,
      seconds: (Date.now() - startMs) / 1000,
    };
  });
}

function committedBefore(scenario: Scenario): History | undefined {
  if (scenario.committed === undefined) return undefined;
  const last = zxidOf(scenario.committed);
  for (const sid of serverIdsOf(scenario.servers)) {
    const history = historyOf(scenario.servers[sid]?.history ?? "", History.empty());
    const part = history.upTo(last);
    if (part.zxid === last) return part;
  }
  return undefined;
}

/** Waits until the servers are as at the end of the simulated run, or until it takes too long. */
async function settle(run: ScenarioRun, trial: Trial, witness: Witness): Promise<ServerEnd[]> {
  const endMs = Date.now() + SETTLE_MS_MAX;
  for (;;) {
    await witness.read();
    const servers = await Promise.all([...trial.servers.values()].map((server) => endOf(server, witness)));
    const isRead = servers.every(({ memory, mode }) => memory !== null || mode === "none" || mode === "down");
    if (Date.now() > endMs || (isRead && endDifferences(run, servers).length === 0)) return servers;
    await sleep(SETTLE_POLL_MS);
  }
}

async function endOf(server: RealServer, witness: Witness): Promise<ServerEnd> {
  const answer = server.isRunning ? await fourLetterWord(server.plan.host, PORTS.client, "srvr", 800) : undefined;
  const mode = /^Mode: (leader|follower|observer)/m.exec(answer ?? "")?.[1] as ServerEnd["mode"] | undefined;
  const memory = mode === undefined ? undefined : witness.treeOf(server.id);
  return {
    server: server.id,
    mode: server.isRunning ? (mode ?? "none") : "down",
    memory: memory === undefined ? null : zxidsOf(memory),
    disk: zxidsOf(witness.diskOf(server)),
  };
}

function zxidsOf(history: History): string[] {
  return history.txns().map(({ zxid }) => formatZxid(zxid));
}

function orderDifferences({ end: { deviations, isComplete } }: Trial): string[] {
  const texts = deviations.map(({ kind, server, text }) =>
    kind === "missing" ? `server ${server} never ${text}` : `server ${server} ${text}`,
  );
  return isComplete ? texts : [...texts, "the real servers do not reach the end of the simulated run"];
}

function endDifferences(run: ScenarioRun, servers: readonly ServerEnd[]): string[] {
  return servers.flatMap((real) => {
    const simulated = run.servers.find(({ sid }) => Number(sid) === real.server);
    return simulated === undefined ? [] : differencesOf(real, simulated);
  });
}

function differencesOf({ memory, mode, server }: ServerEnd, simulated: FinalServer): string[] {
  const { active, history, leading, running } = simulated;
  const expected = !running ? "is down" : !active ? "does not serve" : leading ? "leads" : "serves as a learner";
  const real = REAL[mode];
  if (real !== expected) return [`server ${server} ${real} at the end, where it ${expected} in the simulated run`];
  if (memory === null || history === undefined) return [];
  const zxids = zxidsOf(history);
  if (zxids.join() === memory.join()) return [];
  return [
    `server ${server} has ${memory.join(", ")} in memory at the end, and ${zxids.join(", ")} in the simulated run`,
  ];
}

const REAL: Readonly<Record<ServerEnd["mode"], string>> = {
  leader: "leads",
  follower: "serves as a learner",
  observer: "serves as a learner",
  none: "does not serve",
  down: "is down",
};
