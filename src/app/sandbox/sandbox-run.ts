import type { Engines } from '#src/app/engines/engines.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import type { ExchangeParts } from '#src/console/first-run/sandbox-run-exchange.ts';
import { firstExchange, prove } from '#src/console/first-run/sandbox-show.ts';
import { handleAsTyped, handleInTurn } from '#src/console/first-run/talk-on.ts';
import { TypedVoice } from '#src/console/first-run/voices.ts';
import { host, LineHandler } from '#src/console/prompt/line-handler.ts';
import { pipeLines } from '#src/console/prompt/prompt.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';
import { standardEmbeddedVoice } from '#src/speech/embedded/flite-voices.ts';

/** Everything that stands when the bot is logged in to the sandbox. */
export type SandboxRun = {
  readonly config: Config;
  readonly engines: Engines;
  readonly parts: ExchangeParts;
  /** Shows messages of the bot from now on. */
  tell(): void;
};

/** One exchange and its proof. Returns the exit code. Errors: BotError. Aborting `signal` throws its reason. */
export async function runOnce(play: SandboxRun, signal: AbortSignal): Promise<number> {
  const { config, engines, parts } = play;
  const { show } = parts;
  const first = await firstExchange(parts, signal);
  await using stack = new AsyncDisposableStack();
  // The judge is always the embedded recogniser: it cannot be told what it ought to hear.
  const embedded = config.transcription.kind === 'embedded';
  const openInput = async () =>
    embedded ? engines.transcriber : stack.use(await openEmbeddedTranscriber());
  const proof = await prove(first, openInput, signal);
  if (first.kind === 'exchanged') show.note(waitLine(first.heard.firstAudibleAtMs));
  show.note(proof.kind === 'proved' ? proof.line : `failed at ${proof.stage}: ${proof.why}`);
  return proof.kind === 'proved' ? 0 : 1;
}

/**
 * One exchange, then whatever is typed: at a terminal the next line may come while one is answered; the lines of a pipe, a
 * file or a service manager come one after the other, to their end. Returns the exit code when the lines end.
 *
 * Errors: BotError. Aborting `signal` throws its reason.
 */
export async function runPrompt(
  { config, parts, tell }: SandboxRun,
  signal: AbortSignal,
): Promise<number> {
  const { show } = parts;
  const taken =
    config.speech.kind === 'embedded' ? (config.speech.voice ?? standardEmbeddedVoice) : undefined;
  const onOpen = () => show.note('opening the embedded voice for what is typed');
  await using voice = new TypedVoice({ taken, onOpen });
  const lines = new LineHandler(parts, voice);
  const first = await firstExchange(parts, signal);
  if (first.kind === 'failed') show.note(`failed at ${first.stage}: ${first.why}`);
  tell();
  const { stdin: input, stdout: output } = process;
  if (input.isTTY && output.isTTY) {
    show.note(`Type to speak as ${host}; /help shows commands; Ctrl+C leaves.`);
    await handleAsTyped((until) => pipeLines(input, until), lines, show, signal);
  } else await handleInTurn(pipeLines(input, signal), lines, show, signal);
  return 0;
}

function waitLine(firstAudibleAtMs: number): string {
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  return `first reply heard ${((firstAudibleAtMs - startedMs) / 1000).toFixed(1)} s after the start`;
}
