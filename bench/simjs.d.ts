/** It has no types of its own; bench/kernel-peers.ts says what is used of it. */
declare module "simjs";
