/** The state of the page, as signals: the runs, the current event, the filters, and what follows from them. */
import { computed, signal } from "@preact/signals";
import { type DiagramFilter, shownEvents } from "../diagram/filter.ts";
import type { MessageGroup } from "../diagram/groups.ts";
import { type AxisKind, makeScale, type Scale } from "../diagram/scale.ts";
import type { Cursor } from "../session/cursor.ts";
import type { Recording } from "../session/recording.ts";
import { Session } from "../session/session.ts";
import { DEFAULT_GROUPS, type PlaceInPage } from "./fragment.ts";
import type { LogModel } from "./log-model.ts";
import type { Panel } from "./panel.ts";
import { RunModel } from "./run-model.ts";
import type { Subject } from "./subject.ts";

/** What the diagram of one run shows. */
export interface Shown {
  readonly events: Int32Array;
  readonly scale: Scale;
}

export class PageModel {
  /** What the page shows: logs, or a run and possibly another one to compare it with. */
  readonly runs = signal<readonly Subject[]>([]);
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

  readonly run = computed(() => this.runs.value[this.current.value] as Subject);
  readonly filter = computed<DiagramFilter>(() => ({
    servers: new Set(this.run.value.timeline.servers.filter((sid) => !this.hiddenServers.value.has(sid))),
    groups: this.groups.value,
    type: this.messageType.value,
    showsQuietEvents: this.showsQuietEvents.value,
  }));
  readonly shown = computed<readonly Shown[]>(() =>
    this.runs.value.map(({ timeline }) => {
      const events = shownEvents(timeline, this.filter.value);
      return { events, scale: makeScale(timeline, events, this.axis.value) };
    }),
  );
  /** The events that the explanation names, while the panel with the explanation is open; undefined otherwise. */
  readonly lit = computed(() => (this.panel.value === "why" ? this.run.value.litEvents(this.at.value) : undefined));
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
    const [first] = this.runs.value as readonly RunModel[];
    const run = new RunModel(label, new Session(recording, this.at.value, parent), first);
    if (first === undefined) this.runs.value = [run];
    else this.showSecond(run);
  }

  /** Shows a run as the second one. */
  showSecond(run: RunModel): void {
    const [first, second] = this.runs.value as readonly [Subject, RunModel?];
    const others = this.otherRuns.value.filter((one) => one !== run);
    this.otherRuns.value = second === undefined || second === run ? others : [...others, second];
    this.runs.value = [first, run];
  }

  /** Shows the first run as far as it is recorded. */
  showFirst(label: string, recording: Recording): void {
    const run = new RunModel(label, new Session(recording, this.at.value, undefined, true), undefined);
    this.runs.value = [run, ...this.runs.value.slice(1)];
  }

  /** Shows what logs show. */
  showLogs(logs: LogModel): void {
    this.runs.value = [logs];
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
    const { cursor } = this.run.value;
    cursor.goTo(event);
    this.at.value = cursor.at;
    this.notice.value = "";
  }

  /** Moves to the next violation or problem, or from the last one to the first one, and shows its explanation. */
  explainNextViolation(): void {
    const { cursor } = this.run.value;
    cursor.goTo(this.at.value);
    if (!cursor.find({ what: "violation" })) cursor.goTo(cursor.timeline.eventOfViolation(0));
    this.goTo(cursor.at);
    this.panel.value = "why";
  }

  /** Moves with a move of the cursor. Says so if the move is impossible. */
  move(how: (cursor: Cursor) => boolean, otherwise: string): void {
    const { cursor } = this.run.value;
    cursor.goTo(this.at.value);
    this.notice.value = how(cursor) ? "" : otherwise;
    this.at.value = cursor.at;
  }
}
