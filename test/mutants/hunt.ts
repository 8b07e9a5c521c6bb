/**
 * The program that scripts/mutants.mjs bundles with one mutant, or with none, and runs in a process of its own. It
 * reads the options of the search from standard input and prints the result; both are JSON.
 */
import { readFileSync } from "node:fs";
import { type SearchOptions, searchUntilKilled } from "./search.ts";

console.log(JSON.stringify(searchUntilKilled(JSON.parse(readFileSync(0, "utf8")) as SearchOptions)));
