/**
 * The recorded answers of each release to scripts (script-host.ts): the hand-made ones, and drawn ones. `npm run
 * test:java -- --kind script --record` records them.
 */
import { describe, expect, it } from "vitest";
import { HAND_MADE_SCRIPTS } from "./hand-made-scripts.ts";
import { recordedAnswers } from "./recorded.ts";
import { knownScriptDifference, type Observation, type Script, scriptAnswer } from "./script-host.ts";

interface ScriptVector extends Script {
  readonly id: string;
  readonly expect: readonly Observation[];
}

/** Returns the first step after which the core differs from the recorded answer; undefined if there is none. */
function firstDifference({ expect: recorded, ...script }: ScriptVector, release: string): string | undefined {
  const answer = scriptAnswer(script, release);
  const index = recorded.findIndex((observation, i) => JSON.stringify(observation) !== JSON.stringify(answer[i]));
  if (index < 0) return undefined;
  const step = index === 0 ? "the start" : script.steps[index - 1];
  return `${script.id}: after ${step}, Java ${JSON.stringify(recorded[index])}, core ${JSON.stringify(answer[index])}`;
}

describe.each(["3.4.14", "3.5.10", "3.6.4", "3.8.4", "3.9.3", "3.9.5"])("release %s", (release) => {
  const vectors = recordedAnswers<ScriptVector>("script", release, 1);

  it("has a recorded answer to each hand-made script", () => {
    const ids = new Map(vectors.map((vector) => [vector.id, vector]));
    for (const { name, ...script } of HAND_MADE_SCRIPTS) expect(ids.get(name)).toMatchObject(script);
  });

  it("does after each step what the server did", () => {
    const differing = vectors.filter((vector) => firstDifference(vector, release) !== undefined);
    const unknown = differing.filter((vector) => knownScriptDifference(vector, release) === undefined);
    expect(unknown.map((vector) => firstDifference(vector, release))).toEqual([]);
    expect(vectors.length - differing.length).toBeGreaterThan(200);
  });
});

it.each([
  ["3.4.14", "leader: ACKs out of order, twice and late"],
  ["3.8.4", "follower: UPTODATE without NEWLEADER"],
])("the known difference still exists: %s, %s", (release, name) => {
  const vector = recordedAnswers<ScriptVector>("script", release, 1).find(({ id }) => id === name) as ScriptVector;
  expect(knownScriptDifference(vector, release)).toBeDefined();
  expect(firstDifference(vector, release)).toBeDefined();
});
