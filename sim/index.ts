/**
 * `zabsim/sim`: a simulator for synchronous cores without I/O. It works for any such core, not only for ZooKeeper's.
 *
 * Wrap the core in a NodeProgram, create a World, start a program on each node, and run the world.
 * test/sim/other-core.test.ts is a complete small example.
 *
 * @module zabsim/sim
 */

export { type CheckedRun, checkDeterminism, type DeterminismResult } from "./determinism.ts";
export { Digest } from "./digest.ts";
export {
  DEFAULT_DISK,
  Disk,
  type DiskCharacter,
  type DiskCrash,
  type DiskCrashEffect,
  type DiskOperationKind,
  type DiskOperationView,
  type DiskResult,
  NO_OPERATION,
} from "./disk.ts";
export type { BlockEffect, NetworkEffects } from "./effects.ts";
export { eventKindName, USER_EVENT } from "./event-kinds.ts";
export { EventQueue } from "./event-queue.ts";
export { guarded } from "./guard.ts";
export type { InFlight, InFlightVerdict } from "./in-flight.ts";
export { DEFAULT_LINK, type LinkCharacter } from "./link.ts";
export type { Network } from "./network.ts";
export { type Node, type NodeCrash, type NodeProgram, TIMERS_MAX } from "./node.ts";
export { Random, RandomStreams } from "./random.ts";
export { createRule, type NetworkRule, type Verdict } from "./rules.ts";
export {
  type Pass,
  type ShrinkOptions,
  type ShrinkProgress,
  type Shrunk,
  shrink,
  shrinkStepwise,
  simplerItems,
  simplerWhole,
  withoutItems,
} from "./search/shrink.ts";
export { formatTime, MS, parseDuration, SECOND, type SimTime } from "./time.ts";
export { TRACE_KINDS, Trace, type TraceEvent, type TraceKind, type TraceLevel } from "./trace.ts";
export { type RunOptions, type RunResult, World, type WorldOptions } from "./world.ts";
