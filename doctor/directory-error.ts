/** A data directory that cannot be read. The message says what is wrong and what is accepted. */
export class DirectoryError extends Error {
  override readonly name = "DirectoryError";
}
