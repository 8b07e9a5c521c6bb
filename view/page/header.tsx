/** The header: the verdict, and what the page shows. */
import { clockText } from "../../reports/explanation-texts.ts";
import { countOf, formatMoment } from "../../reports/format.ts";
import { openEnds } from "../session/open-ends.ts";
import type { LogModel } from "./log-model.ts";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

export function RunHeader({ model, run }: { readonly model: PageModel; readonly run: RunModel }) {
  const { recording } = run;
  const { digest, endUs, scenario, violations } = recording.run;
  const open = openEnds(recording);
  return (
    <header>
      <h1>{scenario.name}</h1>
      {violations.length > 0 ? (
        <NextButton model={model} text={countOf(violations.length, "violation")} what="violation" />
      ) : (
        <span class="verdict good">every invariant holds</span>
      )}
      {open !== undefined && <span class="open-ends">{open}</span>}
      <span>ZooKeeper {scenario.zookeeper}</span>
      <span>seed {String(recording.options.seed)}</span>
      <span>
        {countOf(recording.length, "event")}, {formatMoment(endUs)} s{recording.ended ? "" : ", more to come …"}
      </span>
      <span class="digest">
        digest <code>{digest}</code>
      </span>
      {scenario.about !== "" && (
        <details>
          <summary>about</summary>
          <p>{scenario.about}</p>
        </details>
      )}
    </header>
  );
}

export function LogHeader({ logs, model }: { readonly model: PageModel; readonly logs: LogModel }) {
  const { data, findings, problems, timeline } = logs;
  const { answer, events, title } = data;
  const { after, before } = events.leftOut;
  const releases = [...new Set(answer.servers.flatMap((server) => server.releases))];
  const notes = findings.length - problems.length;
  const end = timeline.event(timeline.length).timeUs;
  return (
    <header>
      <h1>{title}</h1>
      {problems.length > 0 ? (
        <NextButton model={model} text={countOf(problems.length, "problem")} what="problem" />
      ) : (
        <span class="verdict good">no problem found</span>
      )}
      {notes > 0 && <span>{countOf(notes, "note")}</span>}
      <span>ZooKeeper {releases.length === 0 ? "release not logged" : releases.join(", ")}</span>
      <span>
        {countOf(timeline.length, "event")}, {timeline.dateText(0)} to {timeline.timeText(end)}
      </span>
      {before > 0 && <span class="open-ends">{countOf(before, "older event")} left out</span>}
      {after > 0 && <span class="open-ends">{countOf(after, "later event")} left out</span>}
      <details>
        <summary>logs of real servers</summary>
        {answer.servers.map(({ clock, files, releases: own, server }) => (
          <p key={server}>
            server {server}: {files.join(", ")}; {own.join(", then ") || "release not logged"}
            {clockText(clock, server)}
          </p>
        ))}
        <p>
          All times are by the clock of server {answer.servers[0]?.server}. The page has one event for each line that
          zabsim knows, or for a group of such lines. It contains nothing of the content of transactions.
        </p>
      </details>
    </header>
  );
}

function NextButton({
  model,
  text,
  what,
}: {
  readonly model: PageModel;
  readonly text: string;
  readonly what: string;
}) {
  return (
    <button
      type="button"
      class="verdict bad link"
      title={`Go to the next ${what}`}
      onClick={() => model.explainNextViolation()}
    >
      {text}
    </button>
  );
}
