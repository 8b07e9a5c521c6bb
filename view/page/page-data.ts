/** What `zabsim view` writes into the page: the scenario and nothing that the simulator can compute, or the logs. */
import type { ExplainAnswer } from "../../explain/answer.ts";
import type { EnsembleEvents } from "../../explain/events/ensemble-events.ts";

/** One run of the scenario, with the overrides that it gets. */
export interface RunData {
  /** The name of the run in the page, such as `3.9.1`. */
  readonly label: string;
  /** The seed, in decimal. */
  readonly seed: string;
  /** Overrides, as for `--set`. */
  readonly set: readonly string[];
}

/** The content of a page. */
export interface PageData {
  /** The name of the scenario file, for messages. */
  readonly file: string;
  /** The text of the scenario file. */
  readonly scenario: string;
  /** The run, and optionally another run to compare it with. */
  readonly runs: readonly [RunData, RunData?];
  /** The version of zabsim that wrote the page. */
  readonly version: string;
}

/** The content of a page that shows logs. */
export interface LogPageData {
  /** The name of the folder or the file, for the header. */
  readonly title: string;
  readonly events: EnsembleEvents;
  /** The answer of `zabsim explain`, as far as the page shows it. */
  readonly answer: Pick<ExplainAnswer, "servers" | "handshakes" | "findings">;
  readonly version: string;
}

/** The data of a playground, which takes its scenario from the editor. */
export interface PlaygroundData {
  readonly playground: true;
  readonly version: string;
}

/** A scenario of the gallery. */
export interface GalleryEntry {
  readonly name: string;
  /** What the scenario shows, such as a bug. */
  readonly group: string;
  readonly about: string;
  readonly text: string;
}

/** The place in the page's file where `zabsim view` puts the PageData, as packed JSON (packed.ts). */
export const DATA_MARK = "__ZABSIM_PAGE_DATA__";
