/** Checks the JSON Lines export against its published schema. */
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { EXPORT_KINDS } from "../../../cli/export-kinds.ts";
import { EVENTS_VERSION } from "../../../reports/export/json-lines.ts";
import schema from "../../../schema/events.schema.json" with { type: "json" };
import { TRACE_KINDS } from "../../../sim/trace.ts";
import { exported, SCENARIOS, tracedRun } from "./export-fixture.ts";

const validate = new Ajv.default({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema);

interface Line {
  readonly source: string;
  readonly kind: string;
  readonly server: number;
  readonly atUs: number;
}

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe.each(SCENARIOS)("the JSON Lines of %s", (name) => {
  const run = tracedRun(name);
  const lines = linesOf(exported(run, "jsonl"));

  it("match the schema", () => {
    expect(lines.filter((line) => !validate(line)).slice(0, 3)).toEqual([]);
  });

  it("start with the run, and end with its digest", () => {
    expect(lines[0]).toMatchObject({ source: "run", version: EVENTS_VERSION, seed: String(run.seed) });
    expect(lines.at(-1)).toMatchObject({ source: "result", digest: run.digest, ok: run.ok });
    expect(lines).toHaveLength((run.trace?.length ?? 0) + run.records.length + run.violations.length + 2);
  });

  it("have kinds that --only accepts", () => {
    const kinds = new Set(lines.flatMap(({ kind }) => kind ?? []));
    expect([...kinds].filter((kind) => !EXPORT_KINDS.includes(kind))).toEqual([]);
  });
});

it("the schema refuses a line with an unknown field, kind or type", () => {
  const event = { source: "trace", kind: "timer", id: 3, cause: null, atUs: 0, server: 1, timer: 0 };
  expect(validate(event)).toBe(true);
  for (const wrong of [{ more: 1 }, { kind: "tick" }, { id: "3" }, { source: "note" }, { cause: undefined }]) {
    expect(validate(JSON.parse(JSON.stringify({ ...event, ...wrong })))).toBe(false);
  }
});

it("the schema names every kind of trace entry, and the version", () => {
  const { kind } = schema.definitions.traceEvent.properties;
  expect(new Set([...kind.enum, "note"])).toEqual(new Set(TRACE_KINDS));
  expect(schema.definitions.run.properties.version.const).toBe(EVENTS_VERSION);
});

describe("the filters", () => {
  const run = tracedRun("shipped/follower-ahead-trunc");
  const events = (filter: Parameters<typeof exported>[2]): Line[] =>
    linesOf(exported(run, "jsonl", filter)).filter(({ source }) => source !== "run" && source !== "result");

  it("select by time, server and kind, and keep the numbers and the steps", () => {
    const all = events({});
    expect(events({ fromUs: 200_000, untilUs: 300_000 })).toEqual(
      all.filter(({ atUs }) => atUs >= 200_000 && atUs <= 300_000),
    );
    expect(events({ servers: [1] })).toEqual(all.filter(({ server }) => server === 1 || server === -1));
    expect(events({ only: ["sync-decided", "send"] })).toEqual(
      all.filter(({ kind }) => kind === "sync-decided" || kind === "send"),
    );
    expect(events({ only: ["sync-decided"] })).toHaveLength(2);
  });
});
