/**
 * An observer that serves (Observer#processPacket, ObserverZooKeeperServer): each INFORM carries a committed
 * transaction. The observer logs it if syncEnabled is on, and applies it later, on the thread of the commit processor
 * (commit-processor.ts). The observer acknowledges no transactions.
 */
import { type CommitListener, CommitProcessor } from "../commit-processor.ts";
import { type ThreadWork, WORK_APPLY_COMMITS } from "../effects.ts";
import {
  type ActivatedTxn,
  COMMIT,
  COMMITANDACTIVATE,
  INFORM,
  INFORMANDACTIVATE,
  PING,
  PROPOSAL,
  packet,
  type QuorumPacket,
  REVALIDATE,
  SYNC,
} from "../packets.ts";
import type { RoleServer } from "../role-server.ts";
import type { Txn } from "../storage/history.ts";
import { type LogListener, LogThread } from "../storage/log-thread.ts";
import type { LearnerService, ServingLearner, SyncRest } from "./learner-service.ts";

export class Observer implements LearnerService, LogListener, CommitListener {
  private readonly server: RoleServer;
  private readonly learner: ServingLearner;
  private readonly log: LogThread;
  private readonly commitProcessor = new CommitProcessor(this);

  constructor(server: RoleServer, learner: ServingLearner) {
    this.server = server;
    this.learner = learner;
    this.log = new LogThread(server, this);
  }

  serve({ committed, notLogged }: SyncRest): void {
    let commits = 0;
    for (const txn of notLogged) {
      if (committed[commits] === txn.zxid) {
        commits++;
        this.inform(txn);
      } else if (commits === committed.length) {
        this.learner.fail("commit-without-proposal", "a proposal of the synchronization has no commit");
        return;
      }
    }
    if (this.server.behavior.syncedCommitsApplyBeforeServing) this.commitProcessor.run();
  }

  receive(message: QuorumPacket): void {
    switch (message.type) {
      case PING:
        this.learner.send(packet(PING, message.zxid, null));
        break;
      case INFORM:
        if (this.learner.canRead(message)) this.inform(message.data);
        break;
      case INFORMANDACTIVATE:
        if (this.learner.canRead(message)) this.activate(message.data);
        break;
      case PROPOSAL:
      case COMMIT:
      case COMMITANDACTIVATE:
      case REVALIDATE:
      case SYNC:
        break;
      default:
        this.learner.anomaly("bad-state", message, "unexpected packet");
    }
  }

  /** Applies a reconfiguration (Observer#processPacket). In BROADCAST, an observer never sees its proposal. */
  private activate(txn: Txn | ActivatedTxn): void {
    const ends =
      txn.config !== undefined &&
      "designated" in txn &&
      this.server.processReconfig(txn.config, txn.designated, txn.zxid, true);
    this.inform(txn);
    if (ends) this.learner.failReconfigured();
  }

  /** Logs a committed transaction and queues it for the commit processor (ObserverZooKeeperServer#commitRequest). */
  private inform(txn: Txn): void {
    if (this.server.settings.observerSyncEnabled) this.log.write(txn);
    this.commitProcessor.commit(txn);
  }

  startApplying(): void {
    this.learner.startWork(WORK_APPLY_COMMITS);
  }

  deliver(txn: Txn): boolean {
    return this.learner.deliver(txn);
  }

  workDone(work: ThreadWork): void {
    if (work === WORK_APPLY_COMMITS) this.commitProcessor.run();
  }

  takeSnapshot(): boolean {
    return this.server.settings.observerSyncEnabled && this.log.takeSnapshot();
  }

  stopLog(): boolean {
    return this.log.stop();
  }

  /** Has no effect: an observer sends no ACKs. */
  endLogAtNextAck(): void {}

  logWritten(_txns: readonly Txn[], ok: boolean): void {
    if (!ok) this.learner.logFailed();
  }

  logIdle(): void {
    this.learner.logIdle();
  }
}
