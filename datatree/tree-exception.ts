/**
 * A RuntimeException in DataTree#processTxn or #deserialize. A ZooKeeper server does not survive it. No server logs a
 * transaction that causes one, but bytes can contain it.
 */

/** The exceptions of Java. */
export type JavaException =
  | "ArrayIndexOutOfBoundsException"
  | "IllegalArgumentException"
  | "NullPointerException"
  | "NumberFormatException"
  | "RuntimeException"
  | "StringIndexOutOfBoundsException";

/** Stands for a RuntimeException. It is thrown inside datatree/ only. */
export class TreeException {
  readonly exception: JavaException;
  /** What is wrong, with the value. */
  readonly detail: string;

  constructor(exception: JavaException, detail: string) {
    this.exception = exception;
    this.detail = detail;
  }
}
