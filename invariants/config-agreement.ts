/**
 * config-agreement: a version belongs to one configuration, on all servers, and the version of the committed
 * configuration of a server never decreases, not even when the server starts again.
 * seen-config-kept: a server that starts has the newest configuration that it had when it stopped, and a server that
 * acknowledges NEWLEADER has the newest configuration that it has seen from this leader.
 *
 * Version 0 is left out: it stands for the lists in zoo.cfg, which can differ between servers.
 */
import {
  asZxid,
  configText,
  counterOf,
  type Epoch,
  epochOf,
  type QuorumVerifier,
  type ServerId,
} from "../protocol/index.ts";
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
  /** The newest configuration that each server has seen. */
  private readonly newestSeen = new Map<ServerId, QuorumVerifier>();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /**
   * Checks a configuration that a server has seen. A leader that gives a version to its lists, which has counter 0, may
   * forget it: the next leader can propose the same epoch.
   */
  seen(server: ServerView, config: QuorumVerifier): void {
    const isOwn = server.role === "leading" && counterOf(asZxid(config.version)) === 0;
    const isNewest = config.version > (this.newestSeen.get(server.sid)?.version ?? 0);
    if (isNewest && !isOwn) this.newestSeen.set(server.sid, config);
    this.lastSeen.set(server.sid, config);
    this.checkText(server, config);
  }

  /**
   * Checks a server that acknowledges NEWLEADER of an epoch. Before, the PROPOSALs of a synchronization can replace a
   * configuration by an older one for a short time.
   */
  newLeaderAcked({ sid }: ServerView, epoch: Epoch): void {
    const newest = this.newestSeen.get(sid);
    const last = this.lastSeen.get(sid);
    if (newest === undefined || last === undefined || last.version >= newest.version) return;
    if (epochOf(asZxid(newest.version)) !== epoch) return;
    const text =
      `acknowledges NEWLEADER of epoch ${epoch} with the configuration ${configText(last)} and has replaced ` +
      `${configText(newest)}, which has the same epoch`;
    this.violations.report("seen-config-kept", sid, text, {});
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

  /**
   * Checks a server whose zoo.cfg has the lists. `next` is the content of zoo.cfg.dynamic.next; `isRead` says whether
   * the server reads it. It may forget a version whose counter is 0: the first leader gave this version to the lists.
   */
  startsWithLists({ sid }: ServerView, lists: QuorumVerifier, next: QuorumVerifier | undefined, isRead: boolean): void {
    if (isRead && next !== undefined) this.lastSeen.set(sid, next);
    else this.lastSeen.delete(sid);
    if (isRead || next === undefined || counterOf(asZxid(next.version)) === 0) return;
    const text = `starts with the lists ${configText(lists)} and has forgotten ${configText(next)}`;
    this.violations.report("seen-config-kept", sid, text, {});
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
