/**
 * The state of the terminal debugger: a session, the panel that it shows, and a prompt. Each key changes the state. It
 * knows neither the terminal nor the file system.
 */
import type { ServerId } from "../../protocol/index.ts";
import type { EventQuery } from "../session/find-event.ts";
import type { Session } from "../session/session.ts";
import { parseTarget, parseWhatIf, TARGET_HINT, WHAT_IF_HINT } from "./targets.ts";

/** What the lower part of the screen shows. */
export type Panel = "event" | "server" | "messages" | "decisions" | "help";

const PANELS: readonly Panel[] = ["event", "server", "messages", "decisions"];

/** A line that the user types. */
export interface Prompt {
  readonly label: string;
  readonly hint: string;
  readonly text: string;
  readonly run: (text: string) => void;
}

/** A key: a character, or the name of a special key. */
export type Key = string;

export interface DebuggerOptions {
  /** The file name that the prompt for saving suggests. */
  readonly file: string;
  /** Writes a scenario file. Returns a message for the user: where the file is, or why it cannot be written. */
  readonly save: (file: string, text: string) => string;
}

export class Debugger {
  session: Session;
  panel: Panel = "event";
  /** The server that the panel `server` shows. */
  server: ServerId;
  prompt: Prompt | undefined = undefined;
  /** The result of the last key, for the last line of the screen. */
  message = "";
  /** Number of lines by which the panel is scrolled. */
  scroll = 0;
  /** Whether the user has quit. */
  isOver = false;
  /** What each branch changed, from the original on. */
  readonly branches: string[] = [];
  private readonly options: DebuggerOptions;
  private readonly keys: Readonly<Record<Key, () => void>>;

  constructor(session: Session, options: DebuggerOptions) {
    this.session = session;
    this.options = options;
    this.server = session.recording.servers[0] as ServerId;
    this.keys = this.bindings();
  }

  /** Handles a key. */
  press(key: Key): void {
    this.message = "";
    if (this.prompt !== undefined) {
      this.typed(this.prompt, key);
      return;
    }
    if (/^\d$/.test(key)) this.select(Number(key));
    else this.keys[key]?.();
  }

  private bindings(): Record<Key, () => void> {
    const next = (): void =>
      this.move(
        this.session.next(),
        this.isRecorded ? "this is the end of the run" : "the next event is not recorded yet",
      );
    const back = (): void => this.move(this.session.back(), "this is the start of the run");
    return {
      n: next,
      right: next,
      " ": next,
      b: back,
      left: back,
      N: () => this.find({ server: this.server }, 1),
      B: () => this.find({ server: this.server }, -1),
      c: () => this.move(this.session.goToCause(), "no cause"),
      e: () => this.move(this.session.goToEffect(), "this event scheduled no other event"),
      v: () => this.find({ what: "violation" }, 1),
      V: () => this.find({ what: "violation" }, -1),
      d: () => this.find({ what: "decision" }, 1),
      D: () => this.find({ what: "decision" }, -1),
      home: () => this.move(this.session.goTo(0), ""),
      end: () => this.move(this.session.goTo(this.session.recording.length), ""),
      g: () => this.ask("run to", TARGET_HINT, (text) => this.runTo(text, 1)),
      G: () => this.ask("run back to", TARGET_HINT, (text) => this.runTo(text, -1)),
      "/": () => this.ask("find text", "a part of the description of an event", (text) => this.find({ text }, 1)),
      w: () => this.askWhatIf(),
      u: () => this.leaveBranch(),
      s: () => this.askSave(),
      m: () => this.show("messages"),
      l: () => this.show("decisions"),
      tab: () => this.show(PANELS[(PANELS.indexOf(this.panel) + 1) % PANELS.length] as Panel),
      down: () => this.scrollBy(1),
      up: () => this.scrollBy(-1),
      pagedown: () => this.scrollBy(10),
      pageup: () => this.scrollBy(-10),
      "?": () => this.show(this.panel === "help" ? "event" : "help"),
      escape: () => this.show("event"),
      q: () => {
        this.isOver = true;
      },
    };
  }

