/** Makes an error point to the line in the user's test that called zabsim, as a failed assertion does. */

/** The stack frames of a call, as text. */
export type CallSite = string;

/** Returns the stack frames of the caller of `callee`. `callee` must be a function that is running. */
export function callSiteOf(callee: (...args: never[]) => unknown): CallSite {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, callee);
  const [, ...frames] = (holder.stack ?? "").split("\n");
  return frames.join("\n");
}

/**
 * Makes the stack of an error point to the call in the user's test. Test runners show an error at the first frame of
 * its stack.
 */
export function pointTo<Problem extends Error>(callSite: CallSite, error: Problem): Problem {
  error.stack = `${error.name}: ${error.message}\n${callSite}`;
  return error;
}
