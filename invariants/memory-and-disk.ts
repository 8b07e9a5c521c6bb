/**
 * memory-equals-disk and zxid-covers-tree: the memory of a participant that looks for a leader equals its disk, and
 * its zxid covers everything that it has in memory.
 */
import type { History, ServerId, Zxid } from "../protocol/index.ts";
import type { ServerView } from "./ensemble.ts";
import { fork, zxidAtEnd, zxidText } from "./history-facts.ts";
import type { Violations } from "./violation.ts";

export class MemoryAndDisk {
  private readonly violations: Violations;

  constructor(violations: Violations) {
    this.violations = violations;
  }

  /**
   * A server votes. At this moment memory and disk must be equal: the log thread has written all records, the
   * fast-forward after a shutdown is over, and a database that was incomplete has been loaded again.
   */
  voted({ log, observer, sid, tree }: ServerView, leader: ServerId, zxid: Zxid): void {
    if (observer || tree === undefined) return;
    if (leader === sid) this.checkZxid(sid, tree, zxid);
    if (log === undefined || tree === log || tree.equals(log)) return;
    const facts = { memory: zxidAtEnd(tree), disk: zxidAtEnd(log) };
    const text = `looks for a leader with ${zxidText(facts.memory)} in memory and ${zxidText(facts.disk)} on disk`;
    this.violations.report("memory-equals-disk", sid, text, facts, undefined, () => fork(tree, log));
  }

  /** A server has loaded its database from its own disk; `zxid` is its lastProcessedZxid. */
  loaded({ sid }: ServerView, tree: History, zxid: Zxid): void {
    this.checkZxid(sid, tree, zxid);
  }

  /** The zxid is too low if a snapshot holds more than its name says and the log does not have the rest. */
  private checkZxid(sid: ServerId, tree: History, zxid: Zxid): void {
    if (tree.zxid <= zxid) return;
    const text =
      `reports zxid ${zxidText(zxid)}, but its snapshot holds transactions up to ${zxidText(tree.zxid)}, ` +
      "which its log does not have";
    this.violations.report("zxid-covers-tree", sid, text, { zxid, tree: tree.zxid }, undefined, () => ({
      here: tree.zxid,
      there: undefined,
    }));
  }
}
