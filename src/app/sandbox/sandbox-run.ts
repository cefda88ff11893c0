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
import { takeAsTyped, takeInTurn } from '#src/console/first-run/talk-on.ts';
import { PersonVoices } from '#src/console/first-run/voices.ts';
import { host, LineDesk } from '#src/console/prompt/line-desk.ts';
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
  readonly stage: ExchangeParts;
};

/** One exchange and its proof. Returns the exit code. Errors: BotError. Aborting `signal` throws its reason. */
export async function runOnce(play: SandboxRun, signal: AbortSignal): Promise<number> {
  const { config, engines, stage } = play;
  const { show, recorder } = stage;
  const first = await firstExchange(stage, signal);
  await using stack = new AsyncDisposableStack();
  // The judge is always the embedded recogniser: it cannot be told what it ought to hear.
  const embedded = config.transcription.kind === 'embedded';
  const openEar = async () =>
    embedded ? engines.transcriber : stack.use(await openEmbeddedTranscriber());
  const proof = await prove(first, recorder, openEar, signal);
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
  const { config, stage, wall } = play;
  const { show } = stage;
  await using voices = new PersonVoices({
    taken:
      config.speech.kind === 'embedded'
        ? (config.speech.voice ?? standardEmbeddedVoice)
        : undefined,
    onOpen: () => show.note('opening the embedded voices for what is typed'),
  });
  const people = new PeoplePresent(stage, config.consent.policy !== 'notice');
  const desk = new LineDesk({ stage, wall, people, voices });
  if (recordings.length > 0) await playRecordings(recordings, desk, people, stage, signal);
  else await playExchanges({ people, stage, wall }, signal);
  show.blank();
  await talkOn(play, desk, signal);
  return 0;
}

async function playExchanges(parts: SecondExchangeParts, signal: AbortSignal): Promise<void> {
  const { people, stage } = parts;
  const first = await firstExchange(stage, signal);
  people.seated(host, 'Lounge');
  tellFailure(first, stage);
  tellFailure(await secondExchange(parts, signal), stage);
}

function tellFailure(one: SpokenExchange, { show }: ExchangeParts): void {
  if (one.kind === 'failed') show.note(`failed at ${one.stage}: ${one.why}`);
}

async function playRecordings(
  recordings: readonly string[],
  desk: LineDesk,
  people: PeoplePresent,
  stage: ExchangeParts,
  signal: AbortSignal,
): Promise<void> {
  const called = await callIn(host, stage, signal);
  people.seated(host, 'Lounge');
  if (called.kind === 'failed') stage.show.note(`failed at ${called.stage}: ${called.why}`);
  for (const wav of recordings) {
    stage.show.blank();
    await desk.play(wav, signal);
  }
}

/** Reads typed speech: at a terminal as it is typed; from a pipe, a file or a service manager line by line, to their end. */
async function talkOn(
  { screen, stage }: SandboxRun,
  desk: LineDesk,
  signal: AbortSignal,
): Promise<void> {
  const { stdin: input, stdout: output } = process;
  const { show } = stage;
  if (!input.isTTY || !output.isTTY) {
    await takeInTurn(pipeLines(input, signal), desk, show, signal);
    return;
  }
  show.note(
    `Type to speak as ${host}, "bob: ..." as someone else, /help for commands, ? for keys, Ctrl+C to leave.`,
  );
  const suggest = (line: string) => desk.suggest(line);
  const read = (until: AbortSignal) => promptLines({ input, output, screen, suggest }, until);
  await takeAsTyped(read, desk, show, signal);
}

function waitLine(firstAudibleAtMs: number): string {
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  return `first reply heard ${((firstAudibleAtMs - startedMs) / 1000).toFixed(1)} s after the start`;
}
