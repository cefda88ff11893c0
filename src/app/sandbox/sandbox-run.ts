import type { Engines } from '#src/app/engines/engines.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { callIn, type SpokenExchange } from '#src/console/first-run/exchange.ts';
import type { ExchangeParts } from '#src/console/first-run/sandbox-run-exchange.ts';
import {
  firstExchange,
  prove,
  type SecondExchangeParts,
  secondExchange,
} from '#src/console/first-run/sandbox-show.ts';
import { handleAsTyped, handleInTurn } from '#src/console/first-run/talk-on.ts';
import { PersonVoices } from '#src/console/first-run/voices.ts';
import { host, LineHandler } from '#src/console/prompt/line-handler.ts';
import type { MessageWall } from '#src/console/prompt/message-wall.ts';
import { PeoplePresent } from '#src/console/prompt/people-present.ts';
import { pipeLines, promptLines } from '#src/console/prompt/prompt.ts';
import type { Screen } from '#src/console/screen.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import { standardEmbeddedVoice } from '#src/speech/embedded/flite-voices.ts';

/** Everything that stands when the bot is logged in to the sandbox. */
export type SandboxRun = {
  readonly config: Config;
  readonly engines: Engines;
  readonly screen: Screen;
  readonly wall: MessageWall;
  readonly parts: ExchangeParts;
};

/** One exchange and its proof. Returns the exit code. Errors: BotError. Aborting `signal` throws its reason. */
export async function runOnce(play: SandboxRun, signal: AbortSignal): Promise<number> {
  const { config, engines, parts } = play;
  const { show, recorder } = parts;
  const first = await firstExchange(parts, signal);
  await using stack = new AsyncDisposableStack();
  // The judge is always the embedded recogniser: it cannot be told what it ought to hear.
  const embedded = config.transcription.kind === 'embedded';
  const openInput = async () =>
    embedded ? engines.transcriber : stack.use(await openEmbeddedTranscriber());
  const proof = await prove(first, recorder, openInput, signal);
  show.blank();
  if (first.kind === 'exchanged') show.note(waitLine(first.heard.firstAudibleAtMs));
  show.note(proof.kind === 'proved' ? proof.line : `failed at ${proof.stage}: ${proof.why}`);
  return proof.kind === 'proved' ? 0 : 1;
}

/**
 * Two exchanges, or `recordings` in their place, then whatever is typed. Returns the exit code when the lines end.
 *
 * Errors: BotError. Aborting `signal` throws its reason.
 */
export async function runPrompt(
  play: SandboxRun,
  recordings: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { config, parts, wall } = play;
  const { show } = parts;
  await using voices = new PersonVoices({
    taken:
      config.speech.kind === 'embedded'
        ? (config.speech.voice ?? standardEmbeddedVoice)
        : undefined,
    onOpen: () => show.note('opening the embedded voices for what is typed'),
  });
  const people = new PeoplePresent(parts, config.consent.policy !== 'notice');
  const lines = new LineHandler({ parts, wall, people, voices });
  if (recordings.length > 0) await playRecordings(recordings, lines, people, parts, signal);
  else await playExchanges({ people, parts, wall }, signal);
  show.blank();
  await talkOn(play, lines, signal);
  return 0;
}

async function playExchanges(parts: SecondExchangeParts, signal: AbortSignal): Promise<void> {
  const { people, parts: exchange } = parts;
  const first = await firstExchange(exchange, signal);
  people.seated(host, 'Lounge');
  reportFailure(first, exchange);
  reportFailure(await secondExchange(parts, signal), exchange);
}

function reportFailure(one: SpokenExchange, { show }: ExchangeParts): void {
  if (one.kind === 'failed') show.note(`failed at ${one.stage}: ${one.why}`);
}

async function playRecordings(
  recordings: readonly string[],
  lines: LineHandler,
  people: PeoplePresent,
  parts: ExchangeParts,
  signal: AbortSignal,
): Promise<void> {
  const called = await callIn(host, parts, signal);
  people.seated(host, 'Lounge');
  if (called.kind === 'failed') parts.show.note(`failed at ${called.stage}: ${called.why}`);
  for (const wav of recordings) {
    parts.show.blank();
    await lines.play(wav, signal);
  }
}

/** Reads typed speech: at a terminal as it is typed; from a pipe, a file or a service manager line by line, to their end. */
async function talkOn(
  { screen, parts }: SandboxRun,
  lines: LineHandler,
  signal: AbortSignal,
): Promise<void> {
  const { stdin: input, stdout: output } = process;
  const { show } = parts;
  if (!input.isTTY || !output.isTTY) {
    await handleInTurn(pipeLines(input, signal), lines, show, signal);
    return;
  }
  show.note(
    `Type to speak as ${host}, "bob: ..." as someone else, /help for commands, ? for keys, Ctrl+C to leave.`,
  );
  const suggest = (line: string) => lines.suggest(line);
  const read = (until: AbortSignal) => promptLines({ input, output, screen, suggest }, until);
  await handleAsTyped(read, lines, show, signal);
}

function waitLine(firstAudibleAtMs: number): string {
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  return `first reply heard ${((firstAudibleAtMs - startedMs) / 1000).toFixed(1)} s after the start`;
}
