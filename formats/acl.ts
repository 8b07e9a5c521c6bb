/** Access control lists (org.apache.zookeeper.data.ACL). */
import type { JuteWriter, RecordReader } from "../jute/index.ts";

/** One entry of an ACL list. */
export interface Acl {
  /** The permissions, as bits (ZooDefs.Perms). */
  readonly perms: number;
  readonly scheme: string | null;
  readonly id: string | null;
}

/** Reads an entry of a list. */
export function readAcl(record: RecordReader): Acl {
  return { perms: record.int(), scheme: record.text(), id: record.text() };
}

/** Writes a list with its count; -1 for null. */
export function writeAcls(writer: JuteWriter, acls: readonly Acl[] | null): JuteWriter {
  if (acls === null) return writer.int(-1);
  writer.int(acls.length);
  for (const { id, perms, scheme } of acls) writer.int(perms).text(scheme).text(id);
  return writer;
}
