/** The results of transactions (KeeperException.Code). */

/** A code. Other codes than these are in transactions of the type error. */
export type ErrorCode = number;

export const OK = 0;
export const RUNTIME_INCONSISTENCY = -2;
export const NO_NODE = -101;
export const NODE_EXISTS = -110;
