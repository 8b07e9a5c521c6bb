/**
 * The invariants of one run, checked while the run proceeds.
 *
 * Pass the core of each server the result of `notesFor(sid)`, call `crashed(sid)` when the server's process ends, and
 * read `violations` at any time. The cost of one note does not grow with the length of the histories. Each invariant,
 * or small group of related invariants, has a file of its own.
 */
import type { History, Notes, QuorumVerifier, ServerId } from "../protocol/index.ts";
import { AgreementAndTotalOrder } from "./agreement-and-total-order.ts";
import { ClaimedQuorums } from "./claimed-quorums.ts";
import { CommitCompleteness } from "./commit-completeness.ts";
import { CommittedHistory } from "./committed-history.ts";
import { CommittedHistoryGrows } from "./committed-history-grows.ts";
import { ConfigAgreement } from "./config-agreement.ts";
import { ConfigZnode } from "./config-znode.ts";
import { type ConfigRules, Ensemble, NO_EPOCH } from "./ensemble.ts";
import { FollowerIsPrefix } from "./follower-is-prefix.ts";
import { InitialHistoryAgreement } from "./initial-history-agreement.ts";
import { InitialTxns } from "./initial-txns.ts";
import { LeaderIsComplete } from "./leader-is-complete.ts";
import { MemoryAndDisk } from "./memory-and-disk.ts";
import { NewestConfig } from "./newest-config.ts";
import { NoBadPacket } from "./no-bad-packet.ts";
import { PrimaryOrder } from "./primary-order.ts";
import { PrimaryUniqueness } from "./primary-uniqueness.ts";
import { ProcessConsistency } from "./process-consistency.ts";
import { type Configuration, configurationOf, type QuorumTest, quorumTest } from "./quorum-test.ts";
import { type Checkers, ServerNotes } from "./server-notes.ts";
import { TruncKeepsCommitted } from "./trunc-keeps-committed.ts";
import { type Violation, Violations } from "./violation.ts";

/** The options of Invariants: what the checks need to know about the ensemble. */
export interface InvariantsOptions {
  /** All servers, observers included. */
  readonly servers: readonly ServerId[];
  /** The servers that are observers; default: none. */
  readonly observers?: readonly ServerId[];
  /** The history that clients may have read before the run; default: none. */
  readonly committed?: History;
  /** Returns whether these participants are a quorum; default: whether they are a majority. */
  readonly isQuorum?: QuorumTest;
  /**
   * Whether every note of every server is passed from the start of the run on. Only then is claimed-quorums checked.
   * Default: false.
   */
  readonly notesAreComplete?: boolean;
  /** Returns the virtual time in microseconds. Each violation records this time. */
  readonly now: () => number;
}

/** Checks the invariants of one run while it proceeds. */
export class Invariants {
  private readonly ensemble: Ensemble;
  private readonly initialTxns = new InitialTxns();
  private readonly checkers: Checkers;
  private readonly found: Violations;

  constructor({ servers, observers = [], committed, isQuorum, notesAreComplete = false, now }: InvariantsOptions) {
    const voters = servers.filter((sid) => !observers.includes(sid));
    const configuration = { voters: new Set(voters), isQuorum: isQuorum ?? quorumTest(voters) };
    const ensemble = new Ensemble(servers, configuration);
    this.ensemble = ensemble;
    this.found = new Violations(now, (sid) => ensemble.servers.get(sid)?.role ?? "down");
    this.checkers = this.checkersFor(notesAreComplete);
    if (committed !== undefined) this.startWith(committed);
  }

  /** The violations so far, in the order in which they occurred. */
  get violations(): readonly Violation[] {
    return this.found.list;
  }

  /** Adds the history that clients may have read before the run. */
  startWith(history: History): void {
    this.initialTxns.add(history);
    this.checkers.agreementAndTotalOrder.startWith(history);
  }

  /** Records that servers that are not watched have broadcast the transactions of this history. */
  broadcastElsewhere(history: History): void {
    this.initialTxns.add(history);
  }

  /** Returns the notes through which a server's core reports to the invariants. */
  notesFor(server: ServerId): Notes {
    return new ServerNotes(this.ensemble.get(server), this.ensemble, this.initialTxns, this.checkers);
  }

