import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { readCommand } from '#page/room/command-line.js';
import type { MessageLine } from '#sandbox/program/message-line.ts';
import type {
  AnswerLine,
  AskedLine,
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
  readonly onPage: (pageLine: PageLine) => void;
  /** Performs what a page asks. Throws BotError. */
  readonly onAsked: (
    request: PageQuestion,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** Called when the page is opened first, and after the last tab has closed. */
  readonly onWatched: (isWatched: boolean) => void;
};

export type PageQuestion = AskedLine['request'];

/** Starts the sandbox within 15 s. Throws BotError `sandbox.failed`. */
export async function startSandbox(
  onMessage: (message: MessageLine) => void,
  signal: AbortSignal,
  page?: SandboxPage,
): Promise<SandboxProcess> {
  // In its own group, so that Ctrl+C lets the bot leave first.
  const child = spawn(process.execPath, [program, ...toArguments(page)], {
    detached: true,
    stdio: 'pipe',
  });
  const complaint = readFirstComplaint(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const either = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
  try {
    const { done, value } = await waitUnlessAborted(lines.next(), either);
    if (done) throw new Error(await complaint);
    const ready: ReadyLine = JSON.parse(value);
    const { onAsked, onPage, onWatched } = page ?? {};
    const listeners = { onMessage, onAsked, onPage, onWatched };
    return new SandboxProcess(child, lines, ready, listeners);
  } catch (cause) {
    child.kill();
    signal.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : 'no reason given';
    throw new BotError(
      'sandbox.failed',
      true,
      `The sandbox did not start: ${reason}`,
      cause,
    );
  }
}

type SandboxListeners = Partial<
  Pick<SandboxPage, 'onAsked' | 'onPage' | 'onWatched'>
> & {
  readonly onMessage: (message: MessageLine) => void;
};

/** A sandbox in a process of its own, which reads orders and writes answers, one a line. */
export class SandboxProcess implements AsyncDisposable {
  /** First line of the sandbox, with its addresses and the recording to speak. */
  readonly ready: ReadyLine;
  readonly #child;
  readonly #listeners;
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ended = new AbortController();
  #lastId = 0;

  /** Reads the lines behind the first one, until they end. */
  constructor(
    child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    ready: ReadyLine,
    listeners: SandboxListeners,
  ) {
    this.ready = ready;
    this.#child = child;
    this.#listeners = listeners;
    child.stdin.on('error', () => undefined); // the end of its output tells
    void this.#readLines(lines);
  }

  /** Aborts with BotError `sandbox.failed` when the sandbox ends. */
  get gone(): AbortSignal {
    return this.#ended.signal;
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
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    // The answer of the program that was started here.
    return (await waitUnlessAborted(answer.promise, signal)) as Answer;
  }

  /** Ends the sandbox in order, or kills it after 3 s. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    const deadline = setTimeout(() => child.kill('SIGKILL'), farewellMs);
    child.stdin.end();
    await exited;
    clearTimeout(deadline);
  }

  async #readLines(lines: AsyncIterator<string>) {
    for (let next = await lines.next(); !next.done; next = await lines.next())
      this.#handleLine(JSON.parse(next.value));
    const error = new BotError('sandbox.failed', true, 'The sandbox has ended.');
    for (const { reject } of this.#answers.values()) reject(error);
    this.#answers.clear();
    this.#ended.abort(error);
  }

  #handleLine(sandboxLine: SandboxLine) {
    const { onMessage, onPage, onWatched } = this.#listeners;
    if ('ok' in sandboxLine) this.#settleAnswer(sandboxLine);
    else if (sandboxLine.kind === 'message') onMessage(sandboxLine);
    else if (sandboxLine.kind === 'page') onPage?.(sandboxLine);
    else if (sandboxLine.kind === 'watched') onWatched?.(sandboxLine.isWatched);
    else if (sandboxLine.kind === 'asked') void this.#answerPage(sandboxLine);
  }

  async #answerPage({ asked, request }: AskedLine) {
    const outcome = await this.#performAsked(request);
    // A sandbox that is gone says so itself.
    await this.sendRequest({ do: 'answer', asked, ...outcome }).catch(() => undefined);
  }

  async #performAsked(request: PageQuestion) {
    const { onAsked } = this.#listeners;
    try {
      return { answer: (await onAsked?.(request)) ?? {} };
    } catch (error) {
      return {
        error: error instanceof BotError ? error.message : 'That did not work.',
      };
    }
  }

  #settleAnswer(answerLine: AnswerLine) {
    const id = Number(answerLine.id);
    const answer = this.#answers.get(id);
    this.#answers.delete(id);
    if (answerLine.ok) answer?.resolve(answerLine);
    else answer?.reject(new BotError('sandbox.failed', true, answerLine.error));
  }
}

/** Trusts a certificate in this process, beside those of Node. */
export function trustCertificate(certificate: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificate]);
}

function toArguments(page: SandboxPage | undefined) {
  if (!page) return [];
  const { port, publicUrl, keptFile } = page;
  const url = publicUrl ? ['--page-url', publicUrl.href] : [];
  const address = ['--page-host', page.host, '--page-port', `${port}`];
  return [...address, '--kept', keptFile, ...url];
}

async function readFirstComplaint(child: ChildProcessWithoutNullStreams) {
  let complaints = '';
  for await (const chunk of child.stderr)
    complaints = `${complaints}${chunk}`.slice(0, 2000);
  const isError = (textLine: string) => /error/i.test(textLine);
  return complaints.split('\n').find(isError) ?? 'it ended at once';
}

export type ConsoleRequest = SandboxOrder extends infer Order
  ? Order extends SandboxOrder
    ? Omit<Order, 'id'>
    : never
  : never;

export type PageEvent = Extract<SandboxOrder, { do: 'tell' }>['event'];

export type HeardAnswer = Pick<HeardStretch, 'firstAudibleAtMs'>;
export type CommandAnswer = { readonly text: string; readonly ephemeral: boolean };
export type StateAnswer = {
  readonly bot: { readonly channel?: string };
  readonly commands: Parameters<typeof readCommand>[1];
};
