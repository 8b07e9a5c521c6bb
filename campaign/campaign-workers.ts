/** The worker threads that run the tasks of a campaign. The findings do not depend on the number of workers. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";
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

export interface WorkerPool {
  /** Calls the exported function `name` of the workers' file on one of the workers. */
  run<Result>(task: unknown, name: string): Promise<Result>;
  /** Ends the workers immediately, even if they are running tasks. The promises of these tasks are rejected. */
  destroy(): Promise<void>;
}

/**
 * Starts worker threads that load the file `filename`. Each worker collects garbage on its own thread, because parallel
 * garbage collection would slow down the other workers.
 */
export function workerPool(filename: string, threads: number): WorkerPool {
  setFlagsFromString("--no-parallel-scavenge");
  const pool = new Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: 10_000,
    resourceLimits: WORKER_LIMITS,
  });
  const loading = new Map(pool.threads.map((worker) => [worker, whenLoaded(worker)]));
  for (const [worker, loaded] of loading) void loaded.then(() => loading.delete(worker));
  return {
    run: (task, name) => pool.run(task, { name }),
    destroy: async () => {
      // Node aborts the whole process if a worker is terminated while it links its ES modules.
      for (const worker of loading.keys()) worker.ref();
      await Promise.all(loading.values());
      await pool.destroy();
    },
  };
}

/** Waits for the first message of a worker, which says that it has loaded its file, or for its end. */
function whenLoaded(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once("message", () => resolve());
    worker.once("exit", () => resolve());
  });
}

/** The file of the worker, which the build writes next to the bundle. Workers can start only after a build. */
const WORKER = fileURLToPath(new URL("./campaign-worker.js", import.meta.url));

export function threadWorkers(threads: number): CampaignWorkers {
  const pool = workerPool(WORKER, threads);
  return {
    runBlock: (task) => pool.run(task, "block"),
    investigate: (task) => pool.run(task, "investigate"),
    destroy: () => pool.destroy(),
  };
}
