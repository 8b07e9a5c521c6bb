/** The observations of a simulated run: those that the logs of its servers would give. */
import type { LoggedEvent, LogMessage, MessageChooser } from "../logs/index.ts";
import { START_OF_RUN_MS } from "../reports/zklog/line-pattern.ts";
import { writeMessages } from "../reports/zklog/zookeeper-logs.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";
import { isObserved, type Observation, type Observations, ServerObserver } from "./observation.ts";

/** Returns the observations of a traced run. */
export function observeRun(run: ScenarioRun, chooser: MessageChooser): Observations {
  const observed = new Map<number, Observation[]>();
  const observers = new Map<number, ServerObserver>();
  writeMessages(run, {
    chooser,
    isNeeded: isObserved,
    ownVotesOnly: true,
    add: ({ atUs, event, exception, fields, message, server }) => {
      let observer = observers.get(server);
      if (observer === undefined) {
        observer = new ServerObserver(server);
        observers.set(server, observer);
      }
      const observation = observer.observe(event, writtenFields(message, fields), exception, Math.floor(atUs / 1000));
      if (observation === undefined) return;
      const list = observed.get(server);
      if (list === undefined) observed.set(server, [observation]);
      else list.push(observation);
    },
  });
  return observed;
}

/** Returns the fields that the text of a message contains: those that a reader of the log knows. */
function writtenFields<F extends object>({ compiled: { names } }: LogMessage, fields: F): F {
  const written: Record<string, unknown> = {};
  for (const name of names) written[name] = (fields as Record<string, unknown>)[name];
  return written as F;
}

/** Returns the events that a reader of the run's logs would report, by server. */
export function loggedEvents(run: ScenarioRun, chooser: MessageChooser): ReadonlyMap<number, readonly LoggedEvent[]> {
  const events = new Map<number, LoggedEvent[]>();
  writeMessages(run, {
    chooser,
    add: ({ atUs, event, exception, fields, message, myid, server, thread }) => {
      const list = events.get(server) ?? [];
      events.set(server, list);
      const timeMs = START_OF_RUN_MS + Math.floor(atUs / 1000);
      const rest = { line: list.length + 1, timeMs, thread, myid, origin: "", text: "", exception };
      const previousMs = list.at(-1)?.timeMs;
      list.push({
        event,
        fields: writtenFields(message, fields),
        message,
        ...rest,
        previousMs,
      } as unknown as LoggedEvent);
    },
  });
  return events;
}
