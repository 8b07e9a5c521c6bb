/** The exports of this folder: the table of invariants, and the class that checks them while a run proceeds. */
export { Invariants, type InvariantsOptions } from "./invariants.ts";
export {
  CLIENT_INVARIANTS,
  findInvariant,
  INVARIANT_ALIASES,
  INVARIANT_IDS,
  INVARIANTS,
  type Invariant,
  type InvariantId,
  listInvariants,
} from "./table.ts";
export type { Facts, Role, Violation } from "./violation.ts";
