/** The scenario of the run as YAML, with the committed transactions of its start. */
import { writeScenario } from "../../scenarios/write-scenario.ts";
import type { PageModel } from "./model.ts";

export function ScenarioPanel({ model }: { readonly model: PageModel }) {
  const { scenario } = model.run.value.recording;
  return (
    <div class="scenario">
      <p>
        {scenario.committed === undefined
          ? "Before the run, no transaction is committed."
          : `Before the run, every transaction up to ${scenario.committed} is committed.`}
      </p>
      <pre>{writeScenario(scenario)}</pre>
    </div>
  );
}
