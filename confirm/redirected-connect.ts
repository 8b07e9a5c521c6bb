/** Connects a server to another one through the proxy, after the preloaded library has redirected its connect. */
import { connect, createServer } from "node:net";
import type { ProxiedPort } from "../traffic/message-reader.ts";
import { ProxiedConnection, type Traffic } from "../traffic/proxied-connection.ts";
import type { WireRules } from "../wire/index.ts";

const ACCEPT_MS_MAX = 10_000;

/**
 * Connects to a server in the name of another one. Resolves to the local port to which the caller redirects the
 * connect, and to undefined if the server refuses.
 */
export function openProxied(
  target: { readonly host: string; readonly port: number },
  ends: { readonly port: ProxiedPort; readonly client: number; readonly listener: number },
  rules: WireRules,
  traffic: Traffic,
): Promise<{ readonly port: number; readonly connection: ProxiedConnection } | undefined> {
  return new Promise((resolve) => {
    const upstream = connect({ host: target.host, port: target.port });
    upstream.on("error", () => resolve(undefined));
    upstream.once("connect", () => {
      upstream.pause();
      const connection = new ProxiedConnection(ends.port, ends.listener, ends.client);
      connection.attach("listener", upstream, rules, traffic);
      const server = createServer((downstream) => {
        server.close();
        clearTimeout(timer);
        connection.attach("client", downstream, rules, traffic);
        upstream.resume();
      });
      const timer = setTimeout(() => {
        server.close();
        upstream.destroy();
      }, ACCEPT_MS_MAX);
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve({ port: typeof address === "object" && address !== null ? address.port : 0, connection });
      });
    });
  });
}
