/**
 * The entries of `zabsim list bugs`: every known bug, with its ticket, its cause, its effect and its releases.
 */
import { bugNamed, freeReleasesText, releasesWith, releasesWithout, ticketNameOf } from "../fuzz/about-bugs.ts";
import { KNOWN_BUGS, type KnownBug, OPEN_BUGS } from "../fuzz/known-bugs.ts";
import type { Entry } from "./list-entry.ts";
import { bugPaths, readScenario, scenarioName } from "./scenario-files.ts";

export function bugEntries(): readonly Entry[] {
  const paths = new Map(bugPaths().map((path) => [scenarioName(path), path]));
  return KNOWN_BUGS.map((bug) => bugEntry(bug, paths.get(bug.id)));
}

/** Returns the id of a bug that the user names by its id, by its ticket, or by the number of its ticket. */
export function bugIdOf(name: string): string | undefined {
  return bugNamed(name)?.id;
}

function bugEntry(bug: KnownBug, path: string | undefined): Entry {
  const about = `${bug.cause} ${bug.effect} ${freeReleasesText(bug)}`;
  return { name: bug.id, about, details: () => bugDetails(bug, path) };
}

function bugDetails(bug: KnownBug, path: string | undefined): readonly (readonly [string, string])[] {
  const { alsoIn, cause, effect, fixedBehavior, onlyLiveness } = bug;
  const affected = releasesWith(bug);
  const free = releasesWithout(bug);
  const open = OPEN_BUGS.find(({ id }) => id === bug.id);
  const scenario = path === undefined ? undefined : readScenario(path, []).scenario;
  const details: (readonly [string, string | undefined])[] = [
    ["ticket", ticketNameOf(bug) ?? "none"],
    ["cause", cause],
    ["effect", `${effect}${onlyLiveness ? " It violates no invariant." : ""}`],
    ["affected", affected.join(", ")],
    [
      "not affected",
      free.length === 0 ? "none" : `${free.join(", ")}; the scenario can still fail there because of another bug`,
    ],
    ["similar in", alsoIn && `${alsoIn.releases.join(", ")}: ${alsoIn.why}`],
    ["fix", open === undefined ? behaviorText(fixedBehavior) : `${open.fix}, part of the release "patched"`],
    ["scenario", scenario?.about.trim().replace(/\s+/g, " ")],
    ["violates", scenario?.expect.violates.join(", ") || undefined],
    ["also shown by", bug.alsoShownBy?.join(", ")],
    ["run it", scenario && `zabsim run ${bug.id}`],
    ["replay it", scenario && `zabsim replay ${bug.id}`],
  ];
  return details.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
}

/**
 * Returns the behaviors of a release that fixes the bug, as in `diffLogging: synced-before-epoch, stopsBeforeServing:
 * true`.
 */
function behaviorText(behavior: KnownBug["fixedBehavior"]): string {
  return Object.entries(behavior)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}
