/** simjs has no type declarations. bench/kernel-peers.ts declares the part of simjs that it uses. */
declare module "simjs";
