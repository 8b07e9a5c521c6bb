/**
 * Who runs the tasks of a campaign: worker threads. A campaign does not depend on how many there are.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Piscina } from "piscina";
import type { Block, BlockResult, CampaignOptions } from "../fuzz/block.ts";
import type { InvestigateTask } from "./campaign-worker.ts";
import type { Finding } from "./investigate.ts";

export interface CampaignWorkers {
  runBlock(task: { options: CampaignOptions; block: Block }): Promise<BlockResult>;
  investigate(task: InvestigateTask): Promise<Finding>;
  /** Ends the workers, whatever they do. */
  destroy(): Promise<void>;
}

/** A run keeps little memory. Without limits the heaps would grow with garbage. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 };

export const DEFAULT_WORKERS = availableParallelism();

/**
 * Starts worker threads. Each worker collects garbage on its own thread only, because parallel collections would slow
 * down the other workers.
 */
export function workerPool(filename: string, threads: number): Piscina {
  setFlagsFromString("--no-parallel-scavenge");
  return new Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 10_000,
    resourceLimits: WORKER_LIMITS,
  });
}

/** The worker lies next to the bundle. A campaign that runs from its source has no workers. */
const WORKER = fileURLToPath(new URL("./campaign-worker.js", import.meta.url));

export function threadWorkers(threads: number): CampaignWorkers {
  const pool = workerPool(WORKER, threads);
  return {
    runBlock: (task) => pool.run(task, { name: "block" }),
    investigate: (task) => pool.run(task, { name: "investigate" }),
    destroy: () => pool.destroy(),
  };
}
