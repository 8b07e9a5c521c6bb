/**
 * The published schema has the settings, packets, events, rules, reasons and releases of the core. It describes every
 * field.
 */
import { describe, expect, test } from "vitest";
import { PROTOCOL_EVENTS } from "../../cluster/records.ts";
import { SYNC_RULES } from "../../protocol/leader/sync-rules.ts";
import type { FailureReason } from "../../protocol/notes.ts";
import { PACKET_NAMES } from "../../protocol/packets.ts";
import { RELEASES } from "../../protocol/releases.ts";
import { DEFAULT_SETTINGS } from "../../protocol/settings.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };

const { definitions } = schema;

describe("the schema", () => {
  test("has the settings of the core, with their defaults", () => {
    const defaults = Object.entries(definitions.settings.properties).map(([name, field]) => [name, field.default]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULT_SETTINGS);
  });

  test("has the packets, events, rules, reasons and releases of the core", () => {
    const packets = PACKET_NAMES.slice(1);
    expect(definitions.packetType.enum).toEqual(packets);
    expect(definitions.messageType.enum).toEqual([...packets, "NOTIFICATION"]);
    expect(definitions.protocolEvent.enum).toEqual(PROTOCOL_EVENTS);
    expect(definitions.decision.properties.rule.enum.toSorted()).toEqual(Object.keys(SYNC_RULES).toSorted());
    expect(definitions.failureReason.enum).toEqual(Object.keys(FAILURE_REASONS));
    expect(definitions.release.enum).toEqual(RELEASES);
  });

  test("describes every field", () => {
    type Field = [string, { description?: string }];
    const fields = (node: unknown): Field[] =>
      typeof node !== "object" || node === null
        ? []
        : Object.entries(node).flatMap(([key, value]) =>
            key === "properties"
              ? [...(Object.entries(value) as Field[]), ...Object.values(value).flatMap(fields)]
              : fields(value),
          );
    const inRules = fields({
      ...schema,
      definitions: { ...definitions, decision: { ...definitions.decision, oneOf: [] } },
    });
    expect(inRules.filter(([, field]) => field.description === undefined)).toEqual([]);
  });
});

/**
 * The type requires every reason of the core, so a new reason does not compile until it is in this list. A test
 * compares the list with the schema.
 */
const FAILURE_REASONS: Record<FailureReason, true> = {
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
  "proposal-gap": true,
  "commit-without-proposal": true,
  "truncate-failed": true,
  "connect-failed": true,
  "leader-unknown": true,
  "connection-closed": true,
  "read-timeout": true,
  "not-enough-followers": true,
  "txn-timeout": true,
  "zxid-rollover": true,
  "sync-throttled": true,
  "disk-error": true,
  "epoch-older-than-zxid": true,
  "accepted-older-than-current": true,
  "log-without-snapshot": true,
  "unmatched-commit": true,
};
