/** Pages of logs for tests: of the recordings of real ensembles, and of the exported logs of simulated runs. */
import type { EventRange } from "../../explain/events/ensemble-events.ts";
import { zookeeperLogs } from "../../reports/zklog/zookeeper-logs.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { LogPageData } from "../../view/page/page-data.ts";
import { logOf, SERVERS } from "../explain/recording.ts";
import { logPage } from "./log-page-data.ts";

/** Returns the data of a page of a recording. `change` can change the text of each log first. */
export function recordedPage(name: string, range?: EventRange, change = (text: string): string => text): LogPageData {
  return logPage(name, new Map(SERVERS.map((server) => [server, change(logOf(name, server))])), range);
}

/** Returns the data of a page of the exported logs of a run. */
export function exportedPage(run: ScenarioRun): LogPageData {
  const logs = zookeeperLogs(run).map(({ lines, server }) => [server, `${lines.join("\n")}\n`] as const);
  return logPage("exported", new Map(logs));
}
