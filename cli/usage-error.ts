/**
 * What the user typed cannot be done: one clear sentence, exit code 2.
 */
export class UsageError extends Error {}
