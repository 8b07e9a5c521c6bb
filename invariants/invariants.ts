/**
 * The invariants of one run. Give the result of `notesFor(sid)` to each server's core, report crashes, and read
 * `violations`. The cost of one note does not grow with the length of the histories.
 */
import { asEpoch, type History, type Notes, type ServerId } from "../protocol/index.ts";
import { CommittedHistory, type QuorumTest } from "./committed-history.ts";
import { Ensemble } from "./ensemble.ts";
import { Participants } from "./participants.ts";
import { ServerNotes } from "./server-notes.ts";
import { type Violation, Violations } from "./violation.ts";

export interface InvariantsOptions {
  readonly servers: readonly ServerId[];
  readonly observers?: readonly ServerId[];
  /** The history that clients may have read before the run. */
  readonly committed?: History;
  /** Returns whether these participants are a quorum. Default: a majority. */
  readonly isQuorum?: QuorumTest;
  /** Returns the virtual time in microseconds, for the violations. */
  readonly now: () => number;
}

export class Invariants {
  private readonly ensemble: Ensemble;
  private readonly committed: CommittedHistory;
  private readonly participants: Participants;
  private readonly found: Violations;
  private readonly started = new Set<ServerId>();

  constructor({ servers, observers = [], committed, isQuorum, now }: InvariantsOptions) {
    const ensemble = new Ensemble(servers, observers);
    this.ensemble = ensemble;
    this.found = new Violations(now, (sid) => ensemble.servers.get(sid)?.role ?? "down");
    this.committed = new CommittedHistory(ensemble, this.found, isQuorum ?? ((sids) => ensemble.isMajority(sids)));
    this.participants = new Participants(ensemble, this.found);
    if (committed !== undefined) this.startWith(committed);
  }

  get violations(): readonly Violation[] {
    return this.found.list;
  }

  /** Sets the history that clients may have read before the run. */
  startWith(history: History): void {
    this.committed.startWith(history);
  }

  /** Returns the notes of one server; the checks run as they arrive. */
  notesFor(server: ServerId): Notes {
    return new ServerNotes(
      this.ensemble.get(server),
      this.ensemble,
      this.committed,
      this.participants,
      this.found,
      this.started,
    );
  }

  /** The process ended, and its memory is gone. The note `loaded` reports that the server is back. */
  crashed(server: ServerId): void {
    const view = this.ensemble.get(server);
    view.role = "down";
    view.looking = true;
    view.serving = false;
    view.epoch = asEpoch(-1);
    view.tree = undefined;
    view.log = undefined;
  }
}
