/** The codes of the transactions that change the tree or the sessions (ZooDefs.OpCode). */

export const CREATE = 1;
export const DELETE = 2;
export const SET_DATA = 5;
export const SET_ACL = 7;
export const CHECK = 13;
export const MULTI = 14;
export const CREATE2 = 15;
export const RECONFIG = 16;
export const CREATE_CONTAINER = 19;
export const DELETE_CONTAINER = 20;
export const CREATE_TTL = 21;
export const ERROR = -1;
export const CREATE_SESSION = -10;
export const CLOSE_SESSION = -11;
