/**
 * The preloaded library: compiles it, and answers the questions of the servers that run with it. preload-source.ts has
 * the C code and the form of questions and answers.
 */
import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { PRELOAD_SOURCE } from "./preload-source.ts";
import { MissingTool, runTool } from "./tools.ts";

const COMPILERS = ["cc", "gcc", "clang", "g++"];

/**
 * Compiles the library into a folder. Resolves to its path. Rejects with a MissingTool if no C compiler can, or if the
 * signal aborts.
 */
export async function compilePreload(folder: string, signal: AbortSignal): Promise<string> {
  const source = join(folder, "preload.c");
  const library = join(folder, "preload.so");
  writeFileSync(source, PRELOAD_SOURCE);
  for (const compiler of COMPILERS) {
    const language = compiler === "g++" ? ["-x", "c++", "-fpermissive"] : [];
    const options = [...language, "-O1", "-fPIC", "-shared", "-w", "-o", library, source, "-ldl"];
    const ended = await runTool(compiler, options, signal);
    if (ended === undefined) continue;
    if (ended.code === 0) return library;
    throw new MissingTool(
      `${compiler} cannot compile the library for the servers: ${ended.stderr.trim().split("\n")[0]}`,
    );
  }
  throw new MissingTool(`no C compiler found (accepted: one of ${COMPILERS.join(", ")} in PATH)`);
}

/** A question of a thread. */
export interface Question {
  /** The moment: before or after the operation. */
  readonly moment: "before" | "after";
  readonly operation: string;
  readonly arguments: readonly string[];
  /** Whether the thread waits for an answer. */
  readonly isOpen: () => boolean;
  /** Lets the thread go on. */
  go(): void;
  /** Makes the operation fail with an error number of Linux. */
  fail(errno: number): void;
  /** Makes the connect go to this port of 127.0.0.1. */
  redirect(port: number): void;
}

/** The Unix socket on which the threads of one server process ask. */
export class QuestionSocket {
  readonly path: string;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(path: string, ask: (question: Question) => void) {
    this.path = path;
    this.server = createServer((socket) => this.serve(socket, ask));
    this.server.listen(path);
  }

  private serve(socket: Socket, ask: (question: Question) => void): void {
    let rest = "";
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.sockets.delete(socket));
    socket.setEncoding("utf8").on("data", (text: string) => {
      rest += text;
      for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
        const [moment, operation = "", ...rests] = rest.slice(0, end).split(" ");
        rest = rest.slice(end + 1);
        ask(questionOf(socket, moment === "b" ? "before" : "after", operation, rests));
      }
    });
  }

  /** Ends all connections. */
  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

function questionOf(socket: Socket, moment: Question["moment"], operation: string, rests: readonly string[]): Question {
  let isAnswered = false;
  const answer = (text: string): void => {
    if (isAnswered) return;
    isAnswered = true;
    if (!socket.destroyed) socket.write(`${text}\n`);
  };
  return {
    moment,
    operation,
    arguments: rests,
    isOpen: () => !isAnswered && !socket.destroyed,
    go: () => answer("go"),
    fail: (errno) => answer(`err ${errno}`),
    redirect: (port) => answer(`to ${port}`),
  };
}
