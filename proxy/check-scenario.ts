/**
 * Refuses what a proxy between real servers cannot do: steps about processes, disks, threads and clients, moments that
 * no message shows, and expectations about what only a server knows.
 */
import { verbOf } from "../scenarios/actions.ts";
import { loadScenario } from "../scenarios/load.ts";
import { formatPath, type Path } from "../scenarios/loading/field-path.ts";
import { YamlSource } from "../scenarios/loading/yaml-source.ts";
import { NETWORK_PERFORMERS, type NetworkVerb } from "../scenarios/network-actions.ts";
import type { Expectation, Scenario, Step } from "../scenarios/scenario.ts";
import { type Problem, ScenarioError } from "../scenarios/scenario-error.ts";
import { SEEN_EVENTS } from "./handshakes.ts";
import type { ProxiedServers } from "./proxy-config.ts";

/** A scenario for real servers. */
export interface ProxyScenario {
  readonly scenario: Scenario;
  /** The fields of the file that describe simulated servers, such as `settings`. The proxy does not use them. */
  readonly unused: readonly string[];
}

const VERBS = Object.keys(NETWORK_PERFORMERS) as NetworkVerb[];
/** The expectations that messages can show. */
const SEEN_EXPECTATIONS: readonly (keyof Expectation)[] = ["decisions", "leader", "epoch", "active"];
/** The fields that describe simulated servers. */
const OF_SERVERS = ["zookeeper", "behaviors", "quorum", "settings", "disk", "threads", "committed", "seed"];

/** A problem of a field, without its place in the file. */
interface Refusal {
  readonly path: Path;
  readonly value: unknown;
  readonly message: string;
  readonly accepted: string;
}

/** Loads a scenario for these servers. Throws a ScenarioError that names the line of each problem. */
export function loadProxyScenario(text: string, file: string, servers: ProxiedServers): ProxyScenario {
  const scenario = loadScenario(text, file);
  const source = new YamlSource(text, file);
  const data = source.data as Readonly<Record<string, unknown>>;
  const refusals = [
    ...ofServers(scenario, servers),
    ...scenario.steps.flatMap(ofStep),
    ...ofExpectation(data.expect ?? {}),
    ...(data.network === undefined
      ? []
      : [refusal(["network"], undefined, "describes a simulated network", "the action link in a step")]),
  ];
  if (refusals.length > 0) throw new ScenarioError(refusals.map((one) => located(one, source)));
  return { scenario, unused: unusedFields(data) };
}

function located({ path, ...rest }: Refusal, source: YamlSource): Problem {
  return { file: source.file, ...source.locate(path), field: formatPath(path), ...rest };
}

function refusal(path: Path, value: unknown, message: string, accepted: string): Refusal {
  return { path, value, message, accepted };
}

function ofServers({ servers }: Scenario, known: ProxiedServers): Refusal[] {
  const ids = Object.keys(servers).map(Number);
  const all = [...known.keys()].sort((a, b) => a - b).join(", ");
  const accepted = `the servers of the configuration: ${all}`;
  const strange = ids.filter((id) => !known.has(id));
  const missing = [...known.keys()].filter((id) => !ids.includes(id));
  return [
    ...strange.map((id) => refusal(["servers", String(id)], id, "is not in the configuration of the proxy", accepted)),
    ...(missing.length === 0 ? [] : [refusal(["servers"], undefined, `lacks server ${missing.join(", ")}`, accepted)]),
  ];
}

function ofStep(step: Step, index: number): Refusal[] {
  const path = ["steps", index];
  const verb = verbOf(step);
  const refusals: Refusal[] = [];
  if (!(VERBS as string[]).includes(verb)) {
    const message = "changes a server or a message, and the proxy changes only the network";
    refusals.push(refusal([...path, verb], undefined, message, VERBS.join(", ")));
  }
  if (step.afterEvent !== undefined) {
    const message = "counts events of the simulator";
    refusals.push(refusal([...path, "afterEvent"], step.afterEvent, message, "at, after, when or from"));
  }
  const event = step.when?.event;
  if (event !== undefined && !Object.hasOwn(SEEN_EVENTS, event)) {
    const accepted = `${Object.keys(SEEN_EVENTS).join(", ")}, or a message`;
    refusals.push(refusal([...path, "when"], event, "is an event that no message shows", accepted));
  }
  return refusals;
}

function ofExpectation(expect: object): Refusal[] {
  const given = Object.keys(expect) as (keyof Expectation)[];
  return given
    .filter((field) => !SEEN_EXPECTATIONS.includes(field))
    .map((field) => {
      return refusal(["expect", field], undefined, "cannot be seen in messages", SEEN_EXPECTATIONS.join(", "));
    });
}

function unusedFields(data: Readonly<Record<string, unknown>>): string[] {
  const servers = typeof data.servers === "object" && data.servers !== null ? data.servers : {};
  const ofOne = Object.entries(servers).flatMap(([id, spec]) => {
    const fields = Object.keys((spec as object | null) ?? {}).filter((field) => field !== "role");
    return fields.map((field) => `servers.${id}.${field}`);
  });
  return [...ofOne, ...OF_SERVERS.filter((field) => data[field] !== undefined)];
}
