/**
 * newest-config-leads: while a configuration is active on a server, no leader with an older one is established.
 * leader-config-adopted: a learner starts to serve with a configuration that is at least as new as that with which its
 * leader was established, and a server that serves has each configuration whose transaction it applies or has applied
 * during its synchronization.
 *
 * A configuration is active from its commit on any server. Left out are the lists that an operator chooses: version 0
 * stands for the lists in zoo.cfg, and with reconfigEnabled=false a server keeps its file, so its version tells nothing
 * to the others.
 */
import { configText, type Epoch, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { EpochPrimary } from "./epoch-primaries.ts";
import type { Violations } from "./violation.ts";

/** An active configuration, and the first server on which it was active. */
interface ActiveConfig {
  readonly config: QuorumVerifier;
  readonly sid: ServerId;
}

export class NewestConfig {
  private readonly violations: Violations;
  private newest: ActiveConfig | undefined = undefined;
  /** The version with which the leader of each epoch was established. */
  private readonly established = new Map<EpochPrimary, number>();
  /** The last configuration whose transaction each server has applied in its epoch before it serves. */
  private readonly appliedEarly = new Map<ServerId, QuorumVerifier>();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /** Records that the committed configuration of a server is active. */
  active({ configuration: { verifier: config }, rules, sid }: ServerView): void {
    if (rules.keepsOwnConfig) return;
    if (config !== undefined && config.version > (this.newest?.config.version ?? 0)) this.newest = { config, sid };
  }

  /** Checks a leader that is established. A deposed leader can have an older configuration. */
  leaderEstablished(leader: ServerView, primary: EpochPrimary, isDeposed: boolean): void {
    const { verifier: config } = leader.configuration;
    if (config === undefined) return;
    this.established.set(primary, config.version);
    const { newest } = this;
    if (newest === undefined || newest.config.version <= config.version || isDeposed) return;
    if (config.version === 0 || leader.rules.keepsOwnConfig) return;
    if (membersOf(newest.config) === membersOf(config)) return;
    const text =
      `is established in epoch ${primary.epoch} with the configuration ${configText(config)}, although server ` +
      `${newest.sid} has the newer configuration ${configText(newest.config)}`;
    this.violations.report("newest-config-leads", leader.sid, text, { epoch: primary.epoch }, newest.sid);
  }

  /** Checks a learner that starts to serve. A server without reconfiguration keeps the configuration of its file. */
  learnerServes(learner: ServerView, epoch: Epoch, leader: ServerView | undefined): void {
    const early = this.appliedEarly.get(learner.sid);
    if (early !== undefined) this.applied(learner, early);
    if (leader?.primary?.epoch !== epoch) return;
    const needed = this.established.get(leader.primary) ?? 0;
    if (!this.lacks(learner, needed)) return;
    const text =
      `serves in epoch ${epoch} with a configuration that is older than that with which leader ${leader.sid} was ` +
      "established";
    this.violations.report("leader-config-adopted", learner.sid, text, { epoch }, leader.sid);
  }

  /** Checks a server that applies the transaction of a configuration: now if it serves, otherwise when it starts to. */
  applied(server: ServerView, config: QuorumVerifier): void {
    if (!server.serving) {
      this.appliedEarly.set(server.sid, config);
      return;
    }
    if (!this.lacks(server, config.version)) return;
    const text = `applies ${configText(config)} and keeps an older configuration`;
    this.violations.report("leader-config-adopted", server.sid, text, {});
  }

  /** Records that a server leaves its epoch. */
  left({ sid }: ServerView): void {
    this.appliedEarly.delete(sid);
  }

  /** A learner that does not activate a pending configuration at UPTODATE can have an older one meanwhile. */
  private lacks({ configuration, pending, rules }: ServerView, needed: number): boolean {
    if (!rules.adoptsConfigs || (configuration.version ?? 0) >= needed) return false;
    return !(rules.keepsPending && (pending?.version ?? 0) > needed);
  }
}

/** Returns a configuration as text, without its version. */
function membersOf(config: QuorumVerifier): string {
  return configText({ ...config, version: 0 });
}
