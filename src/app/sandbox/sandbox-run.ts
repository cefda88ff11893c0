import type { Engines } from '#src/app/engines/engines.ts';
import { realClock } from '#src/base/clock.ts';
import type { Config } from '#src/config/types.ts';
import { firstExchange, host, prove, type SandboxObservers } from '#src/console/exchange.ts';
import { performLines } from '#src/console/typed-lines.ts';
import { openEmbeddedTranscriber } from '#src/speech/embedded/embedded-transcriber.ts';

/** Everything that stands when the bot is logged in to the sandbox. */
export type SandboxRun = {
  readonly config: Config;
  readonly engines: Engines;
  readonly observers: SandboxObservers;
  /** Shows messages of the bot from now on. */
  tell(): void;
};

/** One exchange and its proof. Returns the exit code. Errors: BotError. Aborting `signal` throws its reason. */
export async function runOnce(
  { config, engines, observers }: SandboxRun,
  signal: AbortSignal,
): Promise<number> {
  const { show } = observers;
  const first = await firstExchange(observers, signal);
  if (first.kind === 'failed') {
    show.note(`failed at ${first.stage}: ${first.why}`);
    return 1;
  }
  await using stack = new AsyncDisposableStack();
  // The judge is always the embedded recogniser: it cannot be told what it ought to hear.
  const transcriber =
    config.transcription.kind === 'embedded'
      ? engines.transcriber
      : stack.use(await openEmbeddedTranscriber());
  const { verdict, why } = await prove(first, transcriber, signal);
  show.note(waitLine(first.heard.firstAudibleAtMs));
  const isProved = verdict === 'ok';
  show.note(isProved ? `the received sound holds ${why}` : `failed at words: ${why}`);
  return isProved ? 0 : 1;
}

/**
 * One exchange, then whatever is typed. Returns the exit code when the lines end.
 *
 * Errors: BotError. Aborting `signal` throws its reason.
 */
export async function runPrompt(
  { observers, tell }: SandboxRun,
  signal: AbortSignal,
): Promise<number> {
  const { show } = observers;
  const first = await firstExchange(observers, signal);
  if (first.kind === 'failed') show.note(`failed at ${first.stage}: ${first.why}`);
  tell();
  show.note(`Type to speak as ${host}; /help shows commands; Ctrl+C leaves.`);
  await performLines(process.stdin, observers, signal);
  return 0;
}

function waitLine(firstAudibleAtMs: number): string {
  const startedMs = realClock.nowMs() - process.uptime() * 1000;
  return `first reply heard ${((firstAudibleAtMs - startedMs) / 1000).toFixed(1)} s after the start`;
}
