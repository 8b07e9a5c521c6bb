import { printableLine } from "../scenarios/printable.ts";

/**
 * A mistake that the user made on the command line. The message says what is wrong, what is accepted and, if there is
 * one, the fix. The command ends with EXIT_BAD_INPUT.
 */
export class UsageError extends Error {
  constructor(message: string) {
    super(printableLine(message));
  }
}

/** None of the files that the user gave is a log. */
export class NoLogsError extends UsageError {}
