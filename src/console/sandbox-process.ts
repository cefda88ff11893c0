import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { readCommand } from '#page/room/command-line.js';
import type { MessageLine } from '#sandbox/program/message-line.ts';
import type {
  AnswerLine,
  PageLine,
  ReadyLine,
  SandboxLine,
  SandboxOrder,
} from '#sandbox/program/program-protocol.ts';
import type { HeardStretch } from '#sandbox/voice-client/heard-recorder.ts';
import { neverAborted, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';

export type { PageLine };

const program = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));
const startMs = 15_000;
const farewellMs = 3_000;

export type SandboxPage = {
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: URL;
  /** Keeps the key of the page and the id of the server. */
  readonly keptFile: string;
  /** Called once. */
  readonly onPage: (line: PageLine) => void;
};

/**
 * The sandbox as a child process in its own group, so that Ctrl+C lets the bot leave
 * first.
 */
export class SandboxProcess implements AsyncDisposable {
  readonly ready: ReadyLine;
  readonly #child;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #onMessage;
  readonly #page;
  readonly #gone = new AbortController();
  #lastId = 0;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    ready: ReadyLine,
    onMessage: (message: MessageLine) => void,
    page: SandboxPage | undefined,
  ) {
    this.#child = child;
    this.ready = ready;
    this.#onMessage = onMessage;
    this.#page = page;
    child.stdin.on('error', () => undefined); // the end of its output tells
    void this.#readLines(lines);
  }

  /** Starts the sandbox within 15 s. Throws BotError `sandbox.failed`. */
  static async start(
    onMessage: (message: MessageLine) => void,
    signal: AbortSignal,
    page?: SandboxPage,
  ): Promise<SandboxProcess> {
    const child = spawn(process.execPath, [program, ...toArguments(page)], {
      detached: true,
      stdio: 'pipe',
    });
    const complaint = readFirstComplaint(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const either = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
    try {
      const first = await waitUnlessAborted(lines.next(), either);
      if (first.done) throw new Error(await complaint);
      return new SandboxProcess(child, lines, JSON.parse(first.value), onMessage, page);
    } catch (cause) {
      child.kill();
      signal.throwIfAborted();
      const why = cause instanceof Error ? cause.message : 'no reason given';
      throw new BotError(
        'sandbox.failed',
        true,
        `The sandbox did not start: ${why}`,
        cause,
      );
    }
  }

  /**
   * Returns a signal that aborts with BotError `sandbox.failed` when the sandbox ends.
   */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Sends a request. Throws BotError `sandbox.failed` with the sandbox's own sentence.
   * An aborted request still takes effect.
   */
  async sendRequest<Answer>(
    request: ConsoleRequest,
    signal: AbortSignal = neverAborted,
  ): Promise<Answer> {
    AbortSignal.any([signal, this.gone]).throwIfAborted();
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    const leaveQueue = () => pending.reject(signal.reason);
    this.#pending.set(id, pending);
    this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    signal.addEventListener('abort', leaveQueue);
    try {
      return (await pending.promise) as Answer; // written by the program that was started here
    } finally {
      signal.removeEventListener('abort', leaveQueue);
    }
  }

  async [Symbol.asyncDispose]() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), farewellMs);
    this.#child.stdin.end();
    await gone;
    clearTimeout(deadline);
  }

  async #readLines(lines: AsyncIterator<string>) {
    for (let line = await lines.next(); !line.done; line = await lines.next())
      this.#handleLine(JSON.parse(line.value));
    const gone = new BotError('sandbox.failed', true, 'The sandbox has ended.');
    for (const { reject } of this.#pending.values()) reject(gone);
    this.#pending.clear();
    this.#gone.abort(gone);
  }

  #handleLine(line: SandboxLine) {
    if ('ok' in line) this.#settleAnswer(line);
    else if (line.kind === 'message') this.#onMessage(line);
    else if (line.kind === 'page') this.#page?.onPage(line);
  }

  #settleAnswer(answer: AnswerLine) {
    const id = Number(answer.id);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (answer.ok) pending?.resolve(answer);
    else pending?.reject(new BotError('sandbox.failed', true, answer.error));
  }
}

export function trustCertificate(certificate: string) {
  setDefaultCACertificates([...getCACertificates('default'), certificate]);
}

function toArguments(page: SandboxPage | undefined) {
  if (!page) return [];
  const { host, port, publicUrl, keptFile } = page;
  const url = publicUrl ? ['--page-url', publicUrl.href] : [];
  return ['--page-host', host, '--page-port', `${port}`, '--kept', keptFile, ...url];
}

async function readFirstComplaint(child: ChildProcessWithoutNullStreams) {
  let said = '';
  for await (const chunk of child.stderr) said = `${said}${chunk}`.slice(0, 2000);
  return said.split('\n').find((line) => /error/i.test(line)) ?? 'it ended at once';
}

export type ConsoleRequest = SandboxOrder extends infer One
  ? One extends SandboxOrder
    ? Omit<One, 'id'>
    : never
  : never;

export type PageEvent = Extract<SandboxOrder, { do: 'tell' }>['event'];

export type HeardAnswer = Pick<HeardStretch, 'firstAudibleAtMs'>;
export type CommandAnswer = { readonly text: string; readonly ephemeral: boolean };
export type StateAnswer = {
  readonly bot: { readonly channel?: string };
  readonly commands: Parameters<typeof readCommand>[1];
};
