import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { BotError } from '#src/base/errors.ts';
import { readForeignJson } from '#src/base/json.ts';
import { checkedMessage, MessageLimiter, messageLimits } from './message-limits.ts';
import type { McpTransport } from './servers-file.ts';

/** A program's life after its input was closed, and after it was told to end, in ms. */
const graceMs = 500;

export type StdioOptions = {
  readonly nowMs: () => number;
  /** Where its complaints go. Default: nowhere. */
  readonly stderr?: 'inherit';
};

/** Listener to the end of a server: it is gone, or has sent more than it may. The first reason counts. */
export type EndListener = (why: BotError) => void;

/**
 * MCP over the standard streams of a program that is started for it, with a bound on what it may send: the SDK's own counts
 * neither messages nor lines that are none, and hands on more of the environment.
 *
 * Ends by itself where the program ends or sends too much.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #server: McpTransport & { readonly kind: 'stdio' };
  readonly #options: StdioOptions;
  readonly #onEnd: EndListener;
  readonly #budget = new MessageLimiter();
  /** Pieces of the line that has not ended. */
  #unfinished: Uint8Array[] = [];
  #unfinishedBytes = 0;
  #child: ChildProcess | undefined;

  constructor(
    server: McpTransport & { readonly kind: 'stdio' },
    options: StdioOptions,
    onEnd: EndListener,
  ) {
    this.#server = server;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** Errors: BotError `tool.unreachable`. */
  async start(): Promise<void> {
    const { command, args, environment, folder } = this.#server;
    const env = Object.fromEntries([...environment].map(([name, value]) => [name, value.reveal()]));
    const started = Promise.withResolvers<void>();
    const child = spawn(command, args, {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', this.#options.stderr ?? 'ignore'],
      detached: process.platform !== 'win32', // a group of its own: what it starts ends with it
      windowsHide: true,
    });
    this.#child = child;
    child.once('spawn', started.resolve);
    child.once('error', (cause) => {
      started.reject(
        new BotError('tool.unreachable', true, `${command} could not be started.`, cause),
      );
    });
    child.once('exit', () => this.#ended(child));
    child.stdin?.on('error', () => undefined); // it has gone: `exit` tells
    child.stdout?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    await started.promise;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw gone();
    stdin.write(`${checkedMessage(JSON.stringify(message))}\n`);
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null || !child.pid) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const first = await Promise.race([ended, setTimeout(graceMs, 'late', { ref: false })]);
      if (first !== 'late') return;
      kill(child, signal);
    }
    await ended;
  }

  /** Lines that are no message are passed over: some programs greet. */
  #receive(chunk: Buffer): void {
    const lines = this.#linesEndedBy(chunk);
    if (!this.#budget.take(chunk.length, lines.length, this.#options.nowMs()))
      return void this.#fail('exceeded its limit of messages');
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const read = readForeignJson(line, messageLimits);
      if (read.kind === 'ok' && isMessage(read.value)) this.onmessage?.(read.value);
      if (read.kind === 'fault' && read.code === 'json.too_large')
        return void this.#fail(`sent ${read.words}`);
    }
    if (this.#unfinishedBytes > messageLimits.bytes) this.#fail('sent too long a message');
  }

  #linesEndedBy(chunk: Buffer): readonly string[] {
    const endsAt = chunk.lastIndexOf('\n') + 1;
    const ended = endsAt === 0 ? [] : [...this.#unfinished.splice(0), chunk.subarray(0, endsAt)];
    if (endsAt > 0) this.#unfinishedBytes = 0;
    this.#unfinished.push(chunk.subarray(endsAt));
    this.#unfinishedBytes += chunk.length - endsAt;
    return Buffer.concat(ended).toString().split('\n').slice(0, -1);
  }

  #fail(what: string): void {
    const child = this.#child;
    child?.stdout?.removeAllListeners('data').destroy();
    if (child) kill(child, 'SIGKILL');
    this.#onEnd(new BotError('tool.flooded', true, `An MCP server ${what}.`));
  }

  /** Processes that it has left behind end with it. */
  #ended(child: ChildProcess): void {
    kill(child, 'SIGKILL');
    child.stdout?.destroy();
    this.#onEnd(gone());
    this.onclose?.();
  }
}

/** The receiver checks the rest by the schema of its request. */
function isMessage(value: unknown): value is JSONRPCMessage {
  return (
    typeof value === 'object' && value !== null && 'jsonrpc' in value && value.jsonrpc === '2.0'
  );
}

/** Kills it with all processes that it has started, where the system knows groups. */
function kill(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // Nothing of it is left.
  }
}

function gone(): BotError {
  return new BotError('tool.crashed', true, 'An MCP server ended.');
}
