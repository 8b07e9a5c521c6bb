import { expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../protocol/settings.ts";
import { describeConfig } from "../../reports/server-config.ts";
import { runOf, sid } from "./records.ts";

const view = [sid(1), sid(2)];
const ensemble = { voters: view, observers: [] };
const config = { release: "3.6.2", role: "participant", view, ensemble, settings: DEFAULT_SETTINGS } as const;

it("names the release, the role, the known servers and the limits with their lengths", () => {
  expect(describeConfig({ ...config, changed: {} })).toBe(
    "ZooKeeper 3.6.2 as a voter in the ensemble 1, 2: initLimit 10 (20 s), syncLimit 5 (10 s), tickTime 2000 ms",
  );
});

it("names every setting that differs from ZooKeeper's default", () => {
  const changed = { initLimit: 3, commitLogCount: 4 };
  const settings = { ...DEFAULT_SETTINGS, ...changed };
  expect(describeConfig({ ...config, role: "observer", release: "newest", settings, changed })).toBe(
    "the newest release of ZooKeeper as an observer in the ensemble 1, 2: initLimit 3 (6 s), " +
      "syncLimit 5 (10 s), tickTime 2000 ms, commitLogCount 4",
  );
});

it("comes from the spec of the server, and from the upgrade after an upgrade", () => {
  const { records } = runOf(`
servers: { 1: { settings: { syncLimit: 7 } }, 2: {}, 3: { zookeeper: 3.6.2 } }
steps:
  - { at: 1s, upgrade: { server: 3, to: 3.9.4 } }
  - { at: 2s, start: 3 }
until: 4s
`);
  const started = records.flatMap((one) => (one.event === "started" ? [one] : []));
  expect(started.map(({ config: own, server }) => [server, own?.release, own?.changed])).toEqual([
    [1, "newest", { syncLimit: 7 }],
    [2, "newest", {}],
    [3, "3.6.2", {}],
    [3, "3.9.4", {}],
  ]);
});
