/** The page: header, diagrams, state of the servers, and the panels. */
import { countOf, formatMoment } from "../../reports/format.ts";
import { openEnds } from "../session/open-ends.ts";
import { DecisionsPanel } from "./decisions-panel.tsx";
import { DiagramView } from "./diagram-view.tsx";
import { EventPanel } from "./event-panel.tsx";
import { HelpPanel } from "./help-panel.tsx";
import type { PageModel, Panel } from "./model.ts";
import { MomentPanel } from "./moment-panel.tsx";
import { OddsPanel } from "./odds-panel.tsx";
import { ScenarioPanel } from "./scenario-panel.tsx";
import { SecondRun } from "./second-run.tsx";
import { ScrubBar, Toolbar } from "./toolbar.tsx";
import { Tour } from "./tour.tsx";
import { WhatIfPanel } from "./what-if-panel.tsx";
import { WhyPanel } from "./why-panel.tsx";

const PANELS: readonly (readonly [Panel, string])[] = [
  ["event", "Event"],
  ["why", "Why"],
  ["decisions", "Decisions"],
  ["whatif", "What if"],
  ["odds", "Odds"],
  ["scenario", "Scenario"],
  ["help", "Help"],
];

export function App({ model }: { readonly model: PageModel }) {
  const runs = model.runs.value;
  if (runs.length === 0) return <p class="loading">The simulator runs the scenario …</p>;
  return (
    <div class="page">
      <Header model={model} />
      <main>
        <div class="left">
          <Toolbar model={model} />
          {runs.map((run, index) => (
            <DiagramView key={run.label} model={model} index={index} />
          ))}
          <ScrubBar model={model} />
          {runs.length > 1 && <SecondRun model={model} />}
          <MomentPanel model={model} />
        </div>
        <div class="right">
          <Tour model={model} />
          <Panels model={model} />
        </div>
      </main>
      <p class="notice" role="status">
        {model.notice.value}
      </p>
    </div>
  );
}

function Header({ model }: { readonly model: PageModel }) {
  const { recording } = model.run.value;
  const { digest, endUs, scenario, violations } = recording.run;
  const open = openEnds(recording);
  return (
    <header>
      <h1>{scenario.name}</h1>
      {violations.length > 0 ? (
        <button
          type="button"
          class="verdict bad link"
          title="Go to the next violation"
          onClick={() => model.explainNextViolation()}
        >
          {countOf(violations.length, "violation")}
        </button>
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

function Panels({ model }: { readonly model: PageModel }) {
  const panel = model.panel.value;
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Panels">
        {PANELS.map(([name, title]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={panel === name}
            aria-controls="panel"
            onClick={() => {
              model.panel.value = name;
            }}
          >
            {title}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long panel must scroll by the keyboard */}
      <div id="panel" class="panel" role="tabpanel" aria-labelledby={`tab-${panel}`} tabIndex={0}>
        {panel === "event" && <EventPanel model={model} />}
        {panel === "why" && <WhyPanel model={model} />}
        {panel === "decisions" && <DecisionsPanel model={model} />}
        {panel === "whatif" && <WhatIfPanel model={model} />}
        {panel === "odds" && <OddsPanel model={model} />}
        {panel === "scenario" && <ScenarioPanel model={model} />}
        {panel === "help" && <HelpPanel model={model} />}
      </div>
    </>
  );
}
