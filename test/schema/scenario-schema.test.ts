/** The published schema: it names what the core has, and describes every field. */
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PROTOCOL_EVENTS } from "../../cluster/records.ts";
import { INVARIANT_ALIASES, INVARIANT_IDS } from "../../invariants/index.ts";
import { SYNC_RULES } from "../../protocol/leader/sync-rules.ts";
import { NAMED_BEHAVIORS } from "../../protocol/named-behaviors.ts";
import type { FailureReason } from "../../protocol/notes.ts";
import { PACKET_NAMES } from "../../protocol/packets.ts";
import { RELEASES } from "../../protocol/releases.ts";
import { DEFAULT_SETTINGS } from "../../protocol/settings.ts";
import { OWN_NAMES } from "../../scenarios/loading/setting-names.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };

const { definitions } = schema;

interface Field {
  readonly type?: string;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}
const settings: Readonly<Record<string, Field>> = definitions.settings.properties;

describe("the schema", () => {
  it("has the settings of the core, with their defaults", () => {
    const own = Object.entries(settings).filter(([name]) => !(name in OWN_NAMES));
    expect(Object.fromEntries(own.map(([name, { default: value }]) => [name, value]))).toEqual(DEFAULT_SETTINGS);
  });

  it("accepts the same values under ZooKeeper's own names, with or without their prefix", () => {
    const limits = ({ default: _default, description: _description, ...rest }: Field, factor = 1) =>
      factor === 1 ? rest : { ...rest, maximum: Number(rest.maximum) * factor };
    expect(Object.keys(settings).filter((name) => !(name in DEFAULT_SETTINGS))).toEqual(Object.keys(OWN_NAMES));
    for (const [name, { factor, setting }] of Object.entries(OWN_NAMES)) {
      expect(limits(settings[name] as Field, factor)).toEqual(limits(settings[setting] as Field));
    }
    for (const [pattern, field] of Object.entries(definitions.settings.patternProperties)) {
      const name = pattern.slice("^zookeeper\\.".length, -1).replaceAll("\\", "");
      expect(limits(field)).toEqual(limits(settings[name] as Field));
    }
  });

  it("has the packets, events, rules, reasons and releases of the core", () => {
    const packets = PACKET_NAMES.slice(1);
    expect(definitions.packetType.enum).toEqual(packets);
    expect(definitions.messageType.enum).toEqual([...packets, "NOTIFICATION"]);
    expect(definitions.protocolEvent.enum).toEqual(PROTOCOL_EVENTS);
    expect(definitions.decision.properties.rule.enum.toSorted()).toEqual(Object.keys(SYNC_RULES).toSorted());
    expect(definitions.failureReason.enum).toEqual(Object.keys(FAILURE_REASONS));
    expect(definitions.release.enum).toEqual(RELEASES);
    expect(definitions.behavior.enum).toEqual(NAMED_BEHAVIORS);
  });

  it("describes every field", () => {
    const fields = (node: unknown): [string, Field][] =>
      typeof node !== "object" || node === null
        ? []
        : Object.entries(node).flatMap(([key, value]) =>
            key === "properties"
              ? [...(Object.entries(value) as [string, Field][]), ...Object.values(value).flatMap(fields)]
              : fields(key === "then" ? undefined : value),
          );
    expect(fields(schema).filter(([, field]) => field.description === undefined)).toEqual([]);
  });

  it("completes every invariant, by its id and by its aliases", () => {
    expect(definitions.invariantId.enum.toSorted()).toEqual([...INVARIANT_IDS, ...INVARIANT_ALIASES.keys()].toSorted());
  });

  it("has only examples and defaults that it accepts", () => {
    const ajv = new Ajv.default({ allowUnionTypes: true, strict: false });
    ajv.addSchema(schema, "scenario");
    const wrong: string[] = [];
    const visit = (node: unknown, pointer: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { default: byDefault, examples = [] } = node as { default?: unknown; examples?: unknown[] };
      const values = [...(Array.isArray(examples) ? examples : []), ...(byDefault === undefined ? [] : [byDefault])];
      const isSchema = /\/(properties|definitions|patternProperties)\/[^/]+$/.test(pointer);
      for (const value of isSchema ? values : []) {
        if (!ajv.validate({ $ref: `scenario#${pointer}` }, value)) wrong.push(`${pointer}: ${JSON.stringify(value)}`);
      }
      for (const [key, child] of Object.entries(node)) {
        const escaped = encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
        visit(child, `${pointer}/${escaped}`);
      }
    };
    visit(schema, "");
    expect(wrong).toEqual([]);
  });
});

