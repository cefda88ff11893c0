import { writeWav } from '#src/audio/formats/wav.ts';

/** Sound of a text, mono. */
export type MockVoice = (text: string, rateHz: number) => Int16Array;

/** An ordinary pace. */
export const usualMsPerChar = 65;
const minSoundMs = 250;
const pitchHz = 150;
/** Whole periods fit into 5 ms. */
const steadyHz = 200;
const syllablesPerSecond = 4;

/** A hum with the pitch and the syllables of a voice, as long as `text` would take to say. */
export function makeTone(
  text: string,
  rateHz: number,
  msPerChar = usualMsPerChar,
): Int16Array {
  return repeatPeriod(getHum(rateHz), countSamples(text, rateHz, msPerChar));
}

function countSamples(text: string, rateHz: number, msPerChar: number) {
  return Math.round((Math.max(minSoundMs, text.length * msPerChar) / 1000) * rateHz);
}

/** Bytes of a sound that is made as far as it is asked for: of a long answer that is talked over, little is. */
export type LazySound = {
  readonly length: number;
  subarray(from: number, to: number): Buffer;
};

/** Sound of a text as little-endian samples. */
export function makeLazySound(
  text: string,
  rateHz: number,
  voice: MockVoice,
): LazySound {
  const period = periodsByRate.get(voice)?.(rateHz);
  if (!period) return encodeSound(voice(text, rateHz), rateHz, 'pcm');
  const length = 2 * countSamples(text, rateHz, usualMsPerChar);
  const bytes = encodeSound(period, rateHz, 'pcm');
  return {
    length,
    subarray(from, to) {
      const piece = Buffer.allocUnsafe(Math.max(0, Math.min(to, length) - from));
      let done = -(from % bytes.length);
      for (; done < piece.length; done += bytes.length)
        bytes.copy(piece, Math.max(0, done), Math.max(0, -done));
      return piece;
    },
  };
}

/** Words of a text, each with its part of the sound, a little later than it. */
export function* listSpokenWords(
  text: string,
  voice: MockVoice = text.length > 1000 ? makeSteadyTone : makeTone,
): Generator<{ readonly word: string; readonly sound: string; readonly ms: number }> {
  const words = text.match(/\s*\S+/g) ?? [];
  const sound = makeLazySound(text, 24_000, voice);
  const size = 1 + Math.ceil(sound.length / words.length); // odd as often as not
  for (const [n, word] of words.entries()) {
    const piece = sound.subarray(n * size, (n + 1) * size);
    yield { word, sound: piece.toString('base64'), ms: piece.length / 48 };
  }
}

/** One period again and again, up to a length in samples. */
function repeatPeriod(period: Int16Array, length: number) {
  const samples = new Int16Array(length);
  samples.set(period.subarray(0, length));
  for (let done = period.length; done < length; done *= 2)
    samples.copyWithin(done, 0, done);
  return samples;
}

const humsByRate = new Map<number, Int16Array>();

/** A second of the hum, in which all its periods fit. */
function getHum(rateHz: number) {
  const known = humsByRate.get(rateHz);
  if (known) return known;
  const hum = Int16Array.from({ length: rateHz }, (_, n) => {
    const seconds = n / rateHz;
    const loud = 0.2 + 0.8 * Math.sin(Math.PI * syllablesPerSecond * seconds) ** 2;
    const wave = [1, 2, 3, 4, 5, 6].reduce(
      (sum, part) => sum + Math.sin(2 * Math.PI * pitchHz * part * seconds) / part,
      0,
    );
    return Math.round(5000 * loud * wave);
  });
  humsByRate.set(rateHz, hum);
  return hum;
}

/** A chord that never swells, as long as `text` would take to say: five partials of `steadyHz`. Costs no time. */
function makeSteadyTone(text: string, rateHz: number) {
  return repeatPeriod(
    getSteadyTone(rateHz),
    countSamples(text, rateHz, usualMsPerChar),
  );
}

/** One period of the chord. */
function getSteadyTone(rateHz: number) {
  return Int16Array.from({ length: rateHz / steadyHz }, (_, n) => {
    const angle = (2 * Math.PI * steadyHz * n) / rateHz;
    const wave = [1, 2, 3, 4, 5].reduce(
      (sum, part) => sum + Math.sin(part * angle) / part,
      0,
    );
    return Math.round(3000 * wave);
  });
}

/** Periods of the voices that repeat one. */
const periodsByRate = new Map<MockVoice, (rateHz: number) => Int16Array>([
  [makeTone, getHum],
  [makeSteadyTone, getSteadyTone],
]);

/** Little-endian samples, after a WAV header with the endless sizes of a live stream where `format` is wav. */
export function encodeSound(
  samples: Int16Array,
  rateHz: number,
  format: 'pcm' | 'wav',
) {
  if (format === 'pcm')
    return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const wav = writeWav({ samples, rateHz, channels: 1 });
  wav.writeUInt32LE(0xffffffff, 4);
  wav.writeUInt32LE(0xffffffff, 40);
  return wav;
}
