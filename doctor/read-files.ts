/** Reads the bytes of files. Files are only ever opened for reading, and the time of the last access is left alone. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInflateRaw, type InflateRaw } from "node:zlib";
import { type Compression, gzipHeaderBytes, SnappyStreamDecoder } from "../formats/index.ts";

const CHUNK_BYTES = 256 * 1024;
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
    for (let position = 0; ; ) {
      const buffer = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position);
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
    const buffer = new Uint8Array(length);
    const { bytesRead } = await file.read(buffer, 0, length, Math.max(0, position));
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
  const inflate = createInflateRaw();
  // Without this listener, an error that arrives after the sink has enough would end the process.
  inflate.on("error", () => undefined);
  let isBroken = false;
  const feed = feedFrom(path, header, inflate);
  try {
    for await (const chunk of inflate) if (!sink.push(chunk as Uint8Array)) return;
  } catch (error) {
    // A stream that ends too early is an EOFException in Java, other damage is a ZipException.
    isBroken = (error as NodeJS.ErrnoException).code !== "Z_BUF_ERROR";
  } finally {
    inflate.destroy();
    await feed;
  }
  sink.end(isBroken);
}

/**
 * Writes the bytes of a file from `start` on to a stream. Small pieces: an error drops the output of its whole piece.
 */
async function feedFrom(path: string, start: number, stream: InflateRaw): Promise<void> {
  let skipped = 0;
  for await (const chunk of chunksOf(path)) {
    for (let at = Math.max(0, start - skipped); at < chunk.length; at += GZIP_PIECE_BYTES) {
      if (stream.destroyed) return;
      const piece = chunk.subarray(at, at + GZIP_PIECE_BYTES);
      if (!stream.write(piece)) await new Promise<void>((resume) => onDrained(stream, resume));
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
