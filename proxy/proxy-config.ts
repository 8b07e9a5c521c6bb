/** The configuration of `zabsim proxy`: the addresses of real servers, and those at which other servers find them. */
import { checkSchema, type Schema } from "../scenarios/loading/check-schema.ts";
import { type FieldProblem, formatPath, type Path } from "../scenarios/loading/field-path.ts";
import { YamlSource } from "../scenarios/loading/yaml-source.ts";
import { ScenarioError } from "../scenarios/scenario-error.ts";

/** A host and the two ports of a server. */
export interface PairOfPorts {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly quorum: number;
  readonly election: number;
}

/** One server. */
export interface ProxiedServer {
  /** Where the server listens: its line in its own zoo.cfg. */
  readonly address: PairOfPorts;
  /** Where the proxy listens in place of the server: the line of this server in the zoo.cfg of all other servers. */
  readonly proxy: PairOfPorts;
}

/** The servers by id. */
export type ProxiedServers = ReadonlyMap<number, ProxiedServer>;

const ADDRESS = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5}):(\d{1,5})$/;
const ACCEPTED_ADDRESS = "HOST:QUORUM_PORT:ELECTION_PORT, as in a line server.N, e.g. 127.0.0.1:2888:3888";
const PORT_MAX = 65_535;
const SERVERS_MAX = 255;
const ADDRESS_SCHEMA: Schema = { type: "string", title: ACCEPTED_ADDRESS };
const SCHEMA: Schema = {
  type: "object",
  title: "servers",
  additionalProperties: false,
  required: ["servers"],
  properties: {
    servers: {
      type: "object",
      title: "at least two servers by id",
      minProperties: 2,
      maxProperties: SERVERS_MAX,
      propertyNames: { pattern: "^(0|[1-9]\\d{0,8})$", title: "the id of a server, e.g. 1" },
      additionalProperties: {
        type: "object",
        title: "address and proxy",
        additionalProperties: false,
        required: ["address", "proxy"],
        properties: { address: ADDRESS_SCHEMA, proxy: ADDRESS_SCHEMA },
      },
    },
  },
};

/** Reads the text of a configuration file. Throws a ScenarioError that names the line of each problem. */
export function readProxyConfig(text: string, file: string): ProxiedServers {
  const source = new YamlSource(text, file);
  const problems = checkSchema(source.data ?? {}, SCHEMA);
  fail(source, problems);
  const { servers } = source.data as { servers: Record<string, Record<keyof ProxiedServer, string>> };
  const seen = new Map<string, string>();
  const found = Object.entries(servers).map(([id, { address, proxy }]) => {
    const read = (field: keyof ProxiedServer, value: string): PairOfPorts => {
      const pair = pairOf(value);
      const path = ["servers", id, field];
      if (pair === undefined)
        problems.push(problemOf(path, value, "is not an address with two ports", ACCEPTED_ADDRESS));
      for (const port of pair === undefined ? [] : [pair.quorum, pair.election]) {
        const key = `${pair?.host}:${port}`;
        const other = seen.get(key);
        if (other !== undefined) problems.push(problemOf(path, value, `${key} is also in ${other}`, "each port once"));
        seen.set(key, formatPath(path));
      }
      return pair ?? { host: "", quorum: 0, election: 0 };
    };
    return [Number(id), { address: read("address", address), proxy: read("proxy", proxy) }] as const;
  });
  fail(source, problems);
  return new Map(found);
}

function problemOf(path: Path, value: unknown, message: string, accepted: string): FieldProblem {
  return { path, value, message, accepted };
}

function fail(source: YamlSource, problems: readonly FieldProblem[]): void {
  if (problems.length === 0) return;
  const located = problems.map(({ aboutKey, path, ...rest }) => {
    return { file: source.file, ...source.locate(path, aboutKey), field: formatPath(path), ...rest };
  });
  throw new ScenarioError(located);
}

function pairOf(text: string): PairOfPorts | undefined {
  const [, host = "", quorum, election] = ADDRESS.exec(text) ?? [];
  const ports = [Number(quorum), Number(election)];
  if (!ports.every((port) => port > 0 && port <= PORT_MAX)) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), quorum: Number(quorum), election: Number(election) };
}

/** Returns an address as in a line server.N. */
export function pairText({ election, host, quorum }: PairOfPorts): string {
  return `${host.includes(":") ? `[${host}]` : host}:${quorum}:${election}`;
}
