/**
 * Reconstructs the recordings of real ensembles from their logs. `ZABSIM_RECONSTRUCT_RECORDINGS=100` gives each of them
 * at most 100 runs and prints what the run matches.
 */
import { describe, expect, it } from "vitest";
import { type ReconstructionAnswer, reconstructionOf } from "../../reconstruct/answer.ts";
import { Search } from "../../reconstruct/search.ts";
import { logOf, RECORDINGS, SERVERS } from "../explain/recording.ts";
import { evidenceIn, skeleton } from "./simulated-logs.ts";

interface Reconstruction {
  readonly answer: ReconstructionAnswer;
  readonly runs: number;
}

/** Searches until the run matches the logs, or for a number of runs. */
function reconstructed(name: string, maxRuns: number): Reconstruction {
  const evidence = evidenceIn(SERVERS.map((server) => ({ server, lines: logOf(name, server).split("\n") })));
  const search = new Search(evidence, 1n);
  let answer: ReconstructionAnswer | undefined;
  for (const best of search.from(skeleton(evidence))) {
    const rest = { files: [], runs: search.runs, scenario: "", seed: "1" };
    answer = reconstructionOf({ best, alternatives: [] }, evidence, rest);
    if (answer.matched || search.runs >= maxRuns) break;
  }
  return { answer: answer as ReconstructionAnswer, runs: search.runs };
}

describe("a scenario reconstructed from the logs of a real ensemble", () => {
  it.each([
    ["3.4.10", 4],
    ["3.5.8", 4],
    ["3.9.4", 6],
  ])("of %s matches: it shows every epoch with its leader, and every decision", (name, runs) => {
    const { decisions, differences, epochs, matched } = reconstructed(name, runs).answer;
    expect(epochs).toHaveLength(7);
    expect(decisions).toHaveLength(19);
    expect([...epochs, ...decisions].filter((one) => !one.matched)).toEqual([]);
    expect(differences.filter(({ decisive }) => decisive)).toEqual([]);
    expect(matched).toBe(true);
  });
});

const RUNS = Number(process.env.ZABSIM_RECONSTRUCT_RECORDINGS ?? 0);

describe.runIf(RUNS > 0)("all recordings", () => {
  it("match", { timeout: 3_600_000 }, () => {
    const incomplete: string[] = [];
    for (const name of RECORDINGS) {
      const { answer, runs } = reconstructed(name, RUNS);
      const matched = (list: readonly { readonly matched: boolean }[]): string =>
        `${list.filter((one) => one.matched).length} of ${list.length}`;
      const truncs = answer.decisions.filter(({ decision }) => decision === "TRUNC");
      const texts = [`epochs ${matched(answer.epochs)}`, `decisions ${matched(answer.decisions)}`];
      const verdict = answer.matched ? "matched" : "not matched";
      process.stderr.write(`${name}: ${verdict}, ${runs} runs, ${texts.join(", ")}, truncations ${matched(truncs)}\n`);
      if (!answer.matched) incomplete.push(name);
    }
    expect(incomplete).toEqual([]);
  });
});
