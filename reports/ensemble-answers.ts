/** What real servers did in the scenarios of the kind `ensembles` of `npm run test:java` (test/java/). */

/** The state of one server at the end. */
export interface EnsembleServer {
  readonly mode: "leader" | "follower" | "observer" | "none";
  /** The configuration in the files, and that in zoo.cfg.dynamic.next. */
  readonly committed: string;
  readonly pending?: string;
  /** The configuration that a client reads, if its session can be committed. */
  readonly znode?: string;
  /** How many writes a client reads there. */
  readonly writes?: string;
  readonly acceptedEpoch?: number;
  readonly currentEpoch?: number;
}

/** The state of the ensemble at the end. */
export interface EnsembleAnswer {
  /** The results of the writes and reconfigurations, in order. */
  readonly results: readonly string[];
  /** The versions of all configurations with which servers started, or that were committed, ascending. */
  readonly versions: readonly string[];
  /** The running servers. */
  readonly servers: Readonly<Record<string, EnsembleServer>>;
  /** How often the counted server has connected to a leader. */
  readonly joins?: number;
}

/** An answer of real servers that agrees with zabsim's, as docs/findings/ensembles.json keeps it. */
export interface RecordedEnsemble extends EnsembleAnswer {
  /** The name in test/java/ensemble-scenarios.ts. */
  readonly scenario: string;
  readonly release: string;
}

/**
 * Returns the answer of real servers of a release that shows the bug of a scenario in scenarios/bugs/: the scenario of
 * the kind `ensembles` has the same name without `open-`. Returns undefined if none is recorded.
 */
export function ensembleOf(
  { release, scenario }: Pick<RecordedEnsemble, "release" | "scenario">,
  recorded: readonly RecordedEnsemble[],
): RecordedEnsemble | undefined {
  if (!scenario.startsWith("open-")) return undefined;
  const name = scenario.slice("open-".length);
  return recorded.find((one) => one.scenario === name && one.release === release);
}
