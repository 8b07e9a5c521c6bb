/** The worker threads that run the tasks of a campaign. The findings do not depend on the number of workers. */
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
  /** Ends the workers immediately, even if they are running tasks. */
  destroy(): Promise<void>;
}

/** The size limits of a worker's heap. A run needs little memory, but without limits the heap grows with garbage. */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 1024 };

export const DEFAULT_WORKERS = availableParallelism();

/**
 * Starts worker threads. Each worker collects garbage on its own thread, because parallel garbage collection would slow
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

/** The file of the worker, which the build writes next to the bundle. Workers can start only after a build. */
const WORKER = fileURLToPath(new URL("./campaign-worker.js", import.meta.url));

export function threadWorkers(threads: number): CampaignWorkers {
  const pool = workerPool(WORKER, threads);
  return {
    runBlock: (task) => pool.run(task, { name: "block" }),
    investigate: (task) => pool.run(task, { name: "investigate" }),
    destroy: () => pool.destroy(),
  };
}
