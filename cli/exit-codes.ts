/**
 * The exit codes of `zabsim`, on which scripts and CI rely. bin/zabsim.js repeats some of these numbers, because it
 * must start without the bundle. test/cli/exit-codes.test.ts compares them.
 */

/** Success: no failure was found. */
export const EXIT_OK = 0;
/** A run violated an invariant, or did not meet an expectation of its scenario. */
export const EXIT_FINDING = 1;
/** The user made a mistake on the command line or in an input file. */
export const EXIT_BAD_INPUT = 2;
/** The same scenario and seed gave two different runs. */
export const EXIT_NONDETERMINISM = 3;
/** No invariant was violated, but servers stayed stuck: they did not serve again after every fault was undone. */
export const EXIT_LIVENESS = 4;
/** A defect of zabsim itself. */
export const EXIT_DEFECT = 70;
/** Ctrl-C (SIGINT) interrupted the command. The command saved everything that it had found. */
export const EXIT_INTERRUPTED = 130;
/** SIGTERM interrupted the command. The command saved everything that it had found. */
export const EXIT_TERMINATED = 143;
