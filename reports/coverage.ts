/**
 * What a campaign has reached and what not: messages by role and phase with what came of them, rules of the sync decision,
 * failures, faults.
 */
import { wrap } from "./format.ts";

export type FaultCounts = ReadonlyMap<string, readonly [number, number]>;

/** Everything there is to reach, by the names that coverage gives it. */
export interface Reachable {
  readonly rules: readonly string[];
  readonly faults: readonly string[];
}

export function coverageReport(reached: ReadonlySet<string>, faults: FaultCounts, all: Reachable): string {
  const sections = [
    ["rules of the sync decision", ofKind(reached, "rule")],
    ["failures", ofKind(reached, "failure")],
    ["faults with an effect", ofKind(reached, "fault")],
  ] as const;
  const lines: string[] = [];
  for (const [title, names] of sections) {
    lines.push(`${title}: ${names.length}`, ...wrap(names.join(", "), 76).map((line) => `  ${line}`));
  }
  lines.push("messages, by role and phase, with what the server was afterwards");
  for (const [place, messages] of byPlace(reached)) {
    lines.push(`  ${place}`);
    for (const [type, outcomes] of messages) lines.push(`    ${type.padEnd(13)} ${outcomes.join(", ")}`);
  }
  const never = neverReached(reached, all);
  lines.push(`never reached: ${never.length === 0 ? "nothing that is known to be there" : ""}`.trimEnd());
  lines.push(...wrap(never.join(", "), 76).map((line) => `  ${line}`));
  const idle = [...faults].filter(([, [struck, effect]]) => struck > 0 && effect === 0).map(([kind]) => kind);
  if (idle.length > 0) lines.push(`faults that struck without any effect: ${idle.join(", ")}`);
  return lines.join("\n");
}

export function coverageJson(reached: ReadonlySet<string>, faults: FaultCounts, all: Reachable): unknown {
  return {
    reached: [...reached].sort(),
    never: neverReached(reached, all),
    faults: Object.fromEntries([...faults].map(([kind, [struck, effect]]) => [kind, { struck, effect }])),
  };
}

function neverReached(reached: ReadonlySet<string>, { faults, rules }: Reachable): string[] {
  const names = [...rules.map((rule) => `rule ${rule}`), ...faults.map((fault) => `fault ${fault}`)];
  return names.filter((name) => !reached.has(name));
}

function ofKind(reached: ReadonlySet<string>, kind: string): string[] {
  return [...reached]
    .filter((feature) => feature.startsWith(`${kind} `))
    .map((feature) => feature.slice(kind.length + 1))
    .sort();
}

/** Role and phase, message type, outcomes. */
function byPlace(reached: ReadonlySet<string>): Map<string, Map<string, string[]>> {
  const places = new Map<string, Map<string, string[]>>();
  for (const feature of [...reached].sort()) {
    const [, place, type, outcome] = /^message (\S+ \S+) (\S+): (.*)$/.exec(feature) ?? [];
    if (place === undefined || type === undefined || outcome === undefined) continue;
    const messages = places.get(place) ?? new Map<string, string[]>();
    places.set(place, messages);
    messages.set(type, [...(messages.get(type) ?? []), outcome]);
  }
  return places;
}