  private typed(prompt: Prompt, key: Key): void {
    if (key === "escape") this.prompt = undefined;
    else if (key === "backspace") this.prompt = { ...prompt, text: prompt.text.slice(0, -1) };
    else if (key === "return") {
      this.prompt = undefined;
      prompt.run(prompt.text);
    } else if (key.length === 1 && !/\p{Cc}/u.test(key)) this.prompt = { ...prompt, text: prompt.text + key };
  }

  private ask(label: string, hint: string, run: (text: string) => void, text = ""): void {
    this.prompt = { label, hint, text, run };
  }

  private show(panel: Panel): void {
    this.panel = panel;
    this.scroll = 0;
  }

  private scrollBy(lines: number): void {
    this.scroll = Math.max(0, this.scroll + lines);
  }

  private select(server: number): void {
    const found = this.session.recording.servers.find((sid) => sid === server);
    if (found === undefined) {
      this.message = `there is no server ${server}`;
      return;
    }
    this.server = found;
    this.show("server");
  }

  private move(hasMoved: boolean, otherwise: string): void {
    if (hasMoved) this.scroll = 0;
    else this.message = otherwise;
  }

  private find(query: EventQuery, direction: 1 | -1): void {
    const place = direction === 1 ? "after" : "before";
    const rest = direction === 1 && !this.isRecorded ? " so far; the run is still being recorded" : "";
    this.move(this.session.find(query, direction), `no such event ${place} this one${rest}`);
  }

  private runTo(text: string, direction: 1 | -1): void {
    const target = parseTarget(text);
    if (target === undefined) this.message = `${text}: not a target (accepted: ${TARGET_HINT})`;
    else if ("query" in target) this.find(target.query, direction);
    else if ("event" in target) {
      this.move(this.session.goTo(target.event), "this is that event");
      if (target.event > this.session.at && !this.isRecorded)
        this.message = `event ${target.event} is not recorded yet`;
    } else this.move(this.session.goToTime(target.timeUs), "this is the last event up to that time");
  }

  /** Whether the run is recorded to its end. */
  private get isRecorded(): boolean {
    return this.session.recording.ended;
  }

  /** Returns whether the run is recorded to its end, and says so if it is not. */
  private needsWholeRun(): boolean {
    if (!this.isRecorded) this.message = "the run is still being recorded; try again when it is complete";
    return this.isRecorded;
  }

  private askSave(): void {
    if (!this.needsWholeRun()) return;
    this.ask("save to", "the file of the scenario; Enter accepts", (text) => this.save(text), this.options.file);
  }

  private askWhatIf(): void {
    if (!this.needsWholeRun()) return;
    if (!this.session.canChange) {
      this.message = "nothing can be changed here: the run is at its start, or a settle step has happened";
      return;
    }
    this.show("messages");
    this.ask("what if", WHAT_IF_HINT, (text) => this.whatIf(text));
  }

  private whatIf(text: string): void {
    const { at, recording } = this.session;
    const inFlight = recording.inFlightAt(at);
    const parsed = parseWhatIf(text, recording.servers, inFlight.length);
    if (parsed === undefined) {
      this.message = `${text}: not a change (accepted: ${WHAT_IF_HINT})`;
      return;
    }
    const message = "message" in parsed ? inFlight[parsed.message] : undefined;
    this.session =
      "action" in parsed || message === undefined
        ? this.session.change((parsed as { action: Parameters<Session["change"]>[0] }).action)
        : this.session.changeMessage(message, (parsed as { change: Parameters<Session["changeMessage"]>[1] }).change);
    this.branches.push(`${parsed.label} after event ${at}`);
    const { firstDifference } = this.session;
    this.show("event");
    this.message =
      firstDifference === undefined
        ? "the branch does not differ from the run"
        : `the branch differs from event ${firstDifference} on; u returns to the run, s saves the branch`;
  }

  private leaveBranch(): void {
    const { parent } = this.session;
    if (parent === undefined) {
      this.message = "this is the original run";
      return;
    }
    this.session = parent;
    this.branches.pop();
    this.scroll = 0;
  }

  private save(file: string): void {
    this.message = file.trim() === "" ? "not saved: no file name" : this.options.save(file.trim(), this.session.save());
  }
}
