/** The types of the one seedrandom module that sim/ uses; @types/seedrandom describes only the package's default. */
declare module "seedrandom/lib/alea.js" {
  export default function alea(seed: string): () => number;
}
