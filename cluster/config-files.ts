/**
 * The configuration files of one server, in the directory of zoo.cfg:
 *
 *   zoo.cfg                    the lists of servers, or the name of the file with the committed configuration
 *   zoo.cfg.dynamic.<version>  a committed configuration
 *   zoo.cfg.dynamic.next       the pending configuration
 *
 * The server waits for each write, so every file is durable. Only a crash between two writes is possible, which
 * `crashAtWrite` plans. Not modeled: the time that a write takes, failing writes, and zoo.cfg.bak.
 */
import type { QuorumVerifier } from "../protocol/index.ts";

/** One of the four writes, in the order in which a reconfiguration makes them. */
export const CONFIG_WRITES = ["next", "dynamic", "pointer", "delete-next"] as const;
/** The name of a write. */
export type ConfigWrite = (typeof CONFIG_WRITES)[number];

/** The configuration files of one server. */
export class ConfigFiles {
  /** The committed configuration that zoo.cfg names; undefined if zoo.cfg has the lists itself. */
  committed: QuorumVerifier | undefined;
  /** The content of zoo.cfg.dynamic.next. */
  next: QuorumVerifier | undefined;
  /** The number of planned crashes that have happened. */
  crashes = 0;
  private crash: { readonly write: ConfigWrite; readonly perform: () => void } | undefined = undefined;

  constructor(committed: QuorumVerifier | undefined, next: QuorumVerifier | undefined) {
    this.committed = committed;
    this.next = next;
  }

  /** Makes the server crash at the next write of this kind, before the file changes. */
  crashAtWrite(write: ConfigWrite, perform: () => void): void {
    this.crash = { write, perform };
  }

  /** Cancels a planned crash. */
  cancelCrash(): void {
    this.crash = undefined;
  }

  /**
   * Deletes zoo.cfg.dynamic.next, which the server has just read at its start. From now on, the server has the pending
   * configuration only in memory: QuorumPeer#setQuorumVerifier takes the committed configuration for the pending one
   * and deletes the file, and QuorumPeerMain#runFromConfig sets the pending one later. If the server restarts again
   * before the configuration is committed, it has forgotten the configuration.
   */
  readAtStart(): void {
    this.next = undefined;
  }

  /** Writes zoo.cfg.dynamic.next. */
  writeNext(config: QuorumVerifier): void {
    if (this.survives("next")) this.next = config;
  }

  /** Writes zoo.cfg.dynamic.<version>. A start reads it only if zoo.cfg names it, so its content is not kept here. */
  writeDynamic(): void {
    this.survives("dynamic");
  }

  /** Makes zoo.cfg name the file with this configuration. */
  pointTo(config: QuorumVerifier): void {
    if (this.survives("pointer")) this.committed = config;
  }

  /** Deletes zoo.cfg.dynamic.next. */
  deleteNext(): void {
    if (this.survives("delete-next")) this.next = undefined;
  }

  /** Replaces the lists of servers by hand. The version stays. */
  edit(config: QuorumVerifier): void {
    if (this.committed !== undefined) this.committed = { ...config, version: this.committed.version };
  }

  private survives(write: ConfigWrite): boolean {
    if (this.crash?.write !== write) return true;
    const { perform } = this.crash;
    this.crash = undefined;
    this.crashes++;
    perform();
    return false;
  }
}
