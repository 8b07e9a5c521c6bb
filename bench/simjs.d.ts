/** simjs has no type declarations. bench/kernel-peers.ts declares the part of it that is used. */
declare module "simjs";
