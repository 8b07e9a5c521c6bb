/**
 * Several watchers of one server: each note is passed to all of them, in order. With one watcher there is nothing between.
 */
import type { Notes } from "../protocol/index.ts";

export function fanOut(watchers: readonly Notes[]): Notes {
  const [first, second, third] = watchers;
  if (first === undefined) return SILENT;
  if (second === undefined) return first;
  const pair = new Pair(first, second);
  return third === undefined ? pair : fanOut([pair, ...watchers.slice(2)]);
}

class Pair implements Notes {
  private readonly a: Notes;
  private readonly b: Notes;

  constructor(a: Notes, b: Notes) {
    this.a = a;
    this.b = b;
  }

  stateChanged(...args: Parameters<Notes["stateChanged"]>): void {
    this.a.stateChanged(...args);
    this.b.stateChanged(...args);
  }
  voted(...args: Parameters<Notes["voted"]>): void {
    this.a.voted(...args);
    this.b.voted(...args);
  }
  elected(...args: Parameters<Notes["elected"]>): void {
    this.a.elected(...args);
    this.b.elected(...args);
  }
  epochOffered(...args: Parameters<Notes["epochOffered"]>): void {
    this.a.epochOffered(...args);
    this.b.epochOffered(...args);
  }
  epochProposed(...args: Parameters<Notes["epochProposed"]>): void {
    this.a.epochProposed(...args);
    this.b.epochProposed(...args);
  }
  epochAccepted(...args: Parameters<Notes["epochAccepted"]>): void {
    this.a.epochAccepted(...args);
    this.b.epochAccepted(...args);
  }
  epochAcked(...args: Parameters<Notes["epochAcked"]>): void {
    this.a.epochAcked(...args);
    this.b.epochAcked(...args);
  }
  epochCurrent(...args: Parameters<Notes["epochCurrent"]>): void {
    this.a.epochCurrent(...args);
    this.b.epochCurrent(...args);
  }
  syncDecided(...args: Parameters<Notes["syncDecided"]>): void {
    this.a.syncDecided(...args);
    this.b.syncDecided(...args);
  }
  newLeaderAcked(...args: Parameters<Notes["newLeaderAcked"]>): void {
    this.a.newLeaderAcked(...args);
    this.b.newLeaderAcked(...args);
  }
  newLeaderAckRead(...args: Parameters<Notes["newLeaderAckRead"]>): void {
    this.a.newLeaderAckRead(...args);
    this.b.newLeaderAckRead(...args);
  }
  established(...args: Parameters<Notes["established"]>): void {
    this.a.established(...args);
    this.b.established(...args);
  }
  active(...args: Parameters<Notes["active"]>): void {
    this.a.active(...args);
    this.b.active(...args);
  }
  proposed(...args: Parameters<Notes["proposed"]>): void {
    this.a.proposed(...args);
    this.b.proposed(...args);
  }
  logged(...args: Parameters<Notes["logged"]>): void {
    this.a.logged(...args);
    this.b.logged(...args);
  }
  synced(...args: Parameters<Notes["synced"]>): void {
    this.a.synced(...args);
    this.b.synced(...args);
  }
  committed(...args: Parameters<Notes["committed"]>): void {
    this.a.committed(...args);
    this.b.committed(...args);
  }
  delivered(...args: Parameters<Notes["delivered"]>): void {
    this.a.delivered(...args);
    this.b.delivered(...args);
  }
  truncated(...args: Parameters<Notes["truncated"]>): void {
    this.a.truncated(...args);
    this.b.truncated(...args);
  }
  snapshotSaved(...args: Parameters<Notes["snapshotSaved"]>): void {
    this.a.snapshotSaved(...args);
    this.b.snapshotSaved(...args);
  }
  loaded(...args: Parameters<Notes["loaded"]>): void {
    this.a.loaded(...args);
    this.b.loaded(...args);
  }
  fastForwarded(...args: Parameters<Notes["fastForwarded"]>): void {
    this.a.fastForwarded(...args);
    this.b.fastForwarded(...args);
  }
  failed(...args: Parameters<Notes["failed"]>): void {
    this.a.failed(...args);
    this.b.failed(...args);
  }
  odd(...args: Parameters<Notes["odd"]>): void {
    this.a.odd(...args);
    this.b.odd(...args);
  }
}

/** Nobody watches. */
const SILENT: Notes = {
  stateChanged: () => {},
  voted: () => {},
  elected: () => {},
  epochOffered: () => {},
  epochProposed: () => {},
  epochAccepted: () => {},
  epochAcked: () => {},
  epochCurrent: () => {},
  syncDecided: () => {},
  newLeaderAcked: () => {},
  newLeaderAckRead: () => {},
  established: () => {},
  active: () => {},
  proposed: () => {},
  logged: () => {},
  synced: () => {},
  committed: () => {},
  delivered: () => {},
  truncated: () => {},
  snapshotSaved: () => {},
  loaded: () => {},
  fastForwarded: () => {},
  failed: () => {},
  odd: () => {},
};
