/** Starts the page: reads its data, records the run in slices, and shows what is there. */
import { effect } from "@preact/signals";
import { render } from "preact";
import { loadScenario, type Problem, ScenarioError } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";
import schema from "../../schema/scenario.schema.json" with { type: "json" };
import { Recording } from "../session/recording.ts";
import { App } from "./app.tsx";
import { readFragment, writeFragment } from "./fragment.ts";
import { onKey } from "./keyboard.ts";
import { LogModel } from "./log-model.ts";
import { PageModel } from "./model.ts";
import { unpack } from "./packed.ts";
import type { LogPageData, PageData, PlaygroundData, RunData } from "./page-data.ts";
import { type Panel, SIMULATOR_PANELS } from "./panel.ts";

/** The number of events between two breaks in which the browser can paint. */
const SLICE = 4000;

/** The time without a move after which the address names the current event. */
const ADDRESS_DELAY_MS = 150;

const root = document.getElementById("app") as HTMLElement;
const model = new PageModel();
/** The fragment of the address with which the page was opened. The page changes the address later. */
const openedAt = location.hash;

function recordingOf(data: PageData, { seed, set }: RunData): Recording {
  return new Recording(loadScenario(data.scenario, data.file, { set }), { seed: BigInt(seed) });
}

/** Records a run to its end, or to an event. */
async function record(recording: Recording, until = Number.POSITIVE_INFINITY): Promise<void> {
  while (recording.length < until && recording.advance(SLICE)) {
    if (model.runs.value.length === 0)
      root.textContent = `The simulator runs the scenario: ${recording.length} events …`;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Shows the moment and the view that the address names. */
function followAddress(): void {
  const { at, axis, groups, hiddenServers, panel, type } = readFragment(location.hash);
  if (axis !== undefined) model.axis.value = axis;
  if (type !== undefined) model.messageType.value = type;
  if (groups !== undefined) model.groups.value = new Set(groups);
  if (hiddenServers !== undefined) model.hiddenServers.value = new Set(hiddenServers);
  if (panel !== undefined && hasPanel(panel)) model.panel.value = panel as Panel;
  if (at !== undefined && at !== model.at.value) model.goTo(at);
}

/** Shows the first violation with its explanation, unless the address names a moment or the user has moved. */
function explainFirstViolation(): void {
  const { at, panel } = readFragment(openedAt);
  if (at !== undefined || model.at.value > 0 || model.run.value.timeline.violations.length === 0) return;
  model.explainNextViolation();
  if (panel !== undefined && hasPanel(panel)) model.panel.value = panel as Panel;
}

/** Returns whether the page has a panel. The address can come from another page. */
function hasPanel(panel: string): boolean {
  return !(model.run.value instanceof LogModel && SIMULATOR_PANELS.has(panel));
}

function renderApp(): void {
  root.textContent = "";
  render(<App model={model} />, root);
  performance.mark("zabsim-shown");
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const fragment = model.runs.value.length > 0 ? `#${writeFragment(model.place.value)}` : "";
    clearTimeout(timer);
    // Browsers limit how often a page changes its address.
    timer = setTimeout(() => history.replaceState(null, "", fragment), ADDRESS_DELAY_MS);
  });
  addEventListener("hashchange", followAddress);
  addEventListener("keydown", (event) => onKey(model, event));
}

async function start(data: PageData): Promise<void> {
  const [first, second] = data.runs;
  const recording = recordingOf(data, first);
  // The page shows the first part of a long run before the rest is recorded.
  await record(recording, Math.max(SLICE, readFragment(location.hash).at ?? 0));
  model.showFirst(first.label, recording);
  if (location.hash === "") model.tour.value = 0;
  followAddress();
  explainFirstViolation();
  renderApp();
  if (!recording.ended) {
    await record(recording);
    model.showFirst(first.label, recording);
    explainFirstViolation();
  }
  if (second !== undefined) {
    const other = recordingOf(data, second);
    await record(other);
    model.addRun(second.label, other);
  }
  performance.mark("zabsim-recorded");
}

function showLogs(data: LogPageData): void {
  model.showLogs(new LogModel(data));
  if (location.hash === "") model.tour.value = 0;
  followAddress();
  explainFirstViolation();
  renderApp();
  performance.mark("zabsim-recorded");
}

/** What the page offers to the script of the playground. */
export interface PlaygroundApi {
  readonly schema: object;
  /** Runs a scenario and shows the run. Returns the problems of the text; if there are any, the old run stays. */
  show(text: string, file: string): readonly Problem[];
}

/** The limit of events of a run in the playground, because each change runs the scenario again. */
const PLAYGROUND_EVENTS_MAX = 60_000;

function show(text: string, file: string): readonly Problem[] {
  try {
    const scenario = loadScenario(text, file);
    const seed = BigInt(scenario.seed ?? 1);
    const recording = new Recording(scenario, { seed, maxEvents: PLAYGROUND_EVENTS_MAX }).finish();
    model.removeOtherRuns();
    model.showFirst(`seed ${seed}`, recording);
    model.goTo(Math.min(model.at.value, recording.length));
    return [];
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
}

function fail(error: unknown): void {
  root.textContent = error instanceof ScenarioError ? error.message : String((error as Error).stack ?? error);
  root.className = "failure";
  if (!(error instanceof ScenarioError)) throw error;
}

/** Shows a page whose runs come from the editor. */
function startPlayground(): void {
  document.body.classList.add("playground");
  renderApp();
}

async function main(): Promise<void> {
  const data = JSON.parse(await unpack(document.getElementById("data"))) as PageData | LogPageData | PlaygroundData;
  if ("playground" in data) startPlayground();
  else if ("answer" in data) showLogs(data);
  else await start(data);
}

const api: PlaygroundApi = { schema, show };
// `zabsim` is for tests, and for readers at the console.
Object.assign(globalThis, { zabsimPlayground: api, zabsim: { model, Recording, loadScenario, runScenario } });
main().catch(fail);
