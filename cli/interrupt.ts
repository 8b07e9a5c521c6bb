/** Ctrl-C, for what has something to tell when it is broken off. */

/** Does `work`; Ctrl-C does not end the process meanwhile, but tells `work` to come to an end. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on("SIGINT", interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}
