/**
 * Quotes words and paths for commands in a shell.
 */

/** Quotes a word so that a POSIX shell passes it on unchanged. Words without special characters stay as they are. */
export function shellQuote(word: string): string {
  return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Quotes a path. Puts `./` before a path that starts with a dash, because a command would take the path for an option.
 */
export function shellPath(path: string): string {
  return shellQuote(path.startsWith("-") ? `./${path}` : path);
}
