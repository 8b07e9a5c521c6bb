/** How far a real run has come, what it did in another order, and when something last happened. */
import { CONCURRENT_US, Order } from "./order.ts";
import { factText, type Item, type Schedule } from "./schedule.ts";

/** A difference between the order of the simulated run and the real one. */
export interface Deviation {
  readonly server: number;
  /** `missing`: the server did not do this. `extra`: it did this, and did not in the simulated run at this place. */
  readonly kind: "missing" | "extra";
  /** A sentence with the server as its subject. */
  readonly text: string;
  /** The place in the order, as --verbose prints it; null after the last item of the server. */
  readonly place: number | null;
  /** The time of day in milliseconds. */
  readonly atMs: number;
}

/** What the parts of a real run share. */
export class Progress {
  readonly order: Order;
  readonly deviations: Deviation[] = [];
  /** The starts that are under way. */
  readonly starting = new Set<Item>();
  /** Prints each thing that happens, for --verbose. */
  readonly log: (text: string) => void;
  private lastMs = Date.now();
  private doneUs = 0;

  constructor(schedule: Schedule, log: (text: string) => void) {
    this.order = new Order(schedule);
    this.log = log;
  }

  /** The real time since something last happened, in milliseconds. */
  get idleMs(): number {
    return Date.now() - this.lastMs;
  }

  /** The virtual time from the items that are done to the oldest one that is not, in milliseconds. */
  get waitMs(): number {
    const oldest = this.order.oldest();
    return oldest === undefined ? 0 : Math.max(0, oldest.atUs - this.doneUs) / 1000;
  }

  /** Returns whether an item comes well after everything that is done. */
  isLate({ atUs }: Item): boolean {
    return atUs - this.doneUs > CONCURRENT_US;
  }

  finish(item: Item): void {
    this.order.finish(item);
    this.doneUs = Math.max(this.doneUs, item.atUs);
    this.log(`${item.place} done: server ${item.server} ${factText(item.fact)}`);
    this.touch();
  }

  /** Something has happened. */
  touch(): void {
    this.lastMs = Date.now();
  }

  deviate(server: number, kind: Deviation["kind"], clause: string): void {
    const place = this.order.next(server)?.place ?? null;
    const text = `server ${server} ${kind === "missing" ? "never " : ""}${clause}`;
    this.deviations.push({ server, kind, text, place, atMs: Date.now() });
    this.log(`DEVIATION (${kind}) at ${place ?? "the end"}: ${text}`);
  }
}
