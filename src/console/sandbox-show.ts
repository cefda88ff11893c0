import { readFile } from 'node:fs/promises';
import { readWav } from '#src/audio/wav.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { callIn, type Exchange, exchange, type Theatre } from './exchange.ts';
import { judge, neededSimilarity, neededWords } from './judge.ts';
import type { TappedSynthesizer } from './tap.ts';

/** Adam, a recorded man, calls the bot in and says five digits. Errors and abort: as `exchange`. */
export async function firstExchange(theatre: Theatre, signal: AbortSignal): Promise<Exchange> {
  const called = await callIn('Adam', theatre);
  if (called.kind === 'failed') return called;
  theatre.show.blank();
  return await exchange(
    'Adam',
    theatre.sandbox.ready.recordings.digits,
    'adam-heard',
    theatre,
    signal,
  );
}

/** Ben, a synthetic voice, says yes by calling the bot as well, and asks for the time. Errors and abort: as `exchange`. */
export async function secondExchange(theatre: Theatre, signal: AbortSignal): Promise<Exchange> {
  theatre.show.blank();
  const called = await callIn('Ben', theatre);
  if (called.kind === 'failed') return called;
  theatre.show.blank();
  return await exchange('Ben', theatre.sandbox.ready.recordings.time, 'ben-heard', theatre, signal);
}

export type Proof =
  | { readonly kind: 'proved'; readonly line: string }
  | Extract<Exchange, { kind: 'failed' }>;

/** Whether what arrived is what was synthesised, and can be understood. Errors: as the transcriber's. */
export async function prove(
  result: Exchange,
  tap: TappedSynthesizer,
  transcriber: Transcriber,
  signal: AbortSignal,
): Promise<Proof> {
  if (result.kind === 'failed') return result;
  const pcm = readWav(await readFile(result.path));
  const { text } = result.answered;
  const verdict = await judge(pcm, tap.takeSpoken(), text, transcriber, signal);
  const [sound, words] = [verdict.similarity.toFixed(2), Math.round(verdict.words * 100)];
  const line = `what arrived matches what was synthesised (${sound} of 1) and holds ${words} % of its words in order`;
  if (verdict.similarity < neededSimilarity) {
    return {
      kind: 'failed',
      stage: 'sound',
      why: `what arrived is not what was synthesised (${sound} of 1)`,
    };
  }
  if (verdict.words < neededWords) {
    return {
      kind: 'failed',
      stage: 'words',
      why: `what arrived was understood as "${verdict.transcript}"`,
    };
  }
  return { kind: 'proved', line };
}
