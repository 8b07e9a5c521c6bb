/**
 * Finds the release that a server runs at a given time of a run.
 */
import type { ServerId } from "../protocol/zxid.ts";
import type { ScenarioRun } from "../scenarios/scenario-run.ts";

interface Upgrade {
  readonly server: ServerId;
  readonly to: string;
  readonly atUs: number;
}

/** The releases of the servers of one run. A step that upgrades a server changes its release from that moment on. */
export class ServerReleases {
  private readonly scenario: ScenarioRun["scenario"];
  private readonly upgrades: readonly Upgrade[];

  /** Reads the first release of each server from the scenario, and the upgrades from the records of the run. */
  constructor({ records, scenario }: Pick<ScenarioRun, "records" | "scenario">) {
    this.scenario = scenario;
    this.upgrades = records.flatMap((record) => {
      if (record.event !== "script" || record.verb !== "upgrade") return [];
      const { server, to } = record.argument as Omit<Upgrade, "atUs">;
      return [{ server, to, atUs: record.atUs }];
    });
  }

  /**
   * The releases of the run without duplicates: first those with which servers start, then those to which they are
   * upgraded.
   */
  get all(): string[] {
    const { servers, zookeeper } = this.scenario;
    const initial = Object.values(servers).map((server) => server.zookeeper ?? zookeeper);
    return [...new Set([...initial, ...this.upgrades.map(({ to }) => to)])];
  }

  /**
   * Whether the run contains more than one release, because servers run different releases or because of an upgrade.
   */
  get areMixed(): boolean {
    return this.all.length > 1;
  }

  /** Returns the release of a server at a time of the run, in microseconds. */
  at(server: ServerId, atUs: number): string {
    const last = this.upgrades.findLast((one) => one.server === server && one.atUs <= atUs);
    return last?.to ?? this.scenario.servers[server]?.zookeeper ?? this.scenario.zookeeper;
  }
}
