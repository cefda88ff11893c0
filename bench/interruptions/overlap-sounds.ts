import { type ClipEntry, readHumanClips } from '#bench/human-clips.ts';
import type { MicrophoneSound } from '#bench/manners/simulated-microphones.ts';
import { findSoundingPart, measureVoiceLevelDb } from '#bench/turns/sound-labels.ts';
import { decodeOpusFile } from '#bench/turns/voice-clips.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { listenRateHz, mixDown } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';
import { encodePcm } from '#test/audio/recorded-speech.ts';

/** What is said over the bot. Only an interruption takes the floor. */
export type PlayedKind =
  | 'interruption'
  | 'backchannel'
  | 'wordless voice'
  | 'noise'
  | 'laugh';

/** A sound that somebody makes while the bot speaks. */
export type OverlapSound = {
  readonly name: string;
  readonly kind: PlayedKind;
  /** ISO 639-1. Undefined: it has none. */
  readonly language?: string;
  /** The words that a recogniser without mistakes hears in it. */
  readonly text: string;
  readonly sound: MicrophoneSound;
};

/** Short answers of a listener, as recognisers write them. */
const backchannels: Readonly<Record<string, readonly string[]>> = {
  en: [
    'mhm',
    'yeah',
    'right',
    'okay',
    'oh really',
    'I see',
    'exactly',
    'uh-huh',
    'sure',
    'oh wow',
  ],
  de: ['genau', 'ach so'],
  es: ['claro', 'vale'],
  fr: ["d'accord", 'ah oui'],
  it: ['certo', 'ah sì'],
  ja: ['うん', 'なるほど'],
  ko: ['네', '아'],
  pt: ['claro', 'pois é'],
  ru: ['угу', 'понятно'],
};
const levelDb = -22;
/** Lengths of the short sounds. The recordings of "mhm" and "yeah" in telephone talk last 0.2 to 0.6 s. */
const shortSoundsMs = [160, 240, 320, 420, 560] as const;
const samplesPerMs = listenRateHz / 1000;

/** Reads what people say over the bot: whole sentences and, from each clip, a short piece of the voice with or without words; of the clips that `isWanted` picks, or all. */
export async function readVoiceSounds(
  folder: string,
  codec: OpusCodec,
  isWanted?: (entry: ClipEntry) => boolean,
): Promise<readonly OverlapSound[]> {
  const sounds: OverlapSound[] = [];
  const clips = readHumanClips(folder, codec, isWanted);
  for await (const { file, language, samples, stretches, text } of clips) {
    const [fromMs, toMs] = [stretches[0]?.[0] ?? 0, stretches.at(-1)?.[1] ?? 0];
    if (text === '') continue;
    const level = measureVoiceLevelDb(samples);
    const cutSound = (startMs: number, endMs: number) =>
      toSound(
        samples.subarray(startMs * samplesPerMs, endMs * samplesPerMs),
        levelDb - level,
        codec,
      );
    sounds.push({
      name: file,
      kind: 'interruption',
      language,
      text,
      sound: cutSound(fromMs, toMs),
    });
    const n = sounds.length;
    const lengthMs = shortSoundsMs[n % shortSoundsMs.length] ?? 0;
    const shortSound = cutSound(fromMs, fromMs + lengthMs);
    const said = backchannels[language];
    const [name, sound] = [`${lengthMs} ms of ${file}`, shortSound];
    sounds.push({ name, kind: 'wordless voice', language, text: '', sound });
    if (said)
      sounds.push({
        name,
        kind: 'backchannel',
        language,
        text: said[n % said.length] ?? '',
        sound,
      });
  }
  return sounds;
}

/** Reads sounds that are no speech, `.opus` or `.wav`: each whole (up to 2 s), and its loudest 0.3 s once more louder. */
export function readNoises(folder: string, codec: OpusCodec): readonly OverlapSound[] {
  const files = listClips(folder).filter((file) => /\.(opus|wav)$/.test(file));
  const sounds: OverlapSound[] = [];
  for (const file of files) {
    const bytes = readClip(folder, file);
    const samples = file.endsWith('.opus')
      ? decodeOpusFile(bytes, codec)
      : readMono(bytes);
    const sounding = findPart(samples);
    const kind = file.includes('laugh') ? 'laugh' : 'noise';
    const gainDb = levelDb - measureVoiceLevelDb(samples);
    const makeSound = (name: string, part: Int16Array, db: number): OverlapSound => ({
      name,
      kind,
      text: '',
      sound: toSound(part, db, codec),
    });
    const loudest = findLoudest(sounding, 300 * samplesPerMs);
    sounds.push(
      makeSound(file, sounding.subarray(0, 2_000 * samplesPerMs), gainDb),
      makeSound(`0.3 s of ${file}`, loudest, gainDb),
      makeSound(`0.3 s of ${file}, 8 dB louder`, loudest, gainDb + 8),
      makeSound(`0.8 s of ${file}`, findLoudest(sounding, 800 * samplesPerMs), gainDb),
    );
  }
  return sounds;
}

function readMono(bytes: Uint8Array) {
  const { channels, rateHz, samples } = readWav(bytes);
  const mono = mixDown(samples, channels);
  return resamplePcm({ samples: mono, rateHz, channels: 1 }, listenRateHz).samples;
}

function findPart(samples: Int16Array) {
  if (samples.every((sample) => sample === 0)) return samples;
  const [fromMs, toMs] = findSoundingPart(samples);
  return samples.subarray(fromMs * samplesPerMs, toMs * samplesPerMs);
}

function findLoudest(samples: Int16Array, length: number) {
  let [bestAt, best] = [0, -1];
  for (let at = 0; at === 0 || at + length <= samples.length; at += 50 * samplesPerMs) {
    let energy = 0;
    for (const sample of samples.subarray(at, at + length)) energy += sample * sample;
    if (energy > best) [bestAt, best] = [at, energy];
  }
  return samples.subarray(bestAt, bestAt + length);
}

function toSound(
  samples: Int16Array,
  gainDb: number,
  codec: OpusCodec,
): MicrophoneSound {
  const gain = Number.isFinite(gainDb) ? 10 ** (gainDb / 20) : 1;
  const levelled = samples.map((sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))),
  );
  const packets = encodePcm(
    { samples: levelled, rateHz: listenRateHz, channels: 1 },
    codec,
  );
  return { packets, ms: packets.length * 20 };
}
