/**
 * memory-equals-disk and zxid-covers-tree: the memory of a participant that looks for a leader equals its disk, and the
 * lastProcessedZxid that it reports is at least the zxid of every transaction in its memory.
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
   * Checks both invariants when a server votes. At this time, memory and disk must be equal: the log thread has written
   * all records, the fast-forward after a shutdown is complete, and an incomplete database has been loaded again.
   */
  voted({ log, observer, sid, tree }: ServerView, leader: ServerId, zxid: Zxid): void {
    if (observer || tree === undefined) return;
    if (leader === sid) this.checkZxid(sid, tree, zxid);
    if (log === undefined || tree === log || tree.equals(log)) return;
    const facts = { memory: zxidAtEnd(tree), disk: zxidAtEnd(log) };
    const text = `looks for a leader with ${zxidText(facts.memory)} in memory and ${zxidText(facts.disk)} on disk`;
    this.violations.report("memory-equals-disk", sid, text, facts, undefined, () => fork(tree, log));
  }

  /**
   * Checks zxid-covers-tree when a server has loaded its database from its own disk. `zxid` is its lastProcessedZxid.
   */
  loaded({ sid }: ServerView, tree: History, zxid: Zxid): void {
    this.checkZxid(sid, tree, zxid);
  }

  /**
   * Checks that `zxid` is at least the last zxid of the tree. It is lower if a snapshot holds transactions above the
   * zxid in its name and the log does not have these transactions.
   */
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
