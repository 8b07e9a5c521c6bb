/** Prints the answer of `zabsim confirm`: the verdict, and what the real servers have shown in each try. */
import type { Confirmation, FoundViolation, ServerEnd, Try } from "../confirm/confirm.ts";
import { countOf, hanging } from "./format.ts";

const LEADERS: Readonly<Record<ServerEnd["mode"], string>> = {
  leader: "leads",
  follower: "follows",
  observer: "observes",
  none: "does not serve",
  down: "is down",
};
/** The largest number of deviations that are printed for a try. */
const DEVIATIONS_MAX = 8;

/** Returns the text of an answer with lines of at most `width` columns. */
export function confirmationText(answer: Confirmation, width: number): string {
  const { reason, release, scenario, simulated, tries, verdict } = answer;
  const agreeing = tries.filter((one) => one.verdict === "confirmed").length;
  const count = tries.length === 0 ? "" : ` (${agreeing} of ${tries.length === 1 ? "1 try" : `${tries.length} tries`})`;
  const head = `${scenario} on real servers of ZooKeeper ${release}: ${verdict}${count}`;
  return [
    ...hanging(head, "", "  ", width),
    ...(reason === null ? [] : hanging(reason, "  because: ", "           ", width)),
    ...(tries.length === 0 ? [] : hanging(violationText(simulated), "  simulated: ", "    ", width)),
    ...tries.flatMap((one, index) => tryLines(one, index + 1, width)),
  ].join("\n");
}

function tryLines({ deviations, seconds, servers, verdict, violations }: Try, number: number, width: number): string[] {
  const more = deviations.length - DEVIATIONS_MAX;
  return [
    `  try ${number}: ${verdict} in ${seconds.toFixed(1)} s, ${countOf(deviations.length, "deviation")} from the order`,
    ...hanging(violationText(violations), "    real: ", "      ", width),
    ...servers.flatMap((server) => hanging(serverText(server), "    ", "      ", width)),
    ...deviations
      .slice(0, DEVIATIONS_MAX)
      .flatMap(({ kind, server, text }) =>
        hanging(
          kind === "missing" ? `server ${server} never ${text}` : `server ${server} ${text}`,
          "    deviation: ",
          "      ",
          width,
        ),
      ),
    ...(more > 0 ? [`    and ${countOf(more, "more deviation")}`] : []),
  ];
}

function violationText(violations: readonly FoundViolation[]): string {
  if (violations.length === 0) return "no invariant is violated";
  return violations.map(({ invariant, server, text }) => `${invariant}: server ${server} ${text}`).join("; ");
}

function serverText({ disk, memory, mode, server }: ServerEnd): string {
  const has = (zxids: readonly string[]): string => (zxids.length === 0 ? "nothing" : rangesOf(zxids));
  const read = memory === null ? "" : `, a client reads ${has(memory)}`;
  return `server ${server} ${LEADERS[mode]}${read}, its disk has ${has(disk)}`;
}

/** Returns zxids in the notation of scenarios, such as `1:1..1:5, 2:1`. */
function rangesOf(zxids: readonly string[]): string {
  const ranges: { first: string; last: string }[] = [];
  for (const zxid of zxids) {
    const range = ranges.at(-1);
    if (range !== undefined && follows(range.last, zxid)) range.last = zxid;
    else ranges.push({ first: zxid, last: zxid });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}..${last}`)).join(", ");
}

function follows(before: string, after: string): boolean {
  const [epoch, counter] = before.split(":");
  return after === `${epoch}:${Number(counter) + 1}`;
}
