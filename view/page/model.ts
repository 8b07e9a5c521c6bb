/** The state of the page, as signals: the runs, the current event, the filters, and what follows from them. */
import { computed, signal } from "@preact/signals";
import { type DiagramFilter, shownEvents } from "../diagram/filter.ts";
import type { MessageGroup } from "../diagram/groups.ts";
import { type AxisKind, makeScale, type Scale } from "../diagram/scale.ts";
import { type Band, bandsOf, type Segment, segmentsOf } from "../diagram/segments.ts";
import { CommittedTxns } from "../session/log-parts.ts";
import type { Recording } from "../session/recording.ts";
import { firstDifference, Session } from "../session/session.ts";
import { litEvents } from "../session/why-chain.ts";
import { DEFAULT_GROUPS, type PlaceInPage } from "./fragment.ts";

export type Panel = "event" | "why" | "decisions" | "whatif" | "odds" | "scenario" | "help";

/** One recorded run, with everything about it that depends on no filter. */
export class RunModel {
  readonly label: string;
  readonly session: Session;
  readonly committed: CommittedTxns;
  readonly segments: ReadonlyMap<number, readonly Segment[]>;
  readonly bands: readonly Band[];
  /** The first event that differs from the first run; undefined if there is none, or if this is the first run. */
  readonly differsAt: number | undefined;

  constructor(label: string, session: Session, first: RunModel | undefined) {
    const { recording } = session;
    this.label = label;
    this.session = session;
    this.committed = new CommittedTxns(recording);
    this.segments = new Map(recording.servers.map((sid) => [sid, segmentsOf(recording, sid)]));
    this.bands = bandsOf(recording);
    this.differsAt = first && firstDifference(first.recording, recording);
  }

  get recording(): Recording {
    return this.session.recording;
  }
}

/** What the diagram of one run shows. */
export interface Shown {
  readonly events: Int32Array;
  readonly scale: Scale;
}

export class PageModel {
  /** The runs that the page shows: the first one, and possibly another one to compare it with. */
  readonly runs = signal<readonly RunModel[]>([]);
  /** The runs that can take the place of the second one. */
  readonly otherRuns = signal<readonly RunModel[]>([]);
  /** The index of the run that the panels show. */
  readonly current = signal(0);
  readonly at = signal(0);
  readonly panel = signal<Panel>("event");
  readonly axis = signal<AxisKind>("order");
  readonly groups = signal<ReadonlySet<MessageGroup>>(new Set(DEFAULT_GROUPS));
  /** The only type of messages that the diagrams show; undefined if they show every type of `groups`. */
  readonly messageType = signal<string | undefined>(undefined);
  readonly hiddenServers = signal<ReadonlySet<number>>(new Set());
  readonly showsQuietEvents = signal(false);
  readonly onlyChanges = signal(false);
  /** The step of the tour that the page shows; undefined if the tour is closed. */
  readonly tour = signal<number | undefined>(undefined);
  /** The last message to the user, for example that a search found nothing. */
  readonly notice = signal("");

  readonly run = computed(() => this.runs.value[this.current.value] as RunModel);
  readonly filter = computed<DiagramFilter>(() => ({
    servers: new Set(this.run.value.recording.servers.filter((sid) => !this.hiddenServers.value.has(sid))),
    groups: this.groups.value,
    type: this.messageType.value,
    showsQuietEvents: this.showsQuietEvents.value,
  }));
  readonly shown = computed<readonly Shown[]>(() =>
    this.runs.value.map(({ recording }) => {
      const events = shownEvents(recording, this.filter.value);
      return { events, scale: makeScale(recording, events, this.axis.value) };
    }),
  );
  /** The events that the explanation names, while the panel with the explanation is open; undefined otherwise. */
  readonly lit = computed(() => (this.panel.value === "why" ? litEvents(this.run.value.recording) : undefined));
  readonly place = computed<PlaceInPage>(() => ({
    at: this.at.value,
    axis: this.axis.value,
    panel: this.panel.value,
    hiddenServers: [...this.hiddenServers.value],
    groups: [...this.groups.value],
    type: this.messageType.value,
  }));

  /** Adds a run, and shows it as the second one. The second run so far stays available. */
  addRun(label: string, recording: Recording, parent?: Session): void {
    const first = this.runs.value[0];
    const run = new RunModel(label, new Session(recording, this.at.value, parent), first);
    if (first === undefined) this.runs.value = [run];
    else this.showSecond(run);
  }

  /** Shows a run as the second one. */
  showSecond(run: RunModel): void {
    const [first, second] = this.runs.value as readonly [RunModel, RunModel?];
    const others = this.otherRuns.value.filter((one) => one !== run);
    this.otherRuns.value = second === undefined || second === run ? others : [...others, second];
    this.runs.value = [first, run];
  }

  /** Shows the first run as far as it is recorded. */
  showFirst(label: string, recording: Recording): void {
    const run = new RunModel(label, new Session(recording, this.at.value, undefined, true), undefined);
    this.runs.value = [run, ...this.runs.value.slice(1)];
  }

  /** Removes the second run. The run before it takes its place. */
  removeSecondRun(): void {
    this.current.value = 0;
    this.goTo(this.at.value);
    this.runs.value = [...this.runs.value.slice(0, 1), ...this.otherRuns.value.slice(-1)];
    this.otherRuns.value = this.otherRuns.value.slice(0, -1);
  }

  /** Removes all runs but the first one. */
  removeOtherRuns(): void {
    this.current.value = 0;
    this.runs.value = this.runs.value.slice(0, 1);
    this.otherRuns.value = [];
  }

  /** Shows a run at an event. */
  select(index: number, event: number): void {
    this.current.value = index;
    this.goTo(event);
  }

  /** Moves to an event of the current run. */
  goTo(event: number): void {
    const { session } = this.run.value;
    session.goTo(event);
    this.at.value = session.at;
    this.notice.value = "";
  }

  /** Moves to the next violation, or from the last one to the first one, and shows its explanation. */
  explainNextViolation(): void {
    const { session } = this.run.value;
    session.goTo(this.at.value);
    if (!session.find({ what: "violation" })) session.goTo(session.recording.eventOfViolation(0));
    this.goTo(session.at);
    this.panel.value = "why";
  }

  /** Moves with a move of the session. Says so if the move is impossible. */
  move(how: (session: Session) => boolean, otherwise: string): void {
    const { session } = this.run.value;
    session.goTo(this.at.value);
    this.notice.value = how(session) ? "" : otherwise;
    this.at.value = session.at;
  }
}
