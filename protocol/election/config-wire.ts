/**
 * The text of a configuration in a notification (QuorumVerifier#toString, QuorumPeer#configFromString). The host names
 * have no meaning here, and the reader ignores them.
 */
import { DEFAULT_PORTS, type Ports } from "../ports.ts";
import { hierarchical, majority, portsOf, type QuorumVerifier, withPorts } from "../quorum.ts";
import { asServerId, type ServerId } from "../zxid.ts";

/** Returns a configuration as text, one line for each server, group and weight. The last line is the version. */
export function writeConfig(config: QuorumVerifier): string {
  const { groups = [], members, version, voters, weightOf } = config;
  const servers = members.map((sid) => {
    const { client, election, quorum } = portsOf(config, sid);
    const role = config.isVoter(sid) ? "participant" : "observer";
    return `server.${sid}=server${sid}:${quorum}:${election}:${role};0.0.0.0:${client}`;
  });
  const weights = config.groups === undefined ? [] : voters.map((sid) => `weight.${sid}=${weightOf(sid)}`);
  const lines = [...servers, ...groups.map((group, i) => `group.${i}=${group.join(":")}`), ...weights];
  return [...lines, `version=${version.toString(16)}`].join("\n");
}

const LINE = /^(server|group|weight)\.(\d+)=(.+)$/;
const SERVER = /^[^:;|]+:(\d+):(\d+)(?::(participant|observer))?(?:;(?:[^:;]+:)?(\d+))?$/i;

/** Reads a configuration. Returns undefined for a text that is no configuration. */
export function readConfig(text: string): QuorumVerifier | undefined {
  let version = 0;
  const voters: ServerId[] = [];
  const observers: ServerId[] = [];
  const groups: ServerId[][] = [];
  const weights = new Map<ServerId, number>();
  const ports = new Map<ServerId, Ports>();
  for (const line of text.split("\n")) {
    const ofVersion = /^version=([\da-f]+)$/i.exec(line)?.[1];
    const [, kind, id, value = ""] = LINE.exec(line) ?? [];
    const server = SERVER.exec(value);
    if (ofVersion !== undefined) version = Number.parseInt(ofVersion, 16);
    else if (kind === "group" && /^\d+(:\d+)*$/.test(value)) groups.push(value.split(":").map(toServerId));
    else if (kind === "weight" && /^\d+$/.test(value)) weights.set(toServerId(id as string), Number(value));
    else if (kind === "server" && server !== null && server[1] !== server[2]) {
      const sid = toServerId(id as string);
      const client = Number(server[4] ?? DEFAULT_PORTS.client);
      (server[3]?.toLowerCase() === "observer" ? observers : voters).push(sid);
      ports.set(sid, { quorum: Number(server[1]), election: Number(server[2]), client });
    } else return undefined;
  }
  const isHierarchical = groups.length > 0 || weights.size > 0;
  if (isHierarchical && voters.some((sid) => !groups.flat().includes(sid))) return undefined;
  const config = isHierarchical
    ? hierarchical(groups, weights, observers, version)
    : majority(voters, observers, version);
  return withPorts(config, ports);
}

function toServerId(text: string): ServerId {
  return asServerId(Number(text));
}
