/** The findings in the logs: the cause of each one, the lines that show it, and what helps. */
import { bugText } from "../../reports/explanation-texts.ts";
import type { LogModel, ShownFinding } from "./log-model.ts";
import type { PageModel } from "./model.ts";

export function FindingsPanel({ logs, model }: { readonly model: PageModel; readonly logs: LogModel }) {
  if (logs.findings.length === 0) return <p>zabsim found nothing to explain in these logs.</p>;
  return (
    <div class="why">
      {logs.findings.map((finding, index) => (
        <FindingView key={index} model={model} shown={finding} />
      ))}
    </div>
  );
}

function FindingView({ model, shown }: { readonly model: PageModel; readonly shown: ShownFinding }) {
  const { event, finding, lines, title } = shown;
  const { advice, bug, cause, severity } = finding;
  const color = severity === "loss" || severity === "violation" ? " violation" : "";
  return (
    <section>
      <h3>
        {event === undefined ? (
          <span class={color}>{title}</span>
        ) : (
          <button type="button" class={`link${color}`} onClick={() => model.goTo(event)}>
            {title}
          </button>
        )}
      </h3>
      <p>{cause}</p>
      {bug !== null && (
        <p>
          <b>known bug:</b> {bugText(bug)}
        </p>
      )}
      {advice.map((text) => (
        <p key={text}>→ {text}</p>
      ))}
      <ol>
        {lines.map(({ event: at, line: { file, line, text } }, index) => (
          <li key={index} class={at !== undefined && at === model.at.value ? "current" : ""}>
            {at === undefined ? (
              <span>
                <small>
                  {file}:{line}
                </small>{" "}
                {text}
              </span>
            ) : (
              <button type="button" class="link" onClick={() => model.goTo(at)}>
                <small>
                  {file}:{line}
                </small>{" "}
                {text}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