describe("an editor that validates with the schema", () => {
  const validate = new Ajv.default({ allErrors: true, allowUnionTypes: true }).compile(schema);
  const errorsOf = (text: string) => {
    validate(parse(text));
    return (validate.errors ?? []).map(({ instancePath, keyword, params }) => [
      instancePath,
      keyword,
      params.additionalProperty ?? params.allowedValues?.length,
    ]);
  };

  it.each([
    ["a wrong action", "steps: [{crahs: 2}]", "/steps/0", "crahs"],
    ["a wrong action after a trigger", "steps: [{at: 1s, crahs: 2}]", "/steps/0", "crahs"],
    [
      "a wrong field of an expected failure",
      "expect: {failures: [{server: 1, raeson: x}]}",
      "/expect/failures/0",
      "raeson",
    ],
    ["a wrong field of a decision", "expect: {decisions: [{leaner: 3}]}", "/expect/decisions/0", "leaner"],
  ])("reports only %s", (_, text, path, field) => {
    expect(errorsOf(`servers: 3\n${text}`)).toEqual([[path, "additionalProperties", field]]);
  });

  it("reports a step without an action, and a step with two", () => {
    expect(errorsOf("servers: 3\nsteps: [{at: 1s}]").map(([, keyword]) => keyword)).toContain("oneOf");
    expect(errorsOf("servers: 3\nsteps: [{crash: 1, start: 2}]").map(([, keyword]) => keyword)).toContain("oneOf");
  });

  it("reports an unknown invariant with all that exist", () => {
    const count = definitions.invariantId.enum.length;
    expect(errorsOf("servers: 3\nexpect: {violates: agrement}")).toContainEqual(["/expect/violates", "enum", count]);
  });
});

/**
 * The type requires every reason of the core, so a new reason does not compile until it is in this list. A test
 * compares the list with the schema.
 */
const FAILURE_REASONS: Record<FailureReason, true> = {
  "observer-without-group": true,
  "epoch-timeout": true,
  "epoch-quit": true,
  "epoch-ack-timeout": true,
  "newleader-ack-timeout": true,
  "follower-ahead": true,
  "config-ahead": true,
  "leader-epoch-lower": true,
  "first-packet-not-info": true,
  "not-ackepoch": true,
  "not-ack": true,
  "first-packet-not-leaderinfo": true,
  "unexpected-sync-packet": true,
  "unreadable-packet": true,
  "unreasonable-length": true,
  "proposal-gap": true,
  "commit-without-proposal": true,
  "truncate-failed": true,
  "connect-failed": true,
  "not-in-configuration": true,
  "leader-unknown": true,
  "connection-closed": true,
  "read-timeout": true,
  "not-enough-followers": true,
  "txn-timeout": true,
  "zxid-rollover": true,
  "epoch-limit": true,
  reconfigured: true,
  "too-far-behind": true,
  "sync-throttled": true,
  "acceptor-failed": true,
  "listener-failed": true,
  "disk-error": true,
  "unreadable-log": true,
  "epoch-older-than-zxid": true,
  "accepted-older-than-current": true,
  "log-without-snapshot": true,
  "unmatched-commit": true,
};
