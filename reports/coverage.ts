/**
 * Prints the coverage of a campaign as text and as JSON: the messages that servers handled in each state and phase,
 * with the resulting state; the rules of the sync decision; the failures; and the faults. Also lists the rules and
 * faults that the campaign never reached.
 */
import { hanging } from "./format.ts";

/** For each kind of fault, two numbers: how often it was injected, and how often it had an effect. */
export type FaultCounts = ReadonlyMap<string, readonly [number, number]>;

/** The names of all rules and faults that a campaign can reach. */
export interface Reachable {
  readonly rules: readonly string[];
  readonly faults: readonly string[];
}

export function coverageReport(reached: ReadonlySet<string>, faults: FaultCounts, all: Reachable): string {
  const sections = [
    ["rules of the sync decision", ofKind(reached, "rule")],
    ["failures", ofKind(reached, "failure")],
    ["faults that had an effect", ofKind(reached, "fault")],
  ] as const;
  const lines: string[] = [];
  for (const [title, names] of sections) {
    lines.push(`${title}: ${names.length}`, ...hanging(names.join(", "), "  ", "  "));
  }
  lines.push("messages by state and phase of the receiver, with the resulting states");
  for (const [place, messages] of byPlace(reached)) {
    lines.push(`  ${place}`);
    for (const [type, outcomes] of messages) lines.push(`    ${type.padEnd(13)} ${outcomes.join(", ")}`);
  }
  const never = neverReached(reached, all);
  lines.push(never.length === 0 ? "every rule and every fault was reached" : `never reached: ${never.length}`);
  lines.push(...hanging(never.join(", "), "  ", "  "));
  const ineffective = [...faults].filter(([, [injected, effective]]) => injected > 0 && effective === 0);
  if (ineffective.length > 0) {
    const kinds = ineffective.map(([kind]) => kind).join(", ");
    lines.push(...hanging(`faults that were injected but never had an effect: ${kinds}`, "", "  "));
  }
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

/** Groups the messages by state and phase, then by type. fuzz/coverage.ts defines the format of the feature names. */
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
