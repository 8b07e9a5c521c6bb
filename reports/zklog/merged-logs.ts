/** The logs of all servers in one text, with the name of the server before each line, as docker compose prints logs. */
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import type { EventFilter } from "../export/selection.ts";
import { zookeeperLines } from "./zookeeper-logs.ts";

/** Returns the lines of the selected servers, in the order in which the servers write them. */
export function* mergedLogs(run: ScenarioRun, { servers }: Pick<EventFilter, "servers">): Iterable<string> {
  for (const { line, server } of zookeeperLines(run)) {
    if (servers?.some((one) => one === server) ?? true) yield `server-${server}  | ${line}\n`;
  }
}
