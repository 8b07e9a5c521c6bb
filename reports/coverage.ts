/**
 * Prints the coverage of a campaign as text and as JSON: the messages that servers handled in each state and phase,
 * with the resulting state; the rules of the sync decision; the failures; the faults; and the states of
 * configurations. Also lists the features that the campaign never reached.
 */
import { hanging } from "./format.ts";

/** For each kind of fault, two numbers: how often it was injected, and how often it had an effect. */
export type FaultCounts = ReadonlyMap<string, readonly [number, number]>;

export function coverageReport(reached: ReadonlySet<string>, faults: FaultCounts, all: readonly string[]): string {
  const sections = [
    ["rules of the sync decision", ofKind(reached, "rule")],
    ["failures", ofKind(reached, "failure")],
    ["faults that had an effect", ofKind(reached, "fault")],
    ["states of a configuration", ofKind(reached, "config")],
    ["reasons for a refused reconfiguration", ofKind(reached, "refusal")],
  ] as const;
  const lines: string[] = [];
  for (const [title, names] of sections) {
    if (names.length === 0 && OPTIONAL.has(title)) continue;
    lines.push(`${title}: ${names.length}`, ...hanging(names.join(", "), "  ", "  "));
  }
  lines.push("messages by state and phase of the receiver, with the resulting states");
  const counts = Object.fromEntries([...reached].map((feature) => [feature, 1]));
  for (const [place, messages] of messagesByPlace(counts)) {
    lines.push(`  ${place}`);
    for (const [type, { outcomes }] of messages) lines.push(`    ${type.padEnd(13)} ${outcomes.join(", ")}`);
  }
  const never = all.filter((feature) => !reached.has(feature));
  lines.push(never.length === 0 ? "every rule and every fault was reached" : `never reached: ${never.length}`);
  lines.push(...hanging(never.join(", "), "  ", "  "));
  const ineffective = [...faults].filter(([, [injected, effective]]) => injected > 0 && effective === 0);
  if (ineffective.length > 0) {
    const kinds = ineffective.map(([kind]) => kind).join(", ");
    lines.push(...hanging(`faults that were injected but never had an effect: ${kinds}`, "", "  "));
  }
  return lines.join("\n");
}

/** The sections that a report leaves out if they are empty. */
const OPTIONAL: ReadonlySet<string> = new Set(["states of a configuration", "reasons for a refused reconfiguration"]);

export function coverageJson(reached: ReadonlySet<string>, faults: FaultCounts, all: readonly string[]): unknown {
  return {
    reached: [...reached].sort(),
    never: all.filter((feature) => !reached.has(feature)),
    faults: Object.fromEntries([...faults].map(([kind, [struck, effect]]) => [kind, { struck, effect }])),
  };
}

function ofKind(reached: ReadonlySet<string>, kind: string): string[] {
  return [...reached]
    .filter((feature) => feature.startsWith(`${kind} `))
    .map((feature) => feature.slice(kind.length + 1))
    .sort();
}

/** The messages of one type that servers handled in one state and phase. */
export interface HandledMessages {
  /** The outcomes: how the state or the phase of the server changed. */
  readonly outcomes: string[];
  /** Number of messages. */
  count: number;
}

/** Groups the messages by state and phase, then by type. fuzz/coverage.ts defines the format of the feature names. */
export function messagesByPlace(reached: Readonly<Record<string, number>>): Map<string, Map<string, HandledMessages>> {
  const places = new Map<string, Map<string, HandledMessages>>();
  for (const feature of Object.keys(reached).sort()) {
    const [, place, type, outcome] = /^message (\S+ \S+) (\S+): (.*)$/.exec(feature) ?? [];
    if (place === undefined || type === undefined || outcome === undefined) continue;
    const messages = places.get(place) ?? new Map<string, HandledMessages>();
    places.set(place, messages);
    const message = messages.get(type) ?? { outcomes: [], count: 0 };
    messages.set(type, message);
    message.outcomes.push(outcome);
    message.count += reached[feature] as number;
  }
  return places;
}
