/** The checks that many fields have in common. They collect the problems that they find in one list. */

import type { ServerSpec } from "../../cluster/cluster-spec.ts";
import type { Settings } from "../../protocol/settings.ts";
import {
  epochOf,
  formatZxid,
  MAX_EPOCH,
  parseZxid,
  type ServerId,
  serverIdsOf,
  type Zxid,
} from "../../protocol/zxid.ts";
import { DURATION_MAX_US, parseDurationRange } from "../../sim/duration-range.ts";
import { parseDuration } from "../../sim/time.ts";
import { newConfigOf } from "../config-change.ts";
import type { FieldProblem, Path } from "./field-path.ts";
import type { CompleteScenario } from "./short-forms-and-defaults.ts";

/**
 * The largest epoch that a start state may contain, as in the schema's startEpoch. The elections of the run use higher
 * epochs.
 */
export const START_EPOCH_MAX = 2_000_000;

/** The shortest timeout of a host. With a timeout of 0, the clock of a run would never advance. */
const TIMEOUT_MIN_US = 1000;

export class FieldChecks {
  readonly scenario: CompleteScenario;
  readonly problems: FieldProblem[] = [];

  constructor(scenario: CompleteScenario) {
    this.scenario = scenario;
  }

  get serverIds(): ServerId[] {
    return serverIdsOf(this.scenario.servers);
  }

  get participants(): ServerId[] {
    return this.serverIds.filter((id) => this.scenario.servers[id]?.role === "participant");
  }

  /** Returns whether a server votes at some time of the run: its role, or a configuration that it gets, says so. */
  everVotes(id: ServerId): boolean {
    const { servers, steps } = this.scenario;
    if (servers[id]?.role === "participant") return true;
    const configs = [servers[id]?.config, ...steps.map((step) => step && newConfigOf(step)?.config)];
    return configs.some((config) => config?.voters.includes(id));
  }

  report(path: Path, value: unknown, message: string, accepted: string, aboutKey = false): void {
    const problem = { path, value, message, accepted };
    this.problems.push(aboutKey ? { ...problem, aboutKey: true } : problem);
  }

  /** Returns the server with this id; reports a problem if there is none. */
  server(id: ServerId | string, path: Path, aboutKey = false): ServerSpec | undefined {
    const known = this.scenario.servers[id as ServerId];
    if (known === undefined) this.report(path, id, "there is no such server", this.serverIds.join(", "), aboutKey);
    return known;
  }

  servers(ids: readonly ServerId[], path: Path): void {
    for (const [i, id] of ids.entries()) this.server(id, [...path, i]);
  }

  zxid(text: string, path: Path): Zxid | undefined {
    const zxid = parseZxid(text);
    if (zxid === undefined || zxid < 0) {
      this.report(
        path,
        text,
        "is not a zxid",
        "epoch:counter such as 1:5, epochs up to 2097151, counters up to 4294967295",
      );
      return undefined;
    }
    return zxid;
  }

  /**
   * Checks a zxid that a server has at the start or receives in a message. Reports it if its epoch leaves too few
   * higher epochs for elections.
   */
  epochBelowLimit(zxid: Zxid, path: Path): void {
    if (epochOf(zxid) <= START_EPOCH_MAX) return;
    const accepted = `epochs up to ${START_EPOCH_MAX}: elections need the epochs up to ${MAX_EPOCH}`;
    this.report(path, formatZxid(zxid), "has an epoch that leaves too few epochs for elections", accepted);
  }

  duration(text: string, path: Path): void {
    const us = parseDuration(text);
    if (us === undefined || us > DURATION_MAX_US) {
      this.report(
        path,
        text,
        us === undefined ? "is not a duration" : "is too long",
        "30us, 200ms, 1.5s, 2m, up to 24h",
      );
    }
  }

  /** Checks a duration that must not be 0. */
  timeout(text: string, path: Path): void {
    this.duration(text, path);
    const us = parseDuration(text);
    if (us !== undefined && us < TIMEOUT_MIN_US) this.report(path, text, "is too short", "a duration of at least 1ms");
  }

  durationRange(text: string, path: Path): void {
    const range = parseDurationRange(text);
    const accepted = "a duration such as 200ms, or a range such as 0.2ms..1ms, up to 24h";
    if (range === undefined)
      this.report(path, text, "is not a duration, or its start is greater than its end", accepted);
    else if (range.maxUs > DURATION_MAX_US) this.report(path, text, "is too long", accepted);
  }

  /** Checks settings that depend on each other. */
  settings(settings: Partial<Settings>, path: Path): void {
    const { minNotificationIntervalMs: min, maxNotificationIntervalMs: max } = settings;
    if (min === undefined || max === undefined || min <= max) return;
    const accepted = `at least minNotificationIntervalMs, ${min}`;
    this.report([...path, "maxNotificationIntervalMs"], max, "is below minNotificationIntervalMs", accepted);
  }
}
