/** The configurations that steps give to servers: `start` and `restart` can replace the configuration file of one. */
import type { ConfigChange, EnsembleConfig } from "../cluster/cluster-spec.ts";
import type { ServerId } from "../protocol/zxid.ts";
import type { Step } from "./scenario.ts";

/** A server, and the configuration file that a step gives to it. */
export interface NewConfig {
  readonly server: ServerId;
  readonly config: EnsembleConfig;
}

/** Returns the server that a `start` or `restart` step starts. */
export function startedServer(start: ServerId | ConfigChange): ServerId {
  return typeof start === "object" ? start.server : start;
}

/** Returns the configuration that a step gives to a server. Undefined if the step gives none. */
export function newConfigOf(step: Step): NewConfig | undefined {
  return newConfigIn("start" in step ? step.start : "restart" in step ? step.restart : undefined);
}

/** Does the same as `newConfigOf` for the argument of a `start` or `restart` step. */
export function newConfigIn(start: ServerId | ConfigChange | undefined): NewConfig | undefined {
  if (typeof start !== "object" || start.config === undefined) return undefined;
  return { server: start.server, config: start.config };
}
