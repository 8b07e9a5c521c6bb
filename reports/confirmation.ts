/** Prints the answer of `zabsim confirm`: the verdict, and what the real servers have shown in each try. */
import type { Confirmation, Try } from "../confirm/confirm.ts";
import type { FoundViolation, Showing } from "../confirm/judge.ts";
import type { ServerEnd } from "../confirm/server-ends.ts";
import { countOf, hanging } from "./format.ts";

const ROLES: Readonly<Record<ServerEnd["mode"], string>> = {
  leader: "leads",
  follower: "follows",
  observer: "observes",
  none: "does not serve",
  down: "is down",
};
const SHOWINGS: readonly (readonly [Showing, string])[] = [
  ["shown", "shown"],
  ["not shown", "not shown"],
  ["unchecked", "cannot be checked on real servers"],
];
/** The largest number of deviations that are printed for a try. */
const DEVIATIONS_MAX = 8;

/** Returns the text of an answer with lines of at most `width` columns. */
export function confirmationText(answer: Confirmation, width: number): string {
  const { reason, release, scenario, simulated, tries } = answer;
  const head = `${scenario} on real servers of ZooKeeper ${release}: ${verdictText(answer)}`;
  return [
    ...hanging(head, "", "  ", width),
    ...(reason === null ? [] : hanging(reason, "  because: ", "    ", width)),
    ...(tries.length === 0 ? [] : violationLines(simulated, "  simulated: ", width)),
    ...tries.flatMap((one, index) => tryLines(one, index + 1, width)),
  ].join("\n");
}

/** A violation after deviations may have another cause than the simulated one, so the first line says that. */
function verdictText({ tries, verdict }: Confirmation): string {
  if (tries.length === 0) return verdict;
  const agreeing = tries.filter((one) => one.verdict === verdict).length;
  const isDeviating = verdict === "confirmed" && tries.some((one) => countBefore(one) > 0);
  const note = isDeviating ? ", with deviations before the violation" : "";
  return `${verdict}${note} (${agreeing} of ${tries.length} ${tries.length === 1 ? "try" : "tries"})`;
}

function countBefore({ deviations }: Try): number {
  return deviations.filter(({ isBeforeViolation }) => isBeforeViolation).length;
}

function tryLines(result: Try, number: number, width: number): string[] {
  const { deviations, difference, invariants, seconds, servers, verdict, violations } = result;
  const before = countBefore(result);
  const place = invariants.length === 0 || before === 0 ? "" : ` (${before} before a violation is shown)`;
  const order = `${countOf(deviations.length, "deviation")} from the order${place}`;
  const more = deviations.length - DEVIATIONS_MAX;
  return [
    ...hanging(`${verdict} in ${seconds.toFixed(1)} s, ${order}`, `  try ${number}: `, "    ", width),
    ...showingLines(result, width),
    ...violationLines(violations, "    real: ", width),
    ...servers.flatMap((server) => hanging(serverText(server), "    ", "      ", width)),
    ...(difference === null || difference === deviations[0]?.text
      ? []
      : hanging(difference, "    first difference: ", "      ", width)),
    ...deviations.slice(0, DEVIATIONS_MAX).flatMap(({ text }) => hanging(text, "    deviation: ", "      ", width)),
    ...(more > 0 ? [`    and ${countOf(more, "more deviation")}`] : []),
  ];
}

function showingLines({ invariants }: Try, width: number): string[] {
  return SHOWINGS.flatMap(([showing, label]) => {
    const ids = invariants.filter((one) => one.showing === showing).map(({ invariant }) => invariant);
    return ids.length === 0 ? [] : hanging(ids.join(", "), `    ${label}: `, "      ", width);
  });
}

function violationLines(violations: readonly FoundViolation[], first: string, width: number): string[] {
  const rest = `${first.replace(/\S.*/, "")}  `;
  if (violations.length === 0) return hanging("no invariant is violated", first, rest, width);
  return violations.flatMap(({ invariant, server, text }) =>
    hanging(`${invariant}: server ${server} ${text}`, first, rest, width),
  );
}

function serverText({ disk, memory, mode, server }: ServerEnd): string {
  const read = memory === null ? "" : `, a client reads ${memory}`;
  return `server ${server} ${ROLES[mode]}${read}, its disk has ${disk}`;
}
