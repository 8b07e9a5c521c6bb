/**
 * Exit codes of `zabsim`. Scripts and CI rely on them. bin/zabsim.js, which must start without the bundle, repeats
 * some of them; test/cli/exit-codes.test.ts compares the two.
 */

/** Success: no failure was found. */
export const EXIT_OK = 0;
/** A run violated an invariant, or did not meet an expectation of its scenario. */
export const EXIT_FINDING = 1;
/** Bad usage or bad input. */
export const EXIT_BAD_INPUT = 2;
/** The same scenario and seed gave two different runs. */
export const EXIT_NONDETERMINISM = 3;
/** Servers did not serve again after every fault was undone; no invariant was violated. */
export const EXIT_LIVENESS = 4;
/** A defect of zabsim itself. */
export const EXIT_DEFECT = 70;
/** Ctrl-C (SIGINT). Everything found so far is saved. */
export const EXIT_INTERRUPTED = 130;
/** SIGTERM. Everything found so far is saved. */
export const EXIT_TERMINATED = 143;
