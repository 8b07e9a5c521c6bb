/** Reads the bytes of files. Files are only ever opened for reading, and the time of the last access is left alone. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInflateRaw, type InflateRaw } from "node:zlib";
import { type Compression, gzipHeaderBytes, SnappyStreamDecoder } from "../formats/index.ts";

const CHUNK_BYTES = 256 * 1024;
const CHUNK_BYTES_MIN = 4096;
const GZIP_PIECE_BYTES = 4096;
/** More than the header of any gzip file that a program writes. */
const GZIP_HEADER_BYTES_MAX = 1024;

/** Opens a file for reading. Linux then leaves the time of the last access alone, if the user owns the file. */
export async function openForReading(path: string): Promise<FileHandle> {
  const { O_NOATIME, O_RDONLY } = constants;
  try {
    return await open(path, O_RDONLY | (O_NOATIME ?? 0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return await open(path, O_RDONLY);
  }
}

/** Returns the chunks of a file, in order. Closes the file when the caller stops. */
export async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await openForReading(path);
  try {
    const { size } = await file.stat();
    for (let position = 0; ; ) {
      // Most files are smaller than a chunk. A file can also have grown.
      const buffer = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(CHUNK_BYTES_MIN, size - position)));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Returns bytes of a file from a position on; fewer if the file ends before. */
export async function bytesAt(path: string, position: number, length: number): Promise<Uint8Array> {
  const file = await openForReading(path);
  try {
    const start = Math.max(0, position);
    // The callers ask for up to 5 MiB, and most files are smaller.
    const buffer = new Uint8Array(Math.max(0, Math.min(length, (await file.stat()).size - start)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Receives the bytes of a file that can be compressed. */
export interface ByteSink {
  /** Takes the next bytes. Returns false if it needs no more. */
  push(chunk: Uint8Array): boolean;
  /** No more bytes follow. `isBroken`: because the compressed stream is damaged. */
  end(isBroken: boolean): void;
}

/** Sends the uncompressed bytes of a file to `sink`, until the sink needs no more. */
export async function pipeFile(path: string, compression: Compression, sink: ByteSink): Promise<void> {
  await PIPES[compression](path, sink);
}

const PIPES: Readonly<Record<Compression, (path: string, sink: ByteSink) => Promise<void>>> = {
  none: async (path, sink) => {
    for await (const chunk of chunksOf(path)) if (!sink.push(chunk)) return;
    sink.end(false);
  },
  gzip: pipeGzip,
  snappy: async (path, sink) => {
    const decoder = new SnappyStreamDecoder();
    for await (const chunk of chunksOf(path)) {
      decoder.push(chunk);
      for (let block = decoder.next(); block !== undefined; block = decoder.next()) if (!sink.push(block)) return;
      if (decoder.isBroken) break;
    }
    decoder.end();
    sink.end(decoder.isBroken);
  },
};

async function pipeGzip(path: string, sink: ByteSink): Promise<void> {
  const header = gzipHeaderBytes(await bytesAt(path, 0, GZIP_HEADER_BYTES_MAX));
  if (typeof header === "string") {
    sink.end(header === "bad");
    return;
  }
  const first = await inflateInto(sink, { path, start: header, skipped: 0, carefulFrom: Number.POSITIVE_INFINITY });
  if (first.end === "full") return;
  if (first.end !== "broken") {
    sink.end(false);
    return;
  }
  // Java gets every byte before the damage, but an error drops the output of a whole piece here.
  const carefulFrom = Math.max(0, first.readBytes - GZIP_PIECE_BYTES);
  const second = await inflateInto(sink, { path, start: header, skipped: first.pushedBytes, carefulFrom });
  if (second.end !== "full") sink.end(true);
}

/** How to inflate a file. */
interface Inflation {
  readonly path: string;
  /** The offset of the compressed bytes in the file. */
  readonly start: number;
  /** The number of bytes at the start of the output that the sink has already. */
  readonly skipped: number;
  /** The compressed bytes from this one on go into zlib one by one. */
  readonly carefulFrom: number;
}

/**
 * Inflates a file into a sink. The end is `full` if the sink has enough, `cut` if the stream ends too early, which is
 * an EOFException in Java, and `broken` after other damage, which is a ZipException.
 */
async function inflateInto(
  sink: ByteSink,
  inflation: Inflation,
): Promise<{
  readonly end: "full" | "whole" | "cut" | "broken";
  readonly pushedBytes: number;
  readonly readBytes: number;
}> {
  const inflate = createInflateRaw();
  // Without this listener, an error that arrives after the sink has enough would end the process.
  inflate.on("error", () => undefined);
  const feed = feedFrom(inflation, inflate);
  let pushedBytes = 0;
  let end: "full" | "whole" | "cut" | "broken" = "whole";
  try {
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
      const rest = chunk.subarray(Math.min(chunk.length, Math.max(0, inflation.skipped - pushedBytes)));
      pushedBytes += chunk.length;
      if (rest.length > 0 && !sink.push(rest)) {
        end = "full";
        break;
      }
    }
  } catch (error) {
    end = (error as NodeJS.ErrnoException).code === "Z_BUF_ERROR" ? "cut" : "broken";
  } finally {
    inflate.destroy();
    await feed;
  }
  return { end, pushedBytes, readBytes: inflate.bytesWritten };
}

/**
 * Writes the compressed bytes of a file to a stream. Small pieces: an error drops the output of its whole piece.
 */
async function feedFrom({ carefulFrom, path, start }: Inflation, stream: InflateRaw): Promise<void> {
  let skipped = 0;
  for await (const chunk of chunksOf(path)) {
    for (let at = Math.max(0, start - skipped); at < chunk.length; ) {
      if (stream.destroyed) return;
      const offset = skipped + at - start;
      const size = offset >= carefulFrom ? 1 : Math.min(GZIP_PIECE_BYTES, carefulFrom - offset);
      const piece = chunk.subarray(at, at + size);
      if (!stream.write(piece)) await new Promise<void>((resume) => onDrained(stream, resume));
      at += size;
    }
    skipped += chunk.length;
  }
  stream.end();
}

function onDrained(stream: NodeJS.EventEmitter, resume: () => void): void {
  const done = (): void => {
    for (const event of ["drain", "close", "error"]) stream.off(event, done);
    resume();
  };
  for (const event of ["drain", "close", "error"]) stream.on(event, done);
}
