/** Facts about the configurations that a server has had: the one with which it started, and those that it has got. */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import { listText } from "../server-end.ts";
import type { Fact, Moment } from "./moment.ts";

/** A record of a configuration that a server has seen or activated. */
type ConfigRecord = RecordOf<"config-seen" | "config-committed">;

export class ConfigFacts {
  private readonly moment: Moment;

  constructor(moment: Moment) {
    this.moment = moment;
  }

  /** Builds the fact `server 2 starts with voters 1,2,3; version 1:0`, about its last start. */
  start(server: ServerId): Fact {
    const started = this.moment.finder.lastRecord("started", this.moment.atUs, (one) => one.server === server);
    if (started?.config === undefined) return { text: `server ${server} starts`, atUs: started?.atUs, causes: [] };
    const { dynamicFile, ensemble } = started.config;
    const config = dynamicFile?.config ?? `the voters ${listText(ensemble.voters)} in zoo.cfg`;
    const step = this.moment.finder.step(started.sequence ?? -1);
    return { text: `server ${server} starts with ${config}`, atUs: started.atUs, causes: step ? [step] : [] };
  }

  /** Builds the fact that a server got a configuration: the newest one, of those that it has got until now. */
  newest(server: ServerId): Fact {
    const all = this.all().filter((one) => one.server === server);
    const versions = all.map(({ version }) => version);
    return this.got(all.findLast(({ version }) => version === Math.max(...versions)) ?? all.at(-1), server);
  }

  /** Builds the fact that a server got the last of its configurations. */
  last(server: ServerId): Fact {
    return this.got(
      this.all().findLast((one) => one.server === server),
      server,
    );
  }

  /**
   * Builds the fact that contradicts the last configuration of a server: another configuration with the same version.
   * If there is none, builds the fact about the newest configuration of the server.
   */
  rival(server: ServerId): Fact {
    const all = this.all();
    const last = all.findLast((one) => one.server === server);
    const rival = all.find(({ config, version }) => version === last?.version && config !== last.config);
    return rival === undefined ? this.newest(server) : this.got(rival, rival.server);
  }

  private got(record: ConfigRecord | undefined, server: ServerId): Fact {
    if (record === undefined) return this.start(server);
    const verb = record.event === "config-seen" ? "sees the pending configuration" : "activates the configuration";
    const causes = this.moment.finder.chain(record, undefined);
    return { text: `server ${server} ${verb} ${record.config}`, atUs: record.atUs, causes };
  }

  private all(): ConfigRecord[] {
    return this.moment.run.records.slice(0, this.moment.until + 1).filter(isConfigRecord);
  }
}

function isConfigRecord(record: ProtocolRecord): record is ConfigRecord {
  return record.event === "config-seen" || record.event === "config-committed";
}
