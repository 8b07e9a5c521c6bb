/**
 * config-agreement: a version belongs to one configuration, on all servers, and the version of the committed
 * configuration of a server never decreases, not even when the server starts again.
 *
 * Version 0 is left out: it stands for the lists in zoo.cfg, which can differ between servers.
 */
import { configText, type QuorumVerifier, type ServerId } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

export class ConfigAgreement {
  private readonly violations: Violations;
  /** The text of the first configuration with each version. */
  private readonly texts = new Map<number, string>();
  /** The highest version that each server has committed. */
  private readonly newest = new Map<ServerId, number>();

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /** Checks a configuration that a server has seen. */
  seen({ sid }: ServerView, config: QuorumVerifier): void {
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
    this.seen(server, config);
    this.startsWith(server, config);
  }

  /**
   * Checks the committed configuration in the files with which a server starts. An operator can have written other
   * members into the file of a server that joins.
   */
  startsWith({ sid }: ServerView, config: QuorumVerifier): void {
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
