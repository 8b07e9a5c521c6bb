/** Errors because of the content or the state of the disk, on which a real server ends with an exception. */

/** A transaction that cannot be applied, a history without a snapshot, or a file that a server cannot start with. */
export class DiskProblem extends Error {
  override readonly name = "DiskProblem";
}

/** Returns whether an error is due to the disk: a DiskProblem, or an error of a system call. */
export function isDiskProblem(error: unknown): error is Error {
  return error instanceof DiskProblem || (error instanceof Error && "syscall" in error);
}
