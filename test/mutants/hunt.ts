/**
 * Entry of scripts/mutants.mjs: bundled with one mutant, or with none, and run in a process of its own. Reads the options of
 * the search from its standard input, and prints what came of it; both are JSON.
 */
import { readFileSync } from "node:fs";
import { type SearchOptions, searchUntilKilled } from "./search.ts";

console.log(JSON.stringify(searchUntilKilled(JSON.parse(readFileSync(0, "utf8")) as SearchOptions)));
