/** The part of the kind `ensembles` that needs no Java. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RecordedEnsemble } from "../../reports/ensemble-answers.ts";
import { type EnsembleQuestion, ensembleQuestions } from "./ensemble-questions.ts";

const questions = ensembleQuestions.fixed as readonly EnsembleQuestion[];

function question(name: string): EnsembleQuestion {
  const found = questions.find(({ scenario }) => scenario === name);
  if (found === undefined) throw new Error(`no question ${name}`);
  return found;
}

const removal = question("reconfig-remove-a-follower-and-add-it-back");
const answer = ensembleQuestions.answer(removal, "3.9.5") as {
  readonly results: readonly string[];
  readonly versions: readonly string[];
  readonly servers: Readonly<Record<string, { readonly committed: string; readonly mode: string }>>;
};

describe.each(questions.map((one) => [one.scenario, one] as const))("the scenario %s", (_, one) => {
  it.each(["3.5.10", "3.9.5"])("zabsim performs each step with release %s", (release) => {
    const { results } = ensembleQuestions.answer(one, release) as typeof answer;
    expect(results.filter((result) => /expected|no server/.test(result))).toEqual([]);
  });

  it.skip("agrees with an ensemble of real servers (run: npm run test:java -- --kind ensembles)");
});

describe("docs/findings/ensembles.json", () => {
  const text = readFileSync(new URL("../../docs/findings/ensembles.json", import.meta.url), "utf8");
  const recorded = JSON.parse(text) as readonly RecordedEnsemble[];

  const cases = recorded.map((one) => [one.release, one.scenario, one] as const);
  it.each(cases)("zabsim agrees with real servers of %s: %s", (release, scenario, java) => {
    expect(ensembleQuestions.agrees?.(question(scenario), release, java)).toBe(true);
  });
});

describe("the comparison of two ensembles", () => {
  const agrees = (changes: Partial<typeof answer>): boolean | undefined =>
    ensembleQuestions.agrees?.(removal, "3.9.5", { ...answer, ...changes });
  const withServer = (changes: object): Partial<typeof answer> => ({
    servers: { ...answer.servers, 2: { ...answer.servers[2], ...changes } } as typeof answer.servers,
  });
  const later = (text: string): string => text.replaceAll("1:5", "1:14").replaceAll("1:2", "1:7");

  it("ignores how many transactions the sessions of clients have added", () => {
    expect(later(JSON.stringify(answer))).not.toBe(JSON.stringify(answer));
    expect(agrees(JSON.parse(later(JSON.stringify(answer))))).toBe(true);
  });

  it.each([
    ["the mode", withServer({ mode: "observer" })],
    ["the members", withServer({ committed: "voters 1,3; version 1:5" })],
    ["the epoch of a version", withServer({ committed: "voters 1,2,3; version 2:5" })],
    ["the order of versions", withServer({ committed: "voters 1,2,3; version 1:4" })],
    ["a pending configuration", withServer({ pending: "voters 1,2,3; version 1:5" })],
    ["the configuration that a client reads", withServer({ znode: "voters 1,3; version 1:5" })],
    ["currentEpoch", withServer({ currentEpoch: 2 })],
    ["a refusal", { results: answer.results.with(3, "ok") }],
    ["the number of configurations", { versions: [...answer.versions, "1:9"] }],
  ])("notices another value of %s", (_, changes) => expect(agrees(changes)).toBe(false));
});

it("a request names the version by its place among all versions", () => {
  const froms = removal.steps.flatMap((step) => ("fromIndex" in step ? [step.fromIndex] : []));
  expect(froms).toEqual([1, 2]);
});

describe("the steps for real servers", () => {
  const demotion = question("demoted-voters-block-proposals");
  const pairsOf = (step: object | undefined) => (step as { readonly pairs?: readonly unknown[] }).pairs;

  it("name all directions that are cut after a step", () => {
    const cuts = demotion.steps.flatMap((step) => pairsOf(step) ?? []);
    expect(cuts.slice(0, 2)).toEqual([
      [4, 5],
      [5, 4],
    ]);
    expect(demotion.steps.map((step) => pairsOf(step)?.length).filter((count) => count !== undefined)).toEqual([
      2, 8, 6, 0,
    ]);
  });

  it("wait in the middle of a synchronization where the scenario does", () => {
    const waiting = (name: string) => question(name).steps.filter((step) => "awaitSync" in step).length;
    expect(waiting("observer-aborts-sync-after-reconfiguration")).toBe(1);
    expect(waiting("newleader-names-replaced-configuration")).toBe(1);
    expect(waiting("expand-with-reconfig")).toBe(0);
  });

  it("hold a handler before NEWLEADER if the scenario makes this step long", () => {
    const holding = (name: string) => question(name).steps.filter((step) => "holdNewLeaderAt" in step);
    expect(holding("newleader-names-replaced-configuration")).toMatchObject([{ do: "start", holdNewLeaderAt: 3 }]);
    expect(holding("observer-aborts-sync-after-reconfiguration")).toEqual([]);
  });
});

it("a request that is not committed before the next step is outstanding", () => {
  const { results } = ensembleQuestions.answer(question("demoted-voters-block-proposals"), "3.9.5") as typeof answer;
  expect(results).toEqual(["ok", "outstanding", "outstanding", "outstanding"]);
});

it("an observer of 3.9.5 joins once more because it aborts its synchronization", () => {
  const joins = (release: string) =>
    (ensembleQuestions.answer(question("observer-aborts-sync-after-reconfiguration"), release) as { joins?: number })
      .joins;
  expect([joins("3.8.6"), joins("3.9.5")]).toEqual([1, 2]);
});

it("the list that clients read is not compared if reconfiguration is off", () => {
  const roll = question("remove-two-of-five-with-static-lists");
  const own = ensembleQuestions.answer(roll, "3.9.5") as typeof answer;
  const changed = (changes: object) => ({ ...own, servers: { ...own.servers, 3: { ...own.servers[3], ...changes } } });
  const agrees = (changes: object) => ensembleQuestions.agrees?.(roll, "3.9.5", changed(changes));
  expect(agrees({ znode: "voters 1,2,3,4,5; version 0:0" })).toBe(true);
  expect(agrees({ committed: "voters 1,2,3,4,5; version 0:0" })).toBe(false);
});
