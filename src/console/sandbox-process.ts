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
    const first = await waitUnlessAborted(lines.next(), either);
    if (first.done) throw new Error(await complaint);
    const ready: ReadyLine = JSON.parse(first.value);
    return openSandboxProcess(child, lines, ready, { onMessage, onPage: page?.onPage });
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

export type SandboxProcess = ReturnType<typeof openSandboxProcess>;

type SandboxListeners = Partial<Pick<SandboxPage, 'onPage'>> & {
  readonly onMessage: (message: MessageLine) => void;
};

function openSandboxProcess(
  child: ChildProcessWithoutNullStreams,
  lines: AsyncIterator<string>,
  ready: ReadyLine,
  { onMessage, onPage }: SandboxListeners,
) {
  const pending = new Map<number, PromiseWithResolvers<unknown>>();
  const ended = new AbortController();
  let lastId = 0;
  child.stdin.on('error', () => undefined); // the end of its output tells
  void readLines();

  async function readLines() {
    for (let line = await lines.next(); !line.done; line = await lines.next())
      handleLine(JSON.parse(line.value));
    const gone = new BotError('sandbox.failed', true, 'The sandbox has ended.');
    for (const { reject } of pending.values()) reject(gone);
    pending.clear();
    ended.abort(gone);
  }

  function handleLine(line: SandboxLine) {
    if ('ok' in line) settleAnswer(line);
    else if (line.kind === 'message') onMessage(line);
    else if (line.kind === 'page') onPage?.(line);
  }

  function settleAnswer(answer: AnswerLine) {
    const id = Number(answer.id);
    const waiting = pending.get(id);
    pending.delete(id);
    if (answer.ok) waiting?.resolve(answer);
    else waiting?.reject(new BotError('sandbox.failed', true, answer.error));
  }

  return {
    ready,

    /** Aborts with BotError `sandbox.failed` when the sandbox ends. */
    gone: ended.signal,

    /**
     * Sends a request. Throws BotError `sandbox.failed` with the sandbox's own sentence.
     * An aborted request still takes effect.
     */
    async sendRequest<Answer>(
      request: ConsoleRequest,
      signal: AbortSignal = neverAborted,
    ): Promise<Answer> {
      AbortSignal.any([signal, ended.signal]).throwIfAborted();
      const id = ++lastId;
      const answer = Promise.withResolvers<unknown>();
      pending.set(id, answer);
      child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
      // The answer of the program that was started here.
      return (await waitUnlessAborted(answer.promise, signal)) as Answer;
    },

    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      const deadline = setTimeout(() => child.kill('SIGKILL'), farewellMs);
      child.stdin.end();
      await exited;
      clearTimeout(deadline);
    },
  };
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
