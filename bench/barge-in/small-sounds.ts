import { readClips, readSound, type VoiceClip } from '#bench/turns/clips.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import { listenRateHz, type Pcm, speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { stretched } from '#src/playback/reply/stretch.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { joined } from '#test/audio/speech.ts';

export const kinds = ['said', 'cut', 'laugh', 'cough', 'click'] as const;
/** `said`: "mhm" and its kin; `cut`: the beginnings of human words. */
export type SmallSoundKind = (typeof kinds)[number];
export type SmallSound = { readonly kind: SmallSoundKind; readonly pcm: Pcm };

type SmallSoundRandom = () => number;

const eachKind = 20;
const longestMs = 390;
const shortestMs = 150;
const levelDb = -20;
const quiet = 400;
const samplesPerMs = listenRateHz / 1000;
const voices = ['slt', 'rms', 'awb', 'kal16'];
const words = ['mm', 'uh huh', 'yeah', 'okay', 'right'];
/** None of them is among the remarks. */
const recordings = [
  ...['two-nine', 'three-four-zero', 'thirty-three', 'four-o', 'six-ninety-two', 'five-five'],
  ...['queen-of-clubs', 'cold-hearted-and-rather-selfish', 'is-to-be-ill-disposed'],
  ...['and-mister-john-dashwood', 'had-then-leisure-to', 'consider-how-much'],
];
const laughs = ['ha ha', 'heh heh'];

/** A hundred sounds under 400 ms that mean nothing, twenty of each kind, mixed. */
export async function makeSmallSounds(codec: OpusCodec): Promise<readonly SmallSound[]> {
  const random = seededRandom(5);
  const clips = await readClips();
  const human = recordings.flatMap((name) => clips.get(`human/${name}`) ?? []);
  await using flite = await openEmbeddedSynthesizer();
  const say = async (text: string, name: string) => {
    const sounds: Int16Array[] = [];
    for await (const pcm of flite.synthesize(text, { name }, AbortSignal.timeout(20_000))) {
      sounds.push(resample(pcm, speakRateHz).samples);
    }
    return hurried(sounding(joined(sounds)), shortestMs + 100 + random() * 120);
  };
  const makers: Readonly<Record<SmallSoundKind, (n: number) => Promise<Int16Array> | Int16Array>> =
    {
      said: (n) => say(of(words, n), of(voices, Math.floor(n / words.length))),
      cut: (n) => beginning(of(human, n * 7), codec, random),
      laugh: (n) =>
        n < laughs.length * voices.length
          ? say(of(laughs, n), of(voices, Math.floor(n / laughs.length)))
          : chuckle(of(human, n * 5), codec, random),
      cough: () => cough(random),
      click: () => clicks(random),
    };
  const all: SmallSound[] = [];
  for (let n = 0; n < eachKind; n++) {
    for (const kind of kinds) all.push({ kind, pcm: levelled(await makers[kind](n)) });
  }
  return all;
}

function of<T>(values: readonly T[], n: number): T {
  const value = values[n % values.length];
  if (value === undefined) throw new Error('There is nothing to choose from.');
  return value;
}

/** Who says "mm" into somebody's speech is quick: what is longer than such a sound may be is said faster. */
function hurried(sound: Int16Array, lengthMs: number): Int16Array {
  const isMs = (sound.length / speakRateHz) * 1000;
  const speed = isMs > longestMs ? Math.min(2, isMs / lengthMs) : 1;
  const samples = joined([...stretched(sound, speed)]);
  return shortened(
    resample({ samples, rateHz: speakRateHz, channels: 1 }, listenRateHz).samples,
    longestMs,
  );
}

function sounding(sound: Int16Array): Int16Array {
  const last = sound.findLastIndex((sample) => Math.abs(sample) > quiet);
  return sound.subarray(
    sound.findIndex((sample) => Math.abs(sample) > quiet),
    last + 1,
  );
}

