/**
 * An observer that serves (Observer#processPacket, ObserverZooKeeperServer): each INFORM carries a committed
 * transaction, which the observer applies and, if syncEnabled is on, logs. The observer acknowledges no transactions.
 */
import type { ThreadWork } from "../effects.ts";
import {
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

export class Observer implements LearnerService, LogListener {
  private readonly server: RoleServer;
  private readonly learner: ServingLearner;
  private readonly log: LogThread;

  constructor(server: RoleServer, learner: ServingLearner) {
    this.server = server;
    this.learner = learner;
    this.log = new LogThread(server, this);
  }

  get logIsIdle(): boolean {
    return this.log.idle;
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
  }

  receive(message: QuorumPacket): void {
    switch (message.type) {
      case PING:
        this.learner.send(packet(PING, message.zxid, null));
        break;
      case INFORM:
      case INFORMANDACTIVATE:
        if (this.learner.canRead(message)) this.inform(message.data);
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

  /** An observer hands no work to other threads. */
  workDone(_work: ThreadWork): void {}

  /** Logs and applies a committed transaction (ObserverZooKeeperServer#commitRequest). */
  private inform(txn: Txn): void {
    if (this.server.settings.observerSyncEnabled) this.log.write(txn);
    this.learner.deliver(txn);
  }

  logWritten(_txns: readonly Txn[], ok: boolean): void {
    if (!ok) this.learner.logFailed();
  }

  logIdle(): void {
    this.learner.logIdle();
  }
}
