import {
  type LevelledSound,
  musicRateHz,
  type Pcm,
  toMono,
  type VoiceLoudness,
} from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { Gain, getLevellingGain, RunningLevel, voiceLufs } from './loudness.ts';

/** Share of each further text in the loudness of its voice: a whisper or a shout is no other voice. */
const newTextShare = 0.25;
/** A voice of which so much was measured is known: to measure costs more than all else that is done to its samples. */
const enoughSeconds = 20;
/** A faster change within a word is heard. */
const glideSeconds = 0.5;
const maxVoices = 200;

/**
 * Knows how loud the voices of a server are. A channel levels sound that carries the loudness of its voice; programs get it as the
 * server made it. Sound passes at once: the first text of a voice is measured as it passes, and the texts after it keep one gain
 * from their first sample on.
 *
 * @example
 * import { levelSpeech, VoiceLevels } from '#src/audio/loudness/voice-levels.ts';
 *
 * const loudness = new VoiceLevels().getLoudness('alloy');
 * const samples = new Int16Array(24_000).map((_, n) => (n % 60 < 30 ? 30_000 : -30_000));
 * async function* speak() {
 *   yield { samples, rateHz: 24_000, channels: 1, loudness } as const;
 * }
 * const [levelled] = await Array.fromAsync(levelSpeech(speak()));
 * (levelled?.samples[0] ?? 0) < 10_000; // true
 */
export class VoiceLevels {
  readonly #voices = new Map<string, KnownLoudness>();

  /** Gets the loudness of a voice, by any name that tells the voice from others. */
  getLoudness(voice: string): VoiceLoudness {
    const loudness = this.#voices.get(voice) ?? new KnownLoudness();
    this.#voices.delete(voice);
    this.#voices.set(voice, loudness);
    const [oldest] = this.#voices.keys();
    if (this.#voices.size > maxVoices && oldest !== undefined)
      this.#voices.delete(oldest);
    return loudness;
  }
}

/** Levels the pieces of one text that carry the loudness of a voice. */
export async function* levelSpeech(sound: AsyncIterable<Pcm>): AsyncGenerator<Pcm> {
  const text = new SpokenText();
  for await (const pcm of sound) yield text.levelSound(pcm);
}

/** Levels a whole text of a voice. Returns a mono copy. */
export function levelWholeVoice(pcm: Pcm): Pcm {
  return new KnownLoudness().openText().levelSound(pcm);
}

/** One text, whose sound may be of a voice that is to be levelled, or not. */
export class SpokenText implements LevelledSound {
  #loudness: VoiceLoudness | undefined;
  #levelled: LevelledSound | undefined;

  /** Levels sound that carries a loudness, and returns all other sound as it is. */
  levelSound(pcm: Pcm): Pcm {
    const { loudness } = pcm;
    if (loudness !== this.#loudness) {
      this.#loudness = loudness;
      this.#levelled = loudness?.openText();
    }
    return this.#levelled?.levelSound(pcm) ?? pcm;
  }
}

class KnownLoudness implements VoiceLoudness {
  #lufs: number | undefined;
  #measuredSeconds = 0;

  /** Begins a text at the gain that is known. It is measured until enough of the voice was. */
  openText(): LevelledSound {
    const lufs = this.#lufs;
    const gain =
      lufs === undefined ? undefined : new Gain(getLevellingGain(lufs, voiceLufs));
    if (gain && this.#measuredSeconds >= enoughSeconds)
      return { levelSound: (pcm) => applyGain(gain, pcm) };
    return new MeasuredText(gain, (textLufs, seconds) => {
      this.#measuredSeconds += seconds;
      if (textLufs === undefined) return;
      this.#lufs =
        lufs === undefined ? textLufs : lufs + newTextShare * (textLufs - lufs);
    });
  }
}

class MeasuredText implements LevelledSound {
  readonly #knownGain: Gain | undefined;
  readonly #running = new RunningLevel(voiceLufs);
  readonly #rate = new RateConverter(musicRateHz, 2);
  readonly #keepLoudness: (textLufs: number | undefined, seconds: number) => void;
  #hasSounded = false;

  /** `keepLoudness` gets the loudness of the text so far, and the length of each piece in seconds. */
  constructor(
    knownGain: Gain | undefined,
    keepLoudness: (textLufs: number | undefined, seconds: number) => void,
  ) {
    this.#knownGain = knownGain;
    this.#keepLoudness = keepLoudness;
  }

  /** Levels the next sound of the text. Returns a mono copy of the same length. */
  levelSound(pcm: Pcm): Pcm {
    const glideSamples = this.#hasSounded ? glideSeconds * pcm.rateHz : 0;
    for (const piece of this.#rate.push(pcm))
      this.#running.addSamples(piece, glideSamples);
    this.#hasSounded ||= pcm.samples.length > 0;
    const seconds = pcm.samples.length / pcm.channels / pcm.rateHz;
    this.#keepLoudness(this.#running.lufs, seconds);
    return applyGain(this.#knownGain ?? this.#running.gain, pcm);
  }
}

function applyGain(gain: Gain, pcm: Pcm): Pcm {
  const samples = toMono(pcm).samples.slice();
  gain.applyToMono(samples);
  return { samples, rateHz: pcm.rateHz, channels: 1 };
}
