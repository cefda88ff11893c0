import { type ChildProcess, spawn } from 'node:child_process';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { BotError } from '#src/base/errors.ts';
import { readForeignJson } from '#src/base/json.ts';
import { checkedMessage, MessageLimiter, messageLimits } from './message-limits.ts';
import { countLines, MessageLineSplitter } from './message-line-splitter.ts';
import type { McpTransport } from './servers-file.ts';

/** A program's life after its input was closed, and after it was told to end, in ms. */
const graceMs = 500;

export type StdioOptions = {
  readonly nowMs: () => number;
  /** Where its complaints go. Default: nowhere. */
  readonly stderr?: 'inherit';
};

/**
 * MCP over the standard streams of a program that is started for it, with a bound on what it may send: the SDK's own counts
 * neither messages nor lines that are none, and hands on more of the environment.
 *
 * Ends by itself where the program ends or sends too much; `failure` says why.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  failure: BotError | undefined;
  readonly #server: McpTransport & { readonly kind: 'stdio' };
  readonly #options: StdioOptions;
  readonly #budget = new MessageLimiter();
  readonly #lines = new MessageLineSplitter(messageLimits.bytes);
  #child: ChildProcess | undefined;

  constructor(server: McpTransport & { readonly kind: 'stdio' }, options: StdioOptions) {
    this.#server = server;
    this.#options = options;
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
    child.once('exit', () => this.#exited(child));
    child.once('close', () => this.#ended());
    child.stdin?.on('error', () => undefined); // it has gone: `exit` tells
    child.stdout?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    await started.promise;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (!stdin?.writable) throw this.failure ?? gone();
    if (!stdin.write(`${checkedMessage(JSON.stringify(message))}\n`))
      await new Promise<void>((resolve) => {
        stdin.once('drain', resolve);
        stdin.once('close', resolve);
      });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null || !child.pid) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const grace = Promise.withResolvers<'late'>();
      const timer = setTimeout(grace.resolve, graceMs, 'late');
      const first = await Promise.race([ended, grace.promise]);
      clearTimeout(timer);
      if (first !== 'late') return;
      kill(child, signal);
    }
    await ended;
  }

  /** Lines that are no message are passed over: some programs greet. */
  #receive(chunk: Buffer): void {
    const isFine = this.#budget.take(chunk.length, countLines(chunk), this.#options.nowMs());
    if (!isFine) return void this.#fail('exceeded its limit of messages');
    const lines = this.#lines.push(chunk);
    if (!lines) return void this.#fail('sent too long a message');
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const read = readForeignJson(line, messageLimits);
      if (read.kind === 'ok' && isMessage(read.value)) this.onmessage?.(read.value);
      if (read.kind === 'fault' && read.code === 'json.too_large')
        return void this.#fail(`sent ${read.words}`);
    }
  }

  #fail(what: string): void {
    if (this.failure || !this.#child) return;
    this.failure = new BotError('tool.flooded', true, `An MCP server ${what}.`);
    this.#child.stdout?.removeAllListeners('data');
    this.#child.stdout?.destroy();
    kill(this.#child, 'SIGKILL');
    this.onerror?.(this.failure);
  }

  /** Reads its last words, but not for long: a process that it has left behind may hold its output open. */
  #exited(child: ChildProcess): void {
    kill(child, 'SIGKILL');
    const timer = setTimeout(() => child.stdout?.destroy(), graceMs);
    child.once('close', () => clearTimeout(timer));
  }

  #ended(): void {
    this.failure ??= gone();
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
