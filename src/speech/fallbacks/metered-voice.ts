import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { counted, type HoldResult } from '#src/provider/models/request-hold.ts';
import type { EngineUsage, ServerUsage, Synthesizer } from '#src/speech/ports.ts';
import { sumOf } from './request-counter.ts';

/** Length of a spoken text, and of its sound. */
export type SpokenUsage = {
  readonly characters: number;
  readonly ms: number;
  /** Usage, with a count only if all of the text was spoken, and counted. */
  readonly usage?: EngineUsage;
};

/**
 * Called once for each request for a text, when it has ended or was cut short. A request refused before its first sound
 * costs nothing.
 */
export type OnSpoken = (spoken: SpokenUsage) => void;

/** Called before each request, which it may refuse by an error; its sound is cut after so many ms. */
export type HoldSpeech = (text: string) => HoldResult;

/** Counts every request of a synthesizer, also of one that stands in for another. */
export function meteredVoice(
  synthesizer: Synthesizer,
  spoke: OnSpoken,
  hold?: HoldSpeech,
): Synthesizer {
  const each = (engine: Synthesizer) => metered(engine, spoke, hold);
  return synthesizer.wrapped?.(each) ?? each(synthesizer);
}

function metered(synthesizer: Synthesizer, spoke: OnSpoken, hold?: HoldSpeech): Synthesizer {
  const { oneVoice } = synthesizer;
  return {
    synthesize(text, voice, signal) {
      const tally = new Tally();
      const onUsage = (usage: EngineUsage) => {
        tally.add(usage);
        voice.onUsage?.(usage);
      };
      let ms = 0;
      return counted(
        {
          hold: () => hold?.(text),
          ask: (mostMs) =>
            cutAfter(synthesizer.synthesize(text, { ...voice, onUsage }, signal), mostMs),
          isOutput: (pcm) => {
            ms += durationMs(pcm);
            return ms > 0;
          },
          over: (isWhole) => spoke({ characters: text.length, ms, usage: tally.usage(isWhole) }),
        },
        signal,
      );
    },
    oneVoice: oneVoice && (() => metered(oneVoice.call(synthesizer), spoke, hold)),
  };
}

/** The first `mostMs` of the sound. */
async function* cutAfter(
  sound: AsyncIterable<Pcm>,
  mostMs = Number.POSITIVE_INFINITY,
): AsyncGenerator<Pcm> {
  let leftMs = mostMs;
  for await (const pcm of sound) {
    const { channels, rateHz, samples } = pcm;
    const most = Math.floor((leftMs * rateHz) / 1_000) * channels;
    yield samples.length > most ? { ...pcm, samples: samples.subarray(0, most) } : pcm;
    leftMs -= durationMs(pcm);
    if (leftMs <= 0) return;
  }
}

/** Sum of all requests for one text, attributed to the last engine asked. */
class Tally {
  #by: EngineUsage['by'];
  #begun = 0;
  #counts: ServerUsage[] = [];

  add({ by, count }: EngineUsage): void {
    if (JSON.stringify(by) !== JSON.stringify(this.#by)) [this.#begun, this.#counts] = [0, []];
    this.#by = by;
    if (count) this.#counts.push(count);
    else this.#begun++;
  }

  usage(isWhole: boolean): EngineUsage | undefined {
    const isReported = isWhole && this.#counts.length >= this.#begun;
    const [first, ...more] = isReported ? this.#counts : [];
    const count = more.reduce(sumOf, first);
    return this.#by || count ? { by: this.#by, count } : undefined;
  }
}
