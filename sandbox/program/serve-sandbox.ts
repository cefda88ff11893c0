import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BrowserPage } from '#sandbox/page/browser-page.ts';
import type { BotEvent } from '#sandbox/page/browser-protocol.ts';
import { TypedVoices } from '#sandbox/page/typed-voices.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { BotQuestions } from './bot-questions.ts';
import { KeptSandbox } from './kept-sandbox.ts';
import { toMessageLine } from './message-line.ts';
import { performRequest } from './perform-request.ts';
import {
  maxLineBytes,
  parseRequestLine,
  type SandboxLine,
} from './program-protocol.ts';

const newline = 10;
const maxUnreadBytes = 8 * 1024 * 1024;
/** Longest that leaving may take. */
const maxFarewellMs = 2000;
/** Owner of the sandbox's server, with all rights there. */
const ownerName = 'Adam';
const { values: parsedOptions } = parseArgs({
  options: {
    'page-port': { type: 'string' },
    'page-host': { type: 'string', default: '127.0.0.1' },
    'page-url': { type: 'string' },
    kept: { type: 'string' },
  },
});
const tooLongAnswer = { id: null, ok: false, error: 'The line is too long.' } as const;
const questions = new BotQuestions(writeLine);
const recordingUrl = new URL('../recordings/what-time-is-it.wav', import.meta.url);

const stopController = new AbortController();
process.on('SIGINT', () => stopController.abort());
process.on('SIGTERM', () => stopController.abort());
process.stdout.on('error', () => stopController.abort());

try {
  const kept = new KeptSandbox(parsedOptions.kept, realClock.wallMs());
  const sandbox = await openSandbox({ ownerName, madeAtMs: kept.madeAtMs });
  writeReadyLine(sandbox);
  const page = showPage(sandbox, kept);
  await Promise.race([serveLines(sandbox, page), waitForStop()]);
  stopController.abort();
  setTimeout(() => process.exit(0), maxFarewellMs).unref();
  await (await page)?.[Symbol.asyncDispose]();
  await sandbox[Symbol.asyncDispose]();
  process.exit(0);
} catch (cause) {
  process.stderr.write(
    `error: ${cause instanceof Error ? cause.message : 'The sandbox failed.'}\n`,
  );
  process.exit(1);
}

/** Prints the addresses of everything, and from now on the bot's messages. */
function writeReadyLine(sandbox: Sandbox) {
  sandbox.onMessage((change) => {
    const message = toMessageLine(
      change,
      (id) => sandbox.nameOf(id),
      realClock.nowMs(),
    );
    if (message) writeLine(message);
  });
  writeLine({
    kind: 'ready',
    apiUrl: sandbox.apiUrl,
    token: sandbox.token,
    ca: sandbox.certificate,
    cdnHost: sandbox.cdnHost,
    guildId: sandbox.guildId,
    recording: fileURLToPath(recordingUrl),
  });
}

/**
 * Opens the room's page where the arguments ask for one: `--page-port` with `--page-host` and, behind a proxy,
 * `--page-url`. Its modules are loaded then, and `ready` does not wait for it.
 */
async function showPage(sandbox: Sandbox, kept: KeptSandbox) {
  const { 'page-port': port, 'page-host': host, 'page-url': url } = parsedOptions;
  if (port === undefined) return undefined;
  const [{ openBrowserPage }, { EnteredBrowsers }] = await Promise.all([
    import('#sandbox/page/browser-page.ts'),
    import('#src/web/http/entered-browsers.ts'),
  ]);
  const outcome = await openBrowserPage(sandbox, {
    port: Number(port),
    host,
    you: ownerName,
    askBot: (request, signal) => questions.ask(request, signal),
    browsers: new EnteredBrowsers({
      clock: realClock,
      kept: kept.browsers,
      onEntered: (browsers) => kept.keepBrowsers(browsers),
    }),
    publicUrl: url === undefined ? undefined : new URL(url),
    onWatched: (isWatched) => writeLine({ kind: 'watched', isWatched }),
    onBug: (error) => process.stderr.write(`error: the page: ${error}\n`),
  });
  if (outcome.kind === 'refused') {
    writeLine({ kind: 'page', why: outcome.why });
    return undefined;
  }
  const { page } = outcome;
  writeLine({ kind: 'page', url: page.url.href, link: page.link.href });
  return page;
}

/** Ends when stdin does, which is when the parent is gone. */
async function serveLines(sandbox: Sandbox, opening: Promise<BrowserPage | undefined>) {
  await using voices = new TypedVoices();
  const reportEvent = (event: BotEvent) =>
    void opening.then((page) => page?.report(event));
  const settle = questions.settle.bind(questions);
  const deps = { sandbox, voices, report: reportEvent, settle };
  for await (const text of readLines(process.stdin, maxLineBytes)) {
    const request = text === undefined ? tooLongAnswer : parseRequestLine(text);
    if ('ok' in request) writeLine(request);
    else void performRequest(deps, request, stopController.signal).then(writeLine);
  }
}

function waitForStop(): Promise<void> {
  return new Promise((resolve) => {
    if (stopController.signal.aborted) resolve();
    stopController.signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Writes a line. A reader that lets too much pile up is taken for gone. */
function writeLine(message: SandboxLine) {
  if (process.stdout.writableLength > maxUnreadBytes) stopController.abort();
  else process.stdout.write(`${JSON.stringify(message)}\n`);
}

/**
 * Cuts a byte stream into lines, empty ones left out. Yields undefined for one over
 * `limitBytes`.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
): AsyncGenerator<string | undefined> {
  let buffered = Buffer.alloc(0);
  for await (const bytes of stream) {
    buffered = Buffer.concat([buffered, bytes]);
    for (
      let end = buffered.indexOf(newline);
      end >= 0;
      end = buffered.indexOf(newline)
    ) {
      const text = buffered.subarray(0, end).toString().trim();
      buffered = buffered.subarray(end + 1);
      if (end > limitBytes) yield undefined;
      else if (text !== '') yield text;
    }
    // One byte over the limit is enough to know that the line is too long.
    buffered = buffered.subarray(0, limitBytes + 1);
  }
}
