/** The same moment of two runs: the event with the same title, and with as many such events before it. */
import { eventDetails, eventTitle } from "../session/describe-event.ts";
import type { Recording } from "../session/recording.ts";
import { serverRows } from "../session/server-rows.ts";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

/** Returns the event of the other run that corresponds to the current event. */
export function counterpartOf(model: PageModel): number {
  const [first, second] = model.runs.value as readonly [RunModel, RunModel];
  const isSecond = model.current.value === 1;
  const [here, there] = isSecond ? [second, first] : [first, second];
  const at = model.at.value;
  if (second.differsAt === undefined || at < second.differsAt) return at;
  return sameEvent(here.recording, there.recording, at, second.differsAt);
}

/** Returns the event of the other run at the time of the current event. It costs less than counterpartOf(). */
export function sameMoment(model: PageModel): number {
  const { runs, current, at } = model;
  const other = runs.value[1 - current.value];
  const differsAt = runs.value[1]?.differsAt;
  if (other === undefined) return at.value;
  const isCommon = differsAt === undefined || at.value < differsAt;
  return isCommon ? at.value : other.timeline.eventAtTime(model.run.value.timeline.event(at.value).timeUs);
}

/** Returns what differs after an event of two runs, in words: the event itself, or else the states of the servers. */
export function differenceAt(a: Recording, b: Recording, event: number, names: readonly [string, string]): string[] {
  const texts = ([a, b] as const).map((one) =>
    event > one.length ? ["the run is over"] : [eventTitle(one, event), ...eventDetails(one, event)],
  ) as [string[], string[]];
  const only = (here: string[], there: string[]): string => here.filter((text) => !there.includes(text)).join("; ");
  const [inA, inB] = [only(...texts), only(texts[1], texts[0])];
  const said = [inA && `${names[0]}: ${inA}`, inB && `${names[1]}: ${inB}`].filter((text) => text !== "");
  if (said.length > 0 || event > Math.min(a.length, b.length)) return said;
  return a.servers.flatMap((sid) => {
    const there = new Map(serverRows(b.serverAt(sid, event)).map(({ name, value }) => [name, value]));
    return serverRows(a.serverAt(sid, event)).flatMap(({ name, value }) =>
      value === there.get(name)
        ? []
        : [`server ${sid}, ${name}: ${value} (${names[0]}), ${there.get(name) ?? "none"} (${names[1]})`],
    );
  });
}

/**
 * Returns the event of `there` that corresponds to event `at` of `here`. Both runs are equal up to `differsAt`. If no
 * event has the same title, returns the event at the same time.
 */
export function sameEvent(here: Recording, there: Recording, at: number, differsAt: number): number {
  const title = eventTitle(here, at);
  let count = 0;
  for (let number = differsAt; number <= at; number++) if (eventTitle(here, number) === title) count++;
  for (let number = differsAt; number <= there.length; number++) {
    if (eventTitle(there, number) === title && --count === 0) return number;
  }
  return there.eventAtTime(here.event(at).timeUs);
}
