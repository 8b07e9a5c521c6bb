/**
 * The invariants over the notes of one server of a real ensemble. The other servers are not watched, so a transaction
 * that this server applies while it does not lead was broadcast by a server that the invariants do not know.
 */
import { Invariants } from "../invariants/index.ts";
import { configurationOf } from "../invariants/quorum-test.ts";
import { type History, LEADING, type Notes, observersOf, type Phase, type ServerState } from "../protocol/index.ts";
import type { TracedServer } from "./input-trace.ts";

/** Returns the invariants, and the notes through which the core of the server reports to them. */
export function oneServerInvariants(
  { myid, verifier }: Pick<TracedServer, "myid" | "verifier">,
  now: () => number,
): { readonly invariants: Invariants; readonly notes: Notes } {
  const { isQuorum } = configurationOf(verifier);
  const invariants = new Invariants({ servers: verifier.members, observers: observersOf(verifier), isQuorum, now });
  const notes = invariants.notesFor(myid);
  let leads = false;
  const watched: Partial<Notes> = {
    stateChanged(state: ServerState, phase: Phase): void {
      leads = state === LEADING;
      notes.stateChanged(state, phase);
    },
    delivered(txn, history: History): void {
      if (!leads) invariants.broadcastElsewhere(history);
      notes.delivered(txn, history);
    },
    loaded(history: History, log: History, zxid): void {
      invariants.broadcastElsewhere(history);
      notes.loaded(history, log, zxid);
    },
  };
  return { invariants, notes: withMethods(notes, watched) };
}

/** Returns notes with some methods replaced. */
export function withMethods(notes: Notes, methods: Partial<Notes>): Notes {
  return new Proxy(notes, {
    get: (target, name) => {
      const own = methods[name as keyof Notes];
      if (own !== undefined) return own;
      const method: unknown = Reflect.get(target, name);
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
}