  /**
   * Records the configurations with which a server starts: the committed one, and the pending one if it is newer.
   * Before, the server has the configuration of the options. The checks of a quorum use the configuration of the server
   * that claims the quorum.
   */
  configured(server: ServerId, configuration: Configuration, pending?: Configuration): void {
    this.ensemble.configured(server, configuration, pending);
  }

  /** Records the rules about configurations that hold for a server. Default: all rules hold. */
  setRules(server: ServerId, rules: ConfigRules): void {
    this.ensemble.get(server).rules = rules;
  }

  /**
   * Records the configuration with which a server starts if zoo.cfg has the lists. `next` is the content of
   * zoo.cfg.dynamic.next; `isRead` says whether the server reads this file.
   */
  startsWithLists(
    server: ServerId,
    configuration: Configuration,
    lists: QuorumVerifier,
    next: QuorumVerifier | undefined,
    isRead: boolean,
  ): void {
    this.checkers.configAgreement.startsWithLists(this.ensemble.get(server), lists, next, isRead);
    this.configured(server, configuration, isRead && next !== undefined ? configurationOf(next) : undefined);
  }

  /** Records the configurations in the files with which a server starts: the committed one, and the pending one. */
  startsWith(server: ServerId, committed: QuorumVerifier, next: QuorumVerifier | undefined): void {
    const view = this.ensemble.get(server);
    this.checkers.configAgreement.startsWith(view, committed, next);
    const isPending = next !== undefined && next.version > committed.version;
    this.configured(server, configurationOf(committed), isPending ? configurationOf(next) : undefined);
  }

  /**
   * Records that the process of a server has ended, so that its memory is lost. When the server starts again, its note
   * `loaded` contains the history that it has.
   */
  crashed(server: ServerId): void {
    const view = this.ensemble.get(server);
    view.role = "down";
    view.looking = true;
    view.serving = false;
    view.epoch = NO_EPOCH;
    view.tree = undefined;
    view.log = undefined;
    this.checkers.claimedQuorums?.crashed(server);
    this.checkers.noBadPacket.left(server);
  }

  /**
   * Makes no-bad-state, no-bad-ack, no-bad-proposal and no-bad-commit ignore packets of this sender that the receiver
   * reads until the connection ends. Called when the test environment has altered a packet.
   */
  tolerate(receiver: ServerId, sender: ServerId): void {
    this.checkers.noBadPacket.tolerate(receiver, sender);
  }

  /** Records that the test environment has damaged, deleted or replaced files of a server. */
  damaged(server: ServerId): void {
    this.ensemble.get(server).isDamaged = true;
  }

  private checkersFor(notesAreComplete: boolean): Checkers {
    const { ensemble, found, initialTxns } = this;
    const { primaries } = ensemble;
    const sequence = new CommittedHistory();
    const leaderIsComplete = new LeaderIsComplete(ensemble, found);
    const claimedQuorums = notesAreComplete ? new ClaimedQuorums(ensemble, found) : undefined;
    const primaryOrder = new PrimaryOrder(primaries, sequence, initialTxns, leaderIsComplete, claimedQuorums, found);
    return {
      primaryUniqueness: new PrimaryUniqueness(found),
      agreementAndTotalOrder: new AgreementAndTotalOrder(sequence, primaryOrder, found),
      primaryOrder,
      initialHistoryAgreement: new InitialHistoryAgreement(found),
      commitCompleteness: new CommitCompleteness(found),
      processConsistency: new ProcessConsistency(sequence, primaries, found),
      noBadPacket: new NoBadPacket(found),
      committedHistoryGrows: new CommittedHistoryGrows(sequence, found),
      truncKeepsCommitted: new TruncKeepsCommitted(ensemble, sequence, found),
      followerIsPrefix: new FollowerIsPrefix(primaries, found),
      memoryAndDisk: new MemoryAndDisk(found),
      configAgreement: new ConfigAgreement(found),
      configZnode: new ConfigZnode(found),
      newestConfig: new NewestConfig(found),
      claimedQuorums,
    };
  }
}
