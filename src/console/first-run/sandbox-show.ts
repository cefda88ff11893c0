import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/wav.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { callIn, exchange, type SandboxObservers, type SpokenExchange } from './exchange.ts';
import { isUnderstood, judgeLikeness, neededSimilarity } from './judge.ts';
import type { SpokenRecorder } from './spoken-recorder.ts';

/** Adam, a synthetic voice, calls the bot in and asks for the time. Errors and abort: as `exchange`. */
export async function firstExchange(
  observers: SandboxObservers,
  signal: AbortSignal,
): Promise<SpokenExchange> {
  const called = await callIn('Adam', observers, signal);
  if (called.kind === 'failed') return called;
  const { time } = observers.sandbox.ready.recordings;
  return await exchange('Adam', time, 'adam-heard', observers, signal);
}

export type Proof =
  | { readonly kind: 'proved'; readonly line: string }
  | Extract<SpokenExchange, { kind: 'failed' }>;

/**
 * Whether the received sound is that of the pipeline, and can be understood, if any arrived. Errors: as the transcriber's.
 */
export async function prove(
  result: SpokenExchange,
  recorder: Pick<SpokenRecorder, 'takeAnswers'>,
  openTranscriber: () => Promise<Transcriber>,
  signal: AbortSignal,
): Promise<Proof> {
  if (result.kind === 'failed') return result;
  const transcriber = await openTranscriber();
  const pcm = readWav(await readFile(result.path));
  const { text } = result.answered;
  const verdict = await judgeLikeness(pcm, recorder.takeAnswers(), text, transcriber, signal);
  const [sound, words] = [verdict.similarity.toFixed(2), Math.round(verdict.words * 100)];
  const line = `the received sound matches the synthesised one (${sound} of 1) and holds ${words} % of its words in order`;
  if (verdict.similarity < neededSimilarity) {
    return {
      kind: 'failed',
      stage: 'sound',
      why: `the received sound is not the synthesised one (${sound} of 1)`,
    };
  }
  if (!isUnderstood(verdict)) {
    return {
      kind: 'failed',
      stage: 'words',
      why: `the received sound was understood as "${verdict.transcript}"`,
    };
  }
  return { kind: 'proved', line };
}
