/**
 * The ensemble that `zabsim doctor` examines: the disks of its servers, its configuration, and what follows from both.
 */

import type { EnsembleConfig } from "../cluster/cluster-spec.ts";
import { verifierOfConfig } from "../cluster/verifier.ts";
import type { Settings } from "../protocol/index.ts";
import type { ServerId } from "../protocol/zxid.ts";
import { type Contradiction, contradictionOf, groupTxns, type TxnGroup, type Voters } from "./commit-status.ts";
import { commonLogged, conflictsBetween, historiesOf, type ServerDisk, type ServerHistory } from "./histories.ts";
import { intersection } from "./zxid-set.ts";

/** An ensemble with everything that its disks say. */
export interface EnsembleDisks {
  readonly zookeeper: string;
  readonly config: EnsembleConfig;
  /** Settings of the servers that differ from ZooKeeper's defaults. */
  readonly settings: Partial<Settings>;
  readonly disks: readonly ServerDisk[];
  /** The histories of the servers, in the order of `disks`. */
  readonly histories: readonly ServerHistory[];
  readonly voters: Voters;
  /** Voters of the configuration whose data directories are not given. */
  readonly missing: readonly ServerId[];
  /** All transactions by the servers that have them, ascending. */
  readonly groups: readonly TxnGroup[];
  readonly contradictions: readonly Contradiction[];
}

/** Compares the disks of an ensemble. */
export function compareDisks(
  disks: readonly ServerDisk[],
  config: EnsembleConfig,
  zookeeper: string,
  settings: Partial<Settings> = {},
): EnsembleDisks {
  const histories = historiesOf(disks);
  const verifier = verifierOfConfig(config);
  const voters = { ids: config.voters, isQuorum: (ids: readonly ServerId[]) => verifier.containsQuorum([...ids]) };
  return {
    zookeeper,
    config,
    settings,
    disks,
    histories,
    voters,
    missing: config.voters.filter((sid) => !disks.some((disk) => disk.sid === sid)),
    groups: groupTxns(disks, histories, voters),
    contradictions: contradictionsOf(disks, histories),
  };
}

function contradictionsOf(disks: readonly ServerDisk[], histories: readonly ServerHistory[]): Contradiction[] {
  return histories.flatMap((a, i) =>
    histories.slice(i + 1).flatMap((b, j) => {
      const different = conflictsBetween(disks[i] as ServerDisk, disks[i + 1 + j] as ServerDisk, commonLogged(a, b));
      const lastCommon = intersection(a.tree, b.tree).at(-1)?.last;
      return contradictionOf(a, b, lastCommon, different) ?? [];
    }),
  );
}
