import { readFile } from 'node:fs/promises';
import { listenRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { callIn, exchange, type SandboxObservers, type SpokenExchange } from './exchange.ts';
import { neededWords, wordsInOrder } from './judge.ts';

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

/** Whether the received sound, if any arrived, can be understood as the answer. Errors: as the transcriber's. */
export async function prove(
  result: SpokenExchange,
  openTranscriber: () => Promise<Transcriber>,
  signal: AbortSignal,
): Promise<Proof> {
  if (result.kind === 'failed') return result;
  const transcriber = await openTranscriber();
  const pcm = resample(readWav(await readFile(result.path)), listenRateHz);
  let heard = '';
  for await (const update of transcriber.transcribe(pcm, signal)) {
    if (update.kind === 'final') heard = update.transcript.text;
  }
  const words = wordsInOrder(result.answered.text, heard);
  if (words < neededWords)
    return {
      kind: 'failed',
      stage: 'words',
      why: `the received sound was understood as "${heard}"`,
    };
  const line = `the received sound holds ${Math.round(words * 100)} % of the answer's words in order`;
  return { kind: 'proved', line };
}
