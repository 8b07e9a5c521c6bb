/** What the second run is, where it first differs from the first one, and what can be done with it. */
import { useMemo } from "preact/hooks";
import { countOf, formatMoment } from "../../reports/format.ts";
import { COMPARED_EVENTS, firstConsequence } from "../session/consequence.ts";
import { counterpartOf, differenceAt } from "./counterpart.ts";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

export function SecondRun({ model }: { readonly model: PageModel }) {
  const [first, second] = model.runs.value as readonly [RunModel, RunModel];
  const isSecond = model.current.value === 1;
  const { differsAt } = second;
  return (
    <div class="second-run">
      <button type="button" onClick={() => model.select(isSecond ? 0 : 1, counterpartOf(model))}>
        go to the same moment of {isSecond ? first.label : second.label}
      </button>
      {differsAt !== undefined && (
        <button type="button" onClick={() => model.select(1, differsAt)}>
          first difference: event {differsAt}
        </button>
      )}
      {differsAt !== undefined && (
        <ul class="difference">
          {differenceAt(first.recording, second.recording, differsAt, [first.label, second.label]).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {differsAt === undefined && <span>Both runs are equal.</span>}
      {differsAt !== undefined && second.session.parent !== undefined && (
        <Consequences model={model} differsAt={differsAt} />
      )}
      {second.session.parent !== undefined && (
        <button
          type="button"
          onClick={() => {
            const name = branchFileName(second);
            download(name, second.session.save());
            model.notice.value = `The browser saves ${name}. Reproduce the branch with: npx zabsim run ${name}`;
          }}
        >
          save the branch as a scenario
        </button>
      )}
      <button type="button" onClick={() => model.removeSecondRun()}>
        close {second.label}
      </button>
      {model.otherRuns.value.length > 0 && (
        <span class="other-runs">
          also:{" "}
          {model.otherRuns.value.map((run) => (
            <button
              key={run.label}
              type="button"
              onClick={() => {
                model.showSecond(run);
                model.select(1, model.at.value);
              }}
            >
              show {run.label}
            </button>
          ))}
        </span>
      )}
    </div>
  );
}

/** What differs first after the changed step, with a link to the event in each run. */
function Consequences({ differsAt, model }: { readonly differsAt: number; readonly model: PageModel }) {
  const [first, second] = model.runs.value as readonly [RunModel, RunModel];
  const consequence = useMemo(
    () => firstConsequence(first.recording, second.recording, differsAt),
    [first, second, differsAt],
  );
  if (consequence === undefined) {
    return <p class="difference">No other difference follows within {countOf(COMPARED_EVENTS, "event")}.</p>;
  }
  return (
    <ul class="difference" aria-label="First consequence of the change">
      {consequence.map((happening, index) => (
        <li key={index}>
          {happening === undefined ? (
            `${(index === 0 ? first : second).label}: nothing more happens`
          ) : (
            <button type="button" class="link" onClick={() => model.select(index, happening.event)}>
              first consequence, {(index === 0 ? first : second).label}: {happening.text}{" "}
              <small>
                event {happening.event},{" "}
                {formatMoment((index === 0 ? first : second).recording.event(happening.event).timeUs)} s
              </small>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Returns a file name that differs for each branch, such as `chaos-79-crash-2-after-event-88.yaml`. */
export function branchFileName({ label, recording }: RunModel): string {
  const words = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return `${recording.scenario.name}-${words}.yaml`;
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/yaml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
