/**
 * Runs the job of kernel-workload.ts on libraries that a simulator could use instead: simjs (a process-oriented
 * discrete-event simulator) and @sinonjs/fake-timers (setTimeout on a virtual clock).
 */
import { nanosecondsOf } from "./harness.ts";
import { type KernelRun, NODES, Nodes } from "./kernel-workload.ts";

export type PeerKernel = (outstanding: number, events: number) => KernelRun;

/** A time later than the end of any run. */
const NEVER = Number.MAX_SAFE_INTEGER;

interface SimjsSimulation {
  time(): number;
  addEntity(entity: new (...args: never[]) => SimjsEntity): SimjsEntity;
  simulate(endTime: number, maxEvents: number): boolean;
}

interface SimjsEntity {
  setTimer(delay: number): { done(callback: () => void): void };
}

interface Simjs {
  readonly Sim: new () => SimjsSimulation;
  readonly Entity: new (...args: never[]) => SimjsEntity;
}

/** Returns a kernel that uses simjs. Returns undefined if the package is not installed. */
export async function simjsKernel(): Promise<PeerKernel | undefined> {
  const { Sim, Entity } = (await loadSimjs()) ?? {};
  if (Sim === undefined || Entity === undefined) return undefined;
  class NodeEntity extends Entity {
    start(): void {}
  }
  return (outstanding, events) => {
    const sim = new Sim();
    const nodes = new Nodes();
    const { generator } = nodes;
    const entities = Array.from({ length: NODES }, () => sim.addEntity(NodeEntity));
    const send = (delay: number, target: number, value: number): void => {
      (entities[target] as SimjsEntity).setTimer(delay).done(() => {
        const next = generator.delay();
        const to = generator.target();
        const what = generator.next();
        nodes.mutate(target, value, sim.time());
        send(next, to, what);
      });
    };
    for (let i = 0; i < outstanding; i++) send(generator.delay(), i % NODES, generator.next());
    const nanoseconds = nanosecondsOf(() => {
      sim.simulate(NEVER, events);
    });
    return { nanoseconds, checksum: nodes.checksum() };
  };
}

/**
 * Loads simjs, which is made for browsers and puts its exports into `window` if there is one. Returns undefined if the
 * package is not installed.
 */
async function loadSimjs(): Promise<Simjs | undefined> {
  const browser: { window?: { Sim?: Simjs } } = globalThis as object;
  browser.window = {};
  try {
    await import("simjs");
    return browser.window.Sim;
  } catch {
    return undefined;
  } finally {
    delete browser.window;
  }
}

/** Returns a kernel that uses @sinonjs/fake-timers. Returns undefined if the package is not installed. */
export async function fakeTimersKernel(): Promise<PeerKernel | undefined> {
  const library = await import("@sinonjs/fake-timers").catch(() => undefined);
  if (library === undefined) return undefined;
  return (outstanding, events) => {
    const clock = library.createClock(0, Number.POSITIVE_INFINITY);
    const nodes = new Nodes();
    const { generator } = nodes;
    const send = (delay: number, target: number, value: number): void => {
      clock.setTimeout(() => {
        const next = generator.delay();
        const to = generator.target();
        const what = generator.next();
        nodes.mutate(target, value, clock.now);
        send(next, to, what);
      }, delay);
    };
    for (let i = 0; i < outstanding; i++) send(generator.delay(), i % NODES, generator.next());
    const nanoseconds = nanosecondsOf(() => {
      for (let i = 0; i < events; i++) clock.next();
    });
    return { nanoseconds, checksum: nodes.checksum() };
  };
}
