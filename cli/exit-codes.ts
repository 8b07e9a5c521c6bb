/** What scripts and CI may rely on. */
export const EXIT_OK = 0;
/** An invariant or an expectation failed. */
export const EXIT_FINDING = 1;
export const EXIT_BAD_INPUT = 2;
export const EXIT_NONDETERMINISM = 3;
/** Stuck after healing. */
export const EXIT_LIVENESS = 4;
/** A defect of zabsim itself. */
export const EXIT_DEFECT = 70;
/** SIGINT; what was found so far is saved. */
export const EXIT_INTERRUPTED = 130;
