// Set-up file of vitest: writes what each test's bots send to Discord and log, one JSON file for each test.
// It listens at Node's own HTTP and child processes, so it knows no module of the bot, the sandbox or the tests.
import childProcess from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, inject } from 'vitest';
import type { RawTest, SentRequest } from './messages.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder for the files. */
    truthFolder: string;
  }
}

const folder = inject('truthFolder');
/** Also where vitest runs this file once for each file of tests. */
const shared: { truth?: { requests: SentRequest[]; log: RawTest['log'][number][] } } =
  globalThis as object;
if (!shared.truth) {
  shared.truth = { requests: [], log: [] };
  listenToServers();
  listenToPrograms();
  mkdirSync(folder, { recursive: true });
}
const { truth } = shared;

beforeEach(() => {
  truth.requests = [];
  truth.log = [];
});

afterEach(({ task }) => {
  const { requests, log } = truth;
  const file = task.file.name;
  const passed = task.result?.state !== 'fail';
  const raw: RawTest = { file, name: task.name, passed, requests: [...requests], log: [...log] };
  const path = `${file}-${task.name}`.replace(/[^\w.-]+/g, '-').slice(0, 200);
  writeFileSync(join(folder, `${path}.json`), JSON.stringify(raw));
});

/** Tells of every piece that is pushed into a stream, whoever reads it. */
function tap(stream: Readable, onPiece: (piece: Buffer) => void): void {
  const push = stream.push.bind(stream);
  stream.push = (piece, encoding) => {
    if (piece !== null) onPiece(Buffer.from(piece));
    return push(piece, encoding);
  };
}

function listenToServers(): void {
  const { emit } = Server.prototype;
  Server.prototype.emit = function (this: Server, event: string, ...args: readonly unknown[]) {
    if (event === 'request') {
      const [request, response] = args as [IncomingMessage, ServerResponse];
      if (/^(\/by\/[\w-]+)?\/api\/v\d+\//.test(request.url ?? '')) note(request, response);
    }
    return Reflect.apply(emit, this, [event, ...args]);
  };
}

function note(request: IncomingMessage, response: ServerResponse): void {
  const [sent, answered]: [Buffer[], Buffer[]] = [[], []];
  tap(request, (piece) => void sent.push(piece));
  const { end } = response;
  const keep = (piece: unknown) => {
    if (typeof piece === 'string' || piece instanceof Uint8Array) answered.push(Buffer.from(piece));
  };
  response.end = ((...args: readonly unknown[]) => {
    keep(args[0]);
    const path = (request.url ?? '').replace(/^.*?\/api\/v\d+/, '');
    const type = request.headers['content-type'] ?? '';
    shared.truth?.requests.push({
      method: request.method ?? 'GET',
      path,
      type,
      sent: Buffer.concat(sent).toString('latin1'),
      status: response.statusCode,
      answered: Buffer.concat(answered).toString(),
    });
    return Reflect.apply(end, response, args);
  }) as typeof end;
}

function listenToPrograms(): void {
  const { spawn } = childProcess;
  childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
    const child = spawn(...args);
    let rest = '';
    if (child.stdout)
      tap(child.stdout, (piece) => {
        const lines = (rest + piece.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('{"level"')) keepLine(line);
      });
    return child;
  }) as typeof spawn;
  syncBuiltinESMExports();
}

function keepLine(line: string): void {
  try {
    shared.truth?.log.push(JSON.parse(line));
  } catch {
    // Another program's.
  }
}
