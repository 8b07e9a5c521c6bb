/** What the second run is, where it first differs from the first one, and what can be done with it. */
import { counterpartOf, differenceAt } from "./counterpart.ts";
import type { PageModel, RunModel } from "./model.ts";

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
      {second.session.parent !== undefined && (
        <button
          type="button"
          onClick={() => download(`${second.recording.scenario.name}-branch.yaml`, second.session.save())}
        >
          save the branch as a scenario
        </button>
      )}
      <button type="button" onClick={() => model.removeSecondRun()}>
        close {second.label}
      </button>
    </div>
  );
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/yaml" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
