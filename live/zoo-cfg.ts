/** The configuration of a live server, from its zoo.cfg and its file myid. */
import { verifierOfConfig } from "../cluster/verifier.ts";
import { readConfigFile } from "../doctor/read-config.ts";
import {
  DEFAULT_PORTS,
  DEFAULT_SETTINGS,
  type Ports,
  type QuorumVerifier,
  type ServerId,
  type Settings,
} from "../protocol/index.ts";
import type { ReadFile } from "../roll/read-ensemble.ts";
import { Members } from "./members.ts";

/** What a zoo.cfg says about a server. The id of the server is in another file. */
export interface ZooCfg {
  readonly verifier: QuorumVerifier;
  readonly settings: Settings;
  readonly members: Members;
  readonly dataDir: string | undefined;
  readonly dataLogDir: string | undefined;
}

/** What a live server needs to know before it starts. */
export interface LiveConfig extends ZooCfg {
  readonly release: string;
  readonly myid: ServerId;
  readonly dataDir: string;
  readonly dataLogDir: string;
}

/** Reads the text of a zoo.cfg. Throws a ScenarioError if a list of servers or a limit is wrong. */
export function readZooCfgOfServer(text: string, file: string, readFile: ReadFile): ZooCfg {
  const { config, dataDir, dataLogDir, lines, settings } = readConfigFile(text, file, readFile);
  const members = new Members();
  const ports: Record<ServerId, Ports> = {};
  for (const [sid, { value }] of lines) {
    members.learn(`server.${sid}=${value}`);
    const [, quorum, election] = /:(\d+):(\d+)(?::\w+)?(?:;|$)/.exec(value) ?? [];
    const client = /(\d+)$/.exec(value.split(";")[1] ?? "")?.[1];
    ports[sid] = {
      quorum: Number(quorum),
      election: Number(election),
      client: client === undefined ? DEFAULT_PORTS.client : Number(client),
    };
  }
  return {
    verifier: verifierOfConfig({ ...config, ports }),
    settings: { ...DEFAULT_SETTINGS, ...settings },
    members,
    dataDir,
    dataLogDir,
  };
}
