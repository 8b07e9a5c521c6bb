/** Converts an event of a run to the object in the JSON Lines export, which schema/events.schema.json describes. */
import { formatZxid } from "../../protocol/zxid.ts";
import type { TraceEvent } from "../../sim/trace.ts";
import { recordJson, violationJson } from "../run-json.ts";
import { messageFacts } from "./messages.ts";
import type { RunEvent } from "./run-events.ts";

interface Json {
  readonly [name: string]: unknown;
}

/** Returns an event as plain data. Zxids are strings such as `1:5`. */
export function eventJson(event: RunEvent): Json {
  const { atUs, cause, id, kind, server, source } = event;
  const common = { source, kind, id, cause: cause ?? null, atUs, server };
  if (source === "trace") return { ...common, ...traceJson(event.fact) };
  if (source === "violation") return { ...common, violation: violationJson(event.fact) };
  const { event: _, atUs: __, sequence: ___, server: ____, ...fields } = recordJson(event.fact);
  return { ...common, record: fields };
}

function traceJson({ detail, kind, peer, payload }: TraceEvent): Json {
  const facts = messageFacts(payload);
  return {
    ...(peer >= 0 && { peer }),
    ...(detail >= 0 && { [DETAIL_NAMES[kind] ?? "connection"]: detail }),
    ...(facts !== undefined && {
      message: facts.message,
      ...(facts.zxid !== undefined && { zxid: formatZxid(facts.zxid) }),
      fields: facts.fields,
    }),
    ...(facts === undefined && payload !== undefined && payload !== null && { data: payload }),
  };
}

/** The meaning of the number in a trace entry, by its kind. Entries of other kinds have the number of a connection. */
const DETAIL_NAMES: Readonly<Partial<Record<TraceEvent["kind"], string>>> = {
  timer: "timer",
  disk: "operation",
  start: "process",
  crash: "process",
  stop: "process",
  pause: "process",
  resume: "process",
};
