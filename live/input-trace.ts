/**
 * The inputs and outputs of the core of a live server as lines of JSON, and their replay: the inputs of a trace go to a
 * new Peer in the same order, and each effect that it asks for must be the next one in the trace.
 */
import { configOfVerifier, verifierOfConfig } from "../cluster/verifier.ts";
import {
  type Effects,
  History,
  type Notes,
  Peer,
  type QuorumVerifier,
  type ServerId,
  type Settings,
  type Txn,
} from "../protocol/index.ts";
import { behaviorOf, RELEASES } from "../protocol/releases.ts";

/** The inputs of a Peer that a live server uses. */
export const INPUTS = [
  ...(["start", "timer", "accepted", "connected", "refused", "closed", "packet", "electionMessage"] as const),
  ...(["workDone", "diskDone", "write", "exit"] as const),
] as const;
/** The inputs of a Peer. */
export type Core = Pick<Peer, (typeof INPUTS)[number]>;

/** What the first line of a trace says about the server. */
export interface TracedServer {
  readonly release: string;
  readonly myid: ServerId;
  readonly verifier: QuorumVerifier;
  readonly settings: Settings;
  /** The time of day at which the trace starts, in milliseconds since 1970. */
  readonly startMs: number;
}

/** Receives what a trace contains, while it is replayed. Times are in microseconds since the first input. */
export interface ReplayWatcher {
  input(input: (typeof INPUTS)[number], args: readonly unknown[]): void;
  effect(effect: string, args: readonly unknown[], result: unknown): void;
}

/** One line of a trace. */
type TraceLine =
  | { readonly server: TracedServer }
  | { readonly input: (typeof INPUTS)[number]; readonly nowUs: number; readonly args: readonly unknown[] }
  | { readonly effect: string; readonly args: readonly unknown[]; readonly result?: unknown };

/** Writes the trace of one process. */
export class InputTrace {
  private readonly write: (line: string) => void;

  constructor(write: (line: string) => void, server: TracedServer) {
    this.write = write;
    this.line({ server });
  }

  /** Returns the inputs of a Peer. Each call is a line. */
  inputsOf(peer: Peer): Core {
    const entries = INPUTS.map((input) => {
      const call = (...args: unknown[]): unknown => {
        this.line({ input, nowUs: peer.nowUs, args });
        return (peer[input] as (...args: unknown[]) => unknown).apply(peer, args);
      };
      return [input, call];
    });
    return Object.fromEntries(entries) as Core;
  }

  /** Returns effects that do the same. Each call is a line, with its result. */
  effectsOf(effects: Effects): Effects {
    return wrapped((effect, args) => {
      const call = effects[effect as keyof Effects] as unknown as (...args: unknown[]) => unknown;
      const result = call.apply(effects, args);
      this.line({ effect, args, result });
      return result;
    });
  }

  private line(line: TraceLine): void {
    this.write(`${textOf(line)}\n`);
  }
}

function wrapped(perform: (effect: string, args: unknown[]) => unknown): Effects {
  const get =
    (_: object, effect: string | symbol) =>
    (...args: unknown[]): unknown =>
      perform(String(effect), args);
  return new Proxy({}, { get }) as Effects;
}

/** Stands for the next line of a trace that has ended: the process was killed while it handled an input. */
export const CUT_TRACE = "the end of the trace";

/** The end of a replay. */
export interface ReplayEnd {
  readonly server: TracedServer;
  readonly peer: Peer;
  readonly inputs: number;
  readonly effects: number;
  /** The first effect that differs; undefined if all are equal. `line` counts from 1. */
  readonly difference: { readonly line: number; readonly recorded: string; readonly replayed: string } | undefined;
}

