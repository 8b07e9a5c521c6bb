/** The configuration of a live server, from its zoo.cfg and its file myid. */
import { verifierOfConfig } from "../cluster/verifier.ts";
import { readConfigFile } from "../doctor/read-config.ts";
import { DEFAULT_PORTS, DEFAULT_SETTINGS, type Ports, type ServerId } from "../protocol/index.ts";
import { type ReadFile, readEnsemble } from "../roll/read-ensemble.ts";
import type { LiveConfig } from "./live-server.ts";
import { Members } from "./members.ts";

/** A zoo.cfg without the id of the server, which is in another file. */
export type ZooCfg = Omit<LiveConfig, "myid" | "release" | "dataDir" | "dataLogDir"> & {
  readonly dataDir: string | undefined;
  readonly dataLogDir: string | undefined;
};

/** Reads the text of a zoo.cfg. Throws a ScenarioError if its lists of servers are wrong. */
export function readZooCfgOfServer(text: string, file: string, readFile: ReadFile): ZooCfg {
  const { config, dataDir, dataLogDir, settings } = readConfigFile(text, file, readFile);
  const { lines } = readEnsemble(text, file, readFile);
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
