/** The scenario of the run as YAML, with the committed transactions of its start. A branch expects what it does. */
import { writeScenario } from "../../scenarios/write-scenario.ts";
import type { RunModel } from "./run-model.ts";

export function ScenarioPanel({ run }: { readonly run: RunModel }) {
  const { recording, session } = run;
  const { scenario } = recording;
  return (
    <div class="scenario">
      <p>
        {scenario.committed === undefined
          ? "Before the run, no transaction is committed."
          : `Before the run, every transaction up to ${scenario.committed} is committed.`}
      </p>
      <pre>{session.parent === undefined ? writeScenario(scenario) : session.save()}</pre>
    </div>
  );
}
