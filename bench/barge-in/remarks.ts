import { basename } from 'node:path';
import type { QuestionClip } from '#bench/clips.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { classify } from '#src/turn/overlap/interjections.ts';
import { joined } from '#test/audio/speech.ts';
import type { Remark } from './interrupting.ts';

/** Recognised texts of unknown sounds, in order. */
export const guesses = ['Mhm.', '', 'Haha.', 'uh huh', '', 'Yeah.'];
const loudEnough = 600;
const windowMs = 10;

export function humanRemarks(clips: readonly QuestionClip[]): readonly Remark[] {
  return clips.filter(({ path }) => basename(path).startsWith('human-'));
}

/** "stop", as four voices of Flite say it. */
export async function spokenStops(): Promise<readonly Remark[]> {
  await using flite = await openEmbeddedSynthesizer();
  const stops: Remark[] = [];
  for (const name of ['slt', 'rms', 'awb', 'kal16']) {
    const sounds: Pcm[] = [];
    for await (const pcm of flite.synthesize('stop', { name }, AbortSignal.timeout(20_000))) {
      sounds.push(pcm);
    }
    const all = joined(sounds.map(({ samples }) => samples));
    const from = all.findIndex((sample) => Math.abs(sample) > loudEnough);
    const { rateHz = 16_000 } = sounds[0] ?? {};
    stops.push({ text: 'stop', pcm: { samples: all.slice(from), rateHz, channels: 1 } });
  }
  return stops;
}

export type ClairvoyanceOptions = {
  /** Length of voice, in ms, that is enough to know a remark. */
  readonly knownMs: number;
  /** Less is a sound that means nothing. */
  readonly guesses?: readonly string[];
};

/**
 * Recogniser without errors: it knows each sentence and its speaker, and emits the first word after `knownMs` of voice, the
 * others as their share of the sentence is heard. One remark at a time.
 */
export class ClairvoyantRecogniser {
  readonly #options: ClairvoyanceOptions;
  #remark: Remark | undefined;
  #reportedAtMs: number | undefined;
  #guessed = 0;

  constructor(options: ClairvoyanceOptions) {
    this.#options = options;
  }

  /** When it first told what can be no "mhm" of the remark that is expected. */
  get reportedAtMs(): number | undefined {
    return this.#reportedAtMs;
  }

  expect(remark: Remark): void {
    this.#remark = remark;
    this.#reportedAtMs = undefined;
  }

  hear(pcm: Pcm): string {
    const { knownMs, guesses = [] } = this.#options;
    const heardMs = voicedMs(pcm);
    if (!this.#remark || heardMs < knownMs) return guesses[this.#guessed++ % guesses.length] ?? '';
    const words = this.#remark.text.split(' ');
    const share = Math.min(1, heardMs / voicedMs(this.#remark.pcm) + 0.1);
    const reported = words.slice(0, Math.max(1, Math.floor(words.length * share))).join(' ');
    if (isProof(reported)) this.#reportedAtMs ??= realClock.nowMs();
    return reported;
  }
}

function isProof(text: string): boolean {
  const { kind } = classify(text, { isFinal: false });
  return kind !== 'backchannel' && kind !== 'empty';
}

function voicedMs({ samples, rateHz }: Pcm): number {
  const step = (rateHz * windowMs) / 1000;
  let windows = 0;
  for (let at = 0; at + step <= samples.length; at += step) {
    if (samples.subarray(at, at + step).some((sample) => Math.abs(sample) > loudEnough)) windows++;
  }
  return windows * windowMs;
}
