/** config-znode-is-committed: a server that starts to serve shows its committed configuration to clients. */
import { configText, type QuorumVerifier } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import type { Violations } from "./violation.ts";

export class ConfigZnode {
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /** Checks the content of /zookeeper/config when a server starts to serve. */
  shown({ sid }: ServerView, znode: QuorumVerifier, committed: QuorumVerifier): void {
    if (committed === znode || configText(committed) === configText(znode)) return;
    const text =
      `starts to serve with ${configText(znode)} in /zookeeper/config, although its configuration is ` +
      configText(committed);
    this.violations.report("config-znode-is-committed", sid, text, {});
  }
}
