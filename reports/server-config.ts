/**
 * Describes the configuration of a server in words: its release, its role, the voters that it knows, the settings that
 * determine its timeouts, and the settings that differ from ZooKeeper's defaults.
 */
import type { ServerConfig } from "../cluster/records.ts";
import type { Settings } from "../protocol/settings.ts";

/** The settings that are part of every description, even if they have their default values. */
const ALWAYS_NAMED: ReadonlySet<string> = new Set<keyof Settings>(["tickTimeMs", "initLimit", "syncLimit"]);

/** Returns a text such as `ZooKeeper 3.9.4 as a voter in the ensemble 1, 2, 3: initLimit 10 (20 s), …`. */
export function describeConfig(server: ServerConfig): string {
  const { changed, myid, release, role, settings, view } = server;
  const { initLimit, syncLimit, tickTimeMs } = settings;
  const limits = [
    limitText("initLimit", initLimit, tickTimeMs),
    limitText("syncLimit", syncLimit, tickTimeMs),
    `tickTime ${tickTimeMs} ms`,
  ];
  const others = Object.entries(changed)
    .filter(([name]) => !ALWAYS_NAMED.has(name))
    .map(([name, value]) => `${name} ${value}`);
  const idText = myid === undefined ? "" : ` with myid ${myid}`;
  const roleText = `${role === "observer" ? "an observer" : "a voter"}${idText}`;
  const ensemble = `in the ensemble ${view.join(", ")}`;
  const files = filesText(server);
  return `${releaseText(release)} as ${roleText} ${ensemble}${files}: ${[...limits, ...others].join(", ")}`;
}

/** Returns the configurations in files of their own, as in ` (voters 1,2; version 1:0; pending: voters 1,2,3; …)`. */
function filesText({ dynamicFile, nextFile }: ServerConfig): string {
  const pending = nextFile && `pending: ${nextFile.config}`;
  const files = [dynamicFile?.config, pending].filter((text) => text !== undefined);
  return files.length === 0 ? "" : ` (${files.join("; ")})`;
}

function releaseText(release: string): string {
  return /^\d/.test(release) ? `ZooKeeper ${release}` : `the ${release} release of ZooKeeper`;
}

function limitText(name: string, ticks: number, tickTimeMs: number): string {
  return `${name} ${ticks} (${(ticks * tickTimeMs) / 1000} s)`;
}
