/**
 * Returns the number of inputs for a test that draws them. CI runs some of these tests a second time and sets
 * ZABSIM_MORE_INPUTS, so that they draw `many` inputs.
 */
export function inputs(few: number, many: number): number {
  return process.env.ZABSIM_MORE_INPUTS === undefined ? few : many;
}
