/**
 * `zabsim completion` prints a script that completes command lines in a shell. For each completion, the script calls
 * the hidden command `zabsim complete -- WORDS`. The package @bomb.sh/tab generates the script and implements the
 * protocol between the script and zabsim. This module describes the commands to that package and supplies the values of
 * options.
 */
import { type Command as Described, RootCommand } from "@bomb.sh/tab";
import type { Argument, Command, Option } from "commander";
import { completionValues, type ValueSource } from "./completion-values.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** Prints the completion script of a shell. */
export async function completion(shell: string): Promise<number> {
  if (!isShell(shell)) {
    throw new UsageError(`completion ${shell}: unknown shell (accepted: ${SHELLS.join(", ")})`);
  }
  const script = printedBy(() => new RootCommand().setup("zabsim", "zabsim", shell));
  await write(shell === "bash" ? independentOfOtherScripts(script) : script);
  return EXIT_OK;
}

/** Prints the completions of the last word in `words`. An empty last word means that the user starts a new word. */
export async function complete(program: Command, words: readonly string[]): Promise<number> {
  const root = new RootCommand();
  describeCommand(root, program, words);
  await write(printedBy(() => root.parse([...words])));
  return EXIT_OK;
}

function describeCommand(root: RootCommand, program: Command, words: readonly string[]): void {
  describeOptions(root, program, words);
  for (const command of program.createHelp().visibleCommands(program)) {
    const described = root.command(command.name(), command.summary());
    describeOptions(described, command, words);
    for (const argument of command.registeredArguments) describeArgument(described, command, argument, words);
  }
}

function describeOptions(described: Described, command: Command, words: readonly string[]): void {
  for (const option of command.createHelp().visibleOptions(command)) describeOption(described, command, option, words);
}

function describeOption(described: Described, command: Command, option: Option, words: readonly string[]): void {
  const name = (option.long ?? "").slice("--".length);
  const alias = option.short?.slice("-".length);
  if (!option.required && !option.optional) {
    described.option(name, option.description, alias);
    return;
  }
  const values = handlerOf(completionValues(command.name(), name), words);
  described.option(name, option.description, values, alias);
}

function describeArgument(described: Described, command: Command, argument: Argument, words: readonly string[]): void {
  const values = handlerOf(completionValues(command.name(), argument.name()), words);
  described.argument(argument.name(), values, argument.variadic);
}

type AddValue = (value: string, description: string) => void;

/**
 * Returns a function that adds each value as a completion. If the last word is a list, such as `crash,pa`, each
 * completion starts with the finished items of the list, as in `crash,partition`.
 */
function handlerOf(source: ValueSource | undefined, words: readonly string[]): (add: AddValue) => void {
  const last = words.at(-1) ?? "";
  return (add) => {
    if (source === undefined) return;
    const items = source.isList ? last.split(",").slice(0, -1) : [];
    const prefix = items.map((item) => `${item},`).join("");
    for (const value of source.values(last)) if (!items.includes(value)) add(prefix + value, "");
  };
}

function isShell(name: string): name is Shell {
  return SHELLS.includes(name as never);
}

/** Runs a function of @bomb.sh/tab that prints with console.log, and returns what the function printed. */
function printedBy(print: () => void): string {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    print();
  } finally {
    console.log = log;
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** A bash function that returns the words of the command line, with or without the package bash-completion. */
const WORDS_FUNCTION = `__zabsim_words() {
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref "$@"
    else
        words=("\${COMP_WORDS[@]}")
        cword=$COMP_CWORD
        cur=\${COMP_WORDS[COMP_CWORD]}
        prev=\${COMP_WORDS[COMP_CWORD-1]}
    fi
}

`;

/** Changes the script for bash so that a shell can load it repeatedly and does not need the package bash-completion. */
function independentOfOtherScripts(script: string): string {
  return (
    WORDS_FUNCTION + script.replaceAll(/^readonly /gm, "").replaceAll("_get_comp_words_by_ref -n", "__zabsim_words -n")
  );
}
