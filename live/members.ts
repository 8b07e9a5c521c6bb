/**
 * The servers of an ensemble and their addresses. The core knows only ids, roles and ports; this keeps the host of each
 * server, and translates configurations between values of the core and the text that servers send to each other.
 */

import { decodeText, encodeText } from "../jute/index.ts";
import { readConfig } from "../protocol/election/config-wire.ts";
import { observersOf, portsOf, type QuorumVerifier, type ServerId } from "../protocol/index.ts";

/** The hosts of a server. */
export interface Hosts {
  /** The host of the quorum port and of the election port. */
  readonly host: string;
  /** The text after the semicolon of the line server.N; undefined without a client port there. */
  readonly client: string | undefined;
}

const LINE = /^server\.(\d+)=(\[[^\]]+\]|[^:;|]+):\d+:\d+(?::\w+)?(?:;(.+))?$/;

/** The hosts of all servers that a configuration has named. */
export class Members {
  private readonly hosts = new Map<ServerId, Hosts>();

  /** Remembers the hosts in lines such as `server.1=HOST:2888:3888:participant;HOST:2181`. */
  learn(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      const [, id, host = "", client] = LINE.exec(line.replace(/\s/g, "")) ?? [];
      if (id !== undefined) this.hosts.set(Number(id) as ServerId, { host: host.replace(/^\[|\]$/g, ""), client });
    }
  }

  /** Returns the host of a server; undefined if no configuration has named it. */
  hostOf(sid: ServerId): string | undefined {
    return this.hosts.get(sid)?.host;
  }

  /** Returns the text of a configuration (QuorumMaj#toString). */
  textOf(config: QuorumVerifier): Uint8Array {
    const observers = observersOf(config);
    const lines = config.members.map((sid) => {
      const { client, host = "" } = this.hosts.get(sid) ?? {};
      const { election, quorum } = portsOf(config, sid);
      const role = observers.includes(sid) ? "observer" : "participant";
      const address = host.includes(":") ? `[${host}]` : host;
      return `server.${sid}=${address}:${quorum}:${election}:${role}${client === undefined ? "" : `;${client}`}`;
    });
    return encodeText([...lines, `version=${config.version.toString(16)}`].join("\n"));
  }

  /** Reads the text of a configuration. Returns undefined for a text that is no configuration. */
  read(bytes: Uint8Array | null): QuorumVerifier | undefined {
    if (bytes === null || bytes.length < 2) return undefined;
    const text = decodeText(bytes);
    const config = readConfig(text);
    if (config !== undefined) this.learn(text);
    return config;
  }
}