/** From the start of one of its words. */
async function beginning(
  clip: VoiceClip,
  codec: OpusCodec,
  random: SmallSoundRandom,
): Promise<Int16Array> {
  const sound = await readSound(clip.id, codec, listenRateHz);
  const [, fromMs] = of(clip.words, Math.floor(random() * clip.words.length));
  const lengthMs = shortestMs + random() * (longestMs - shortestMs);
  return shortened(sound.subarray(Math.round(fromMs * samplesPerMs)), lengthMs);
}

/** A chuckle: one bit of a vowel two or three times, each quieter. */
async function chuckle(
  clip: VoiceClip,
  codec: OpusCodec,
  random: SmallSoundRandom,
): Promise<Int16Array> {
  const bit = shortened(await beginning(clip, codec, random), 80 + 20 * random());
  const times = random() < 0.5 ? 2 : 3;
  const out = new Int16Array(longestMs * samplesPerMs);
  for (let n = 0; n < times; n++) {
    out.set(
      bit.map((sample) => Math.round(sample * 0.7 ** n)),
      n * 130 * samplesPerMs,
    );
  }
  return out.slice(0, ((times - 1) * 130 + 100) * samplesPerMs);
}

/** A burst, and the breath after it. */
function cough(random: SmallSoundRandom): Int16Array {
  const lengthMs = 200 + 180 * random();
  const open = 0.2 + 0.3 * random();
  let low = 0;
  return Int16Array.from({ length: Math.floor(lengthMs * samplesPerMs) }, (_, n) => {
    const ms = n / samplesPerMs;
    low += open * (2 * random() - 1 - low);
    const burst = Math.exp(-((ms - 25) ** 2) / 400);
    const breath = 0.5 * Math.exp(-ms / 90);
    return Math.round(12_000 * low * (burst + breath));
  });
}

/** One to four keys or a mouse, some 70 ms apart. */
function clicks(random: SmallSoundRandom): Int16Array {
  const out = new Int16Array(Math.floor(340 * samplesPerMs));
  const count = 1 + Math.floor(4 * random());
  for (let click = 0; click < count; click++) {
    const from = Math.floor(click * 70 * samplesPerMs);
    const ringHz = 1500 + 2500 * random();
    for (let n = 0; n < 50 * samplesPerMs; n++) {
      const seconds = n / listenRateHz;
      const snap = (2 * random() - 1) * Math.exp(-seconds / 0.002);
      const ring = Math.sin(2 * Math.PI * ringHz * seconds) * Math.exp(-seconds / 0.008);
      out[from + n] = Math.round(9000 * (snap + 0.5 * ring));
    }
  }
  return out.slice(0, (count * 70 - 10) * samplesPerMs);
}

/** Without the silence before it; the end is faded. */
function shortened(sound: Int16Array, lengthMs: number): Int16Array {
  const from = Math.max(
    0,
    sound.findIndex((sample) => Math.abs(sample) > quiet),
  );
  const short = sound.slice(from, from + Math.floor(lengthMs * samplesPerMs));
  const fade = Math.min(10 * samplesPerMs, short.length);
  for (let n = 1; n <= fade; n++) {
    const at = short.length - n;
    short[at] = Math.round(((short[at] ?? 0) * n) / fade);
  }
  return short;
}

/** Loudest 20 ms at the level of a voice. */
function levelled(sound: Int16Array): Pcm {
  const size = 20 * samplesPerMs;
  let loudest = 1;
  for (let at = 0; at < sound.length; at += size) {
    const part = sound.subarray(at, at + size);
    const power = part.reduce((sum, sample) => sum + sample ** 2, 0) / size;
    loudest = Math.max(loudest, Math.sqrt(power));
  }
  const gain = (32_768 * 10 ** ((levelDb + 4) / 20)) / loudest;
  const samples = sound.map((sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))),
  );
  return { samples, rateHz: listenRateHz, channels: 1 };
}