/** Thrown if a line is not that of a trace. */
export class TraceError extends Error {
  override readonly name = "TraceError";
  /** The number of the line, from 1. */
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is not a line of a trace`);
    this.line = line;
  }
}

class Difference extends Error {
  readonly replayed: string;

  constructor(replayed: string) {
    super(replayed);
    this.replayed = replayed;
  }
}

/**
 * Replays the lines of one trace. `notesFor` returns the receiver of the observations; `now` is the time of the current
 * input, in microseconds since the first one. `watcher` receives each input before the core handles it, and each
 * effect. Throws a TraceError if the lines are no trace.
 */
export function replayTrace(
  lines: readonly string[],
  notesFor: (server: TracedServer, now: () => number) => Notes,
  watcher?: ReplayWatcher,
): ReplayEnd {
  const emptyHistory = History.empty();
  const parsed = lines.map((line, index) => traceLine(line, index + 1, emptyHistory));
  const [first] = parsed;
  if (first === undefined || !("server" in first)) throw new TraceError(1);
  const { server } = first;
  let at = 1;
  let startUs: number | undefined;
  const effects = wrapped((effect, args) => {
    const line = parsed[at++];
    const replayed = textOf({ effect, args });
    const isEqual =
      line !== undefined && "effect" in line && textOf({ effect: line.effect, args: line.args }) === replayed;
    if (!isEqual) throw new Difference(replayed);
    watcher?.effect(effect, line.args, line.result);
    return line.result;
  });
  const notes = notesFor(server, () => peer.nowUs - (startUs ?? peer.nowUs));
  const behavior = behaviorOf(server.release);
  const peer: Peer = new Peer({ ...server, emptyHistory, behavior }, effects, notes);
  let inputs = 0;
  const end = (difference: ReplayEnd["difference"]): ReplayEnd => {
    return { server, peer, inputs, effects: parsed.length - 1 - inputs, difference };
  };
  try {
    while (at < parsed.length) {
      const line = parsed[at++] as TraceLine;
      if (!("input" in line)) throw new Difference("no effect");
      inputs++;
      startUs ??= line.nowUs;
      peer.nowUs = line.nowUs;
      watcher?.input(line.input, line.args);
      (peer[line.input] as (...args: unknown[]) => unknown).apply(peer, [...line.args]);
    }
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    return end({ line: at, recorded: lines[at - 1] ?? CUT_TRACE, replayed: error.replayed });
  }
  return end(undefined);
}

const HISTORY = "$history";
const VERIFIER = "$verifier";
const BYTES = "$bytes";

function textOf(value: unknown): string {
  return JSON.stringify(value, (key, part) => {
    // The core does not read the bytes of a transaction.
    if (key === "entry") return undefined;
    if (part instanceof History) return { [HISTORY]: part.txns(0) };
    if (part instanceof Uint8Array) return { [BYTES]: Buffer.from(part).toString("base64") };
    if (typeof part === "object" && part !== null && "weightOf" in part) {
      return { [VERIFIER]: configOfVerifier(part as QuorumVerifier) };
    }
    return part;
  });
}

function traceLine(text: string, line: number, emptyHistory: History): TraceLine {
  let value: unknown;
  try {
    value = parsedLine(text, emptyHistory);
  } catch {
    throw new TraceError(line);
  }
  if (!isTraceLine(value)) throw new TraceError(line);
  return value;
}

/** Checks the shape of a line. The arguments of inputs are not checked: only a trace that was edited has wrong ones. */
function isTraceLine(value: unknown): value is TraceLine {
  if (!isObject(value)) return false;
  if ("server" in value) {
    const { release, settings, startMs, verifier } = Object(value.server) as Partial<TracedServer>;
    return RELEASES.includes(release ?? "") && isObject(settings) && isObject(verifier) && typeof startMs === "number";
  }
  if (!("args" in value) || !Array.isArray(value.args)) return false;
  if ("effect" in value) return typeof value.effect === "string";
  return "input" in value && (INPUTS as readonly unknown[]).includes(value.input) && "nowUs" in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function parsedLine(line: string, emptyHistory: History): unknown {
  return JSON.parse(line, (_, part) => {
    if (typeof part !== "object" || part === null) return part;
    if (HISTORY in part) return (part[HISTORY] as Txn[]).reduce((history, txn) => history.extend(txn), emptyHistory);
    if (VERIFIER in part) return verifierOfConfig(part[VERIFIER]);
    if (BYTES in part) return new Uint8Array(Buffer.from(part[BYTES] as string, "base64"));
    return part;
  });
}
