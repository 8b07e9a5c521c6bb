/** Describes the steps of a scenario in words, each with its trigger. */
import type { ScriptedStep } from "../../cluster/records.ts";
import { describeStep } from "../../reports/describe.ts";
import type { Moment, Scenario, Trigger } from "../../scenarios/scenario.ts";

const CLAUSES: Readonly<Record<string, (server: string) => string>> = {
  start: (server) => `starts ${server}`,
  restart: (server) => `restarts ${server}`,
  pause: (server) => `pauses ${server}`,
  snapshot: (server) => `makes ${server} save a snapshot`,
  resume: (server) => `resumes ${server}`,
  wipe: (server) => `crashes ${server} and empties its disk`,
  isolate: (server) => `cuts ${server} off from all others`,
  refuse: (server) => `refuses new connections to ${server}`,
};

const UNSYNCED: Readonly<Record<string, string>> = {
  lost: "unsynced writes are lost",
  kept: "unsynced writes survive",
  torn: "a part of the unsynced writes is lost",
};

/** Returns a step that the script performs or undoes, such as `step 2 crashes server 5; unsynced writes are lost`. */
export function stepInWords(scenario: Scenario, record: ScriptedStep): string {
  const number = record.step + 1;
  if (record.moment !== "start") return `step ${number} ends (${actionInWords(record)})`;
  const step = scenario.steps[record.step];
  const trigger = step === undefined ? "" : triggerInWords(step);
  const duration = record.duration === undefined ? "" : ` for ${record.duration}`;
  const [action, ...rest] = actionInWords(record).split("; ");
  const text = [`${action}${duration}`, ...rest].join("; ");
  return `step ${number} ${text}${trigger === "" ? "" : ` (${trigger})`}`;
}

function actionInWords({ argument, verb }: ScriptedStep): string {
  const { connectionsReset, server, unsynced } = (argument ?? {}) as Readonly<Record<string, unknown>>;
  if (verb === "crash") {
    const fate = UNSYNCED[String(unsynced)] ?? `the oldest ${unsynced} unsynced writes survive`;
    const silence = connectionsReset === false ? "; its peers do not notice" : "";
    return `crashes ${serverInWords(server)}; ${fate}${silence}`;
  }
  const clause = CLAUSES[verb];
  const isServer = typeof argument === "number" || typeof argument === "string";
  if (clause !== undefined && isServer) return clause(serverInWords(argument));
  return `performs "${describeStep({ verb, argument, duration: undefined })}"`;
}

function serverInWords(server: unknown): string {
  return server === "leader" ? "the leader" : `server ${server}`;
}

function triggerInWords({ after, afterEvent, at, from, when }: Trigger): string {
  const parts = [
    ...(at === undefined ? [] : [`at ${at}`]),
    ...(afterEvent === undefined ? [] : [`after event ${afterEvent}`]),
    ...(after === undefined ? [] : [`${after} after ${when === undefined ? "the previous step" : "its trigger"}`]),
    ...(when === undefined ? [] : [`trigger: ${momentInWords(when)}`]),
    ...(from === undefined || from === "0ms" ? [] : [`not before ${from}`]),
  ];
  return parts.join(", ");
}

function momentInWords({ event, from, message, nth, on, server, to, zxid }: Moment): string {
  const what = event ?? `${message} is ${on ?? "delivered"}`;
  const fields = [
    ...(zxid === undefined ? [] : [`with zxid ${zxid}`]),
    ...(server === undefined ? [] : [`at server ${server}`]),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
    ...(nth === undefined || nth === 1 ? [] : [`for the ${nth}th time`]),
  ];
  return [what, ...fields].join(" ");
}
