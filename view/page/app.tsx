/** The page: header, diagrams, state of the servers, and the panels. */
import { DecisionsPanel } from "./decisions-panel.tsx";
import { DiagramView } from "./diagram-view.tsx";
import { EventPanel } from "./event-panel.tsx";
import { FindingsPanel } from "./findings-panel.tsx";
import { LogHeader, RunHeader } from "./header.tsx";
import { HelpPanel } from "./help-panel.tsx";
import { LogModel } from "./log-model.ts";
import type { PageModel } from "./model.ts";
import { MomentPanel } from "./moment-panel.tsx";
import { OddsPanel } from "./odds-panel.tsx";
import { type Panel, SIMULATOR_PANELS } from "./panel.ts";
import { RunModel } from "./run-model.ts";
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
  const run = model.run.value;
  if (run instanceof LogModel) return <LogHeader model={model} logs={run} />;
  return run instanceof RunModel ? <RunHeader model={model} run={run} /> : null;
}

function Panels({ model }: { readonly model: PageModel }) {
  const run = model.run.value;
  const panel = model.panel.value;
  const simulated = run instanceof RunModel ? run : undefined;
  return (
    <>
      <div class="tabs" role="tablist" aria-label="Panels">
        {PANELS.filter(([name]) => simulated !== undefined || !SIMULATOR_PANELS.has(name)).map(([name, title]) => (
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
        {panel === "why" && simulated && <WhyPanel model={model} run={simulated} />}
        {panel === "why" && run instanceof LogModel && <FindingsPanel model={model} logs={run} />}
        {panel === "decisions" && <DecisionsPanel model={model} />}
        {panel === "whatif" && simulated && <WhatIfPanel model={model} run={simulated} />}
        {panel === "odds" && simulated && <OddsPanel model={model} run={simulated} />}
        {panel === "scenario" && simulated && <ScenarioPanel run={simulated} />}
        {panel === "help" && <HelpPanel model={model} />}
      </div>
    </>
  );
}
