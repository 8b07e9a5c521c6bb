/**
 * config-agreement: a version belongs to one configuration, on all servers, and the version of the committed
 * configuration of a server never decreases, not even when the server starts again.
 * seen-config-kept: a server that starts has the newest configuration that it had when it stopped, and no leader
 * replaces one of its own configurations by an older one.
 *
 * Version 0 is left out: it stands for the lists in zoo.cfg, which can differ between servers.
 */
import { asZxid, configText, type Epoch, epochOf, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

export class ConfigAgreement {
  private readonly violations: Violations;
  /** The text of the first configuration with each version. */
  private readonly texts = new Map<number, string>();
  /** The highest version that each server has committed. */
  private readonly newest = new Map<ServerId, number>();
  /** The last pending configuration of each server. A later leader can replace it with an older one. */
  private readonly lastSeen = new Map<ServerId, QuorumVerifier>();
  /** The last epoch that each server has accepted. */
  private readonly accepted = new Map<ServerId, Epoch>();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  epochAccepted({ sid }: ServerView, epoch: Epoch): void {
    this.accepted.set(sid, epoch);
  }

  /** Checks a configuration that a server has seen. */
  seen(server: ServerView, config: QuorumVerifier): void {
    const before = this.lastSeen.get(server.sid);
    if (before !== undefined && before.version > config.version && this.isOfCurrentLeader(server, before)) {
      const text = `replaces the configuration ${configText(before)} of its leader by ${configText(config)}`;
      this.violations.report("seen-config-kept", server.sid, text, {});
    }
    this.lastSeen.set(server.sid, config);
    this.checkText(server, config);
  }

  /** Returns whether the leader of the last accepted epoch proposed the configuration. */
  private isOfCurrentLeader({ sid }: ServerView, { version }: QuorumVerifier): boolean {
    return epochOf(asZxid(version)) === this.accepted.get(sid);
  }

  private checkText({ sid }: ServerView, config: QuorumVerifier): void {
    if (config.version === 0) return;
    const text = configText(config);
    const known = this.texts.get(config.version);
    if (known === undefined) this.texts.set(config.version, text);
    else if (known !== text) {
      this.violations.report("config-agreement", sid, `has the configuration ${text}; another server has ${known}`, {});
    }
  }

  /** Checks a configuration that a server has committed. */
  committed(server: ServerView, config: QuorumVerifier): void {
    this.checkText(server, config);
    this.checkVersion(server, config);
    if (config.version > this.lastSeenBy(server)) this.lastSeen.set(server.sid, config);
  }

  private lastSeenBy({ sid }: ServerView): number {
    return this.lastSeen.get(sid)?.version ?? 0;
  }

  /**
   * Checks the configurations in the files with which a server starts: the committed one and, if there is one, that in
   * zoo.cfg.dynamic.next. An operator can have written other members into the file of a server that joins.
   */
  startsWith(server: ServerView, committed: QuorumVerifier, next: QuorumVerifier | undefined): void {
    this.checkVersion(server, committed);
    const lastSeen = this.lastSeen.get(server.sid);
    if (lastSeen === undefined || Math.max(committed.version, next?.version ?? 0) >= lastSeen.version) return;
    const text = `starts with the configuration ${configText(committed)} and has forgotten ${configText(lastSeen)}`;
    this.violations.report("seen-config-kept", server.sid, text, {});
  }

  private checkVersion({ sid }: ServerView, config: QuorumVerifier): void {
    const before = this.newest.get(sid) ?? 0;
    if (config.version < before) {
      this.violations.report(
        "config-agreement",
        sid,
        `has the configuration ${configText(config)}, after a newer one`,
        {},
      );
    }
    this.newest.set(sid, Math.max(before, config.version));
  }
}
