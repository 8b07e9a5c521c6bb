/**
 * Names the root cause of a violation if it lies in the configurations of the servers: a configuration that servers
 * lost or activated too early, lists that allow disjoint quorums, or servers that share an id.
 */
import type { InvariantId, Violation } from "../../invariants/index.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { listText } from "../server-end.ts";
import type { Cause } from "./causes.ts";
import { type ConfigFault, type LostConfig, LostConfigs, type OldConfigLeader } from "./lost-configurations.ts";
import type { Fact } from "./moment.ts";
import { sharedIdFact } from "./shared-ids.ts";
import { splitQuorumsFact } from "./split-quorums.ts";

/** Invariants that a leader with an old configuration can violate. */
const OF_OLD_LEADERS: ReadonlySet<InvariantId> = new Set([
  "primary-uniqueness",
  "agreement",
  "total-order",
  "global-primary-order",
  "primary-integrity",
  "initial-history-agreement",
  "commit-completeness",
  "process-consistency",
  "committed-history-grows",
  "trunc-keeps-committed",
  "leader-is-complete",
  "newest-config-leads",
]);

/** Returns the root cause of a violation in the configurations of the servers. Undefined if there is none. */
export function configurationCause(run: ScenarioRun, violation: Violation): Fact | undefined {
  return lostConfigFact(run, violation) ?? splitQuorumsFact(run, violation) ?? sharedIdFact(run, violation.atUs);
}

/** Returns a sentence if configurations of servers have caused a violation of the run. */
export function configurationCauseSentences(run: ScenarioRun): string[] {
  const isKept = ({ id }: Violation): boolean => id === "seen-config-kept";
  // Servers that forgot a configuration are the cause of the other violations, so these say more.
  const ordered = run.violations.toSorted((a, b) => Number(isKept(a)) - Number(isKept(b)));
  for (const violation of ordered) {
    const lost = lostConfigFact(run, violation);
    if (lost !== undefined) return [`the cause: ${lost.text}`];
    const split = splitQuorumsFact(run, violation);
    if (split !== undefined) return [`the lists of servers are the cause: ${split.text}`];
  }
  return [];
}

function lostConfigFact({ records }: ScenarioRun, violation: Violation): Fact | undefined {
  const { atUs, id, server } = violation;
  if (id === "seen-config-kept") {
    const lost = new LostConfigs(records, atUs).lost.findLast((one) => one.server === server && one.atUs === atUs);
    return lost && { text: lossText([lost]), atUs, causes: causesOf(lost) };
  }
  const leader = OF_OLD_LEADERS.has(id) ? new LostConfigs(records, atUs).leaders.at(-1) : undefined;
  if (leader === undefined) return undefined;
  const { lost } = leader;
  return {
    text: `${effectText(leader, id)}, because ${lossText(lost)}`,
    atUs: undefined,
    causes: lost.flatMap(causesOf),
  };
}

function effectText({ established, isSecond }: OldConfigLeader, id: InvariantId): string {
  if (isSecond || id === "primary-uniqueness") return "two leaders";
  return `server ${established.server} leads with an old configuration`;
}

function lossText(lost: readonly LostConfig[]): string {
  const { config, fault } = lost[0] as LostConfig;
  const servers = [...new Set(lost.map(({ server }) => server))].sort((a, b) => a - b);
  return `${LOSS_TEXTS[fault](servers)}: ${config.config}`;
}

const LOSS_TEXTS: Readonly<Record<ConfigFault, (servers: readonly ServerId[]) => string>> = {
  restarts: (servers) =>
    `${serversText(servers)} forgot ${own(servers)} pending configuration at ${own(servers)} second restart`,
  lists: (servers) =>
    `${serversText(servers)} forgot ${own(servers)} pending configuration at a restart with the lists in zoo.cfg`,
  newleader: (servers) => `NEWLEADER replaced the pending configuration of ${serversText(servers)} by an older one`,
  uptodate: (servers) => `${serversText(servers)} activated a configuration before it was committed`,
};

function causesOf({ atUs, fault, readUs, server }: LostConfig): Cause[] {
  const root = (text: string): Cause => ({ text, atUs, isRoot: true });
  switch (fault) {
    case "restarts":
      return [
        { text: `server ${server} starts again without zoo.cfg.dynamic.next`, atUs },
        {
          text: `server ${server} reads zoo.cfg.dynamic.next at its start, and deletes it`,
          atUs: readUs,
          isRoot: true,
        },
      ];
    case "lists":
      return [root(`server ${server} starts with the lists in zoo.cfg, so it does not read zoo.cfg.dynamic.next`)];
    case "newleader":
      return [root(`server ${server} handles a NEWLEADER that its leader made before the newer configuration`)];
    case "uptodate":
      return [root(`server ${server} handles an UPTODATE that activates the pending configuration of its leader`)];
  }
}

function own(servers: readonly ServerId[]): string {
  return servers.length === 1 ? "its" : "their";
}

function serversText(servers: readonly ServerId[]): string {
  return `${servers.length === 1 ? "server" : "servers"} ${listText(servers)}`;
}
