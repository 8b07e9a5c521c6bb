/**
 * The program that scripts/mutants.mjs bundles with one mutant, or with none, and runs in a separate process. It
 * reads the options of the search as JSON from standard input and prints the result as JSON.
 */
import { readFileSync } from "node:fs";
import { type SearchOptions, searchUntilKilled } from "./search.ts";

console.log(JSON.stringify(searchUntilKilled(JSON.parse(readFileSync(0, "utf8")) as SearchOptions)));
