import { readFile } from 'node:fs/promises';
import { makeSmallSounds, type SmallSound } from '#bench/barge-in/small-sounds.ts';
import { voices } from '#bench/manners/channel.ts';
import { type SentSound, spread } from '#bench/manners/microphones.ts';
import { readStops, stopPath } from '#bench/manners/stops.ts';
import { decodeClip, readClips, readSound } from '#bench/turns/clips.ts';
import { soundingPart } from '#bench/turns/labels.ts';
import { framesOf, roomRateHz, send } from '#bench/turns/microphone.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { listenRateHz, type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { joined } from '#test/audio/speech.ts';
import lines from './lines.json' with { type: 'json' };

/** Something somebody says or does, with its sound. */
export type SoundingText = { readonly text: string; readonly sound: SentSound };

/** Sounds of all kinds, those of one kind in an order that mixes voices. */
export type DuplexSounds = {
  readonly stops: readonly SoundingText[];
  /** Under 400 ms each. */
  readonly smallSounds: readonly SoundingText[];
  readonly backchannels: readonly SoundingText[];
  readonly tics: readonly SoundingText[];
  readonly laughs: readonly SoundingText[];
  readonly applauses: readonly SoundingText[];
  /** Somebody else near the microphone, 14 to 24 dB quieter than who speaks into it. */
  readonly background: readonly SoundingText[];
};

const samplesPerMs = listenRateHz / 1000;
const silence = Buffer.from([0xf8, 0xff, 0xfe]);
const [silenceFrames, shortestSentenceMs] = [5, 700];
const voiceNames = ['slt', 'rms', 'awb', 'kal16'];
const quieterDb = [14, 17, 20, 24];
const shortestClapMs = 70;

const codec = await loadOpus();

/** Made anew each time, always the same. */
export async function makeSounds(): Promise<DuplexSounds> {
  const random = seededRandom(17);
  const small = await makeSmallSounds(codec);
  await using flite = await openEmbeddedSynthesizer();
  const spoken = async (say: string, name: string): Promise<Int16Array> => {
    const pieces: Int16Array[] = [];
    for await (const pcm of flite.synthesize(say, { name }, AbortSignal.timeout(20_000))) {
      pieces.push(resample(toMono(pcm), listenRateHz).samples);
    }
    return trimmed(joined(pieces));
  };
  const say = async (text: string, what: string, n: number) =>
    sent(text, await spoken(what, of(voiceNames, n)));
  const interjections = async (all: readonly (readonly string[])[], inVoices: number) => {
    const made: SoundingText[] = [];
    for (const [n, line] of all.entries()) {
      for (let voice = n; voice < n + inVoices; voice++) {
        made.push(await say(line.at(-2) ?? '', line.at(-1) ?? '', voice));
      }
    }
    return made;
  };
  const laughBits = small.filter(({ kind }) => kind === 'laugh');
  return {
    stops: await Promise.all(
      (await readStops()).map(async (stop) =>
        sent(stop.say, decodeClip(await readFile(stopPath(stop)), codec, listenRateHz)),
      ),
    ),
    smallSounds: small.map((one, n) => sent(guessOf(one, n), one.pcm.samples)),
    backchannels: await interjections(lines.backchannels, 2),
    tics: await interjections(lines.tics, 4),
    laughs: Array.from({ length: 32 }, (_, n) =>
      sent(of(lines.laughs, n), laughter(of(laughBits, n), 3 + (n % 5), random)),
    ),
    applauses: Array.from({ length: 16 }, (_, n) =>
      sent(of(lines.applauses, n), applause(600 + 120 * n, random)),
    ),
    background: await backgroundSpeech(),
  };
}

/** One of the clips of this person's voice that are long enough for a sentence, with these words. */
export function clipOf(personId: string, n: number, text: string): SentSound {
  const long = (voices.get(personId) ?? []).filter(({ ms }) => ms >= shortestSentenceMs);
  const { packets, ms } = of(long, n);
  const all = [...packets, ...Array.from({ length: silenceFrames }, () => silence)];
  return {
    packets: all.map((opus, at) => ({
      speakerId: personId,
      sequence: at,
      timestamp: at * 960,
      opus,
      atMs: (at + 1) * 20,
    })),
    words: spread(text, ms),
  };
}

/** A clip of this person's voice, so many dB quieter than usual. */
export function quieterClipOf(
  personId: string,
  n: number,
  text: string,
  quieterDb: number,
): SentSound {
  const decoder = codec.decoder(listenRateHz);
  const gain = 10 ** (-quieterDb / 20);
  const spoken = clipOf(personId, n, text).packets.slice(0, -silenceFrames);
  const samples = joined(spoken.map(({ opus }) => decoder.decode(opus).slice()));
  decoder.free();
  return sent(
    text,
    samples.map((sample) => Math.round(sample * gain)),
  ).sound;
}

/** Recognised text of a small sound. */
function guessOf({ kind }: SmallSound, n: number): string {
  return { said: 'Mhm.', cut: '', laugh: 'Haha.', cough: '', click: '' }[kind] || of(['', ''], n);
}

async function backgroundSpeech(): Promise<SoundingText[]> {
  const clips = [...(await readClips()).values()].filter(
    ({ words }) => (words.at(-1)?.[2] ?? 0) > 1_100,
  );
  const texts = lines.betweenOthers.filter((text) => !text.includes('{other}'));
  return Promise.all(
    Array.from({ length: 48 }, async (_, n) => {
      const clip = of(clips, n * 5);
      const gain = 10 ** (-of(quieterDb, n) / 20);
      const sound = trimmed(await readSound(clip.id, codec, listenRateHz));
      const quiet = sound.map((sample) => Math.round(sample * gain));
      return sent(of(texts, n), quiet);
    }),
  );
}

/** A laugh of so many bits, each a little quieter and later than regular. */
function laughter({ pcm }: SmallSound, bits: number, random: () => number): Int16Array {
  const bit = pcm.samples.subarray(0, 110 * samplesPerMs);
  const out = new Int16Array(bits * 190 * samplesPerMs);
  for (let n = 0, at = 0; n < bits; n++, at += (150 + 40 * random()) * samplesPerMs) {
    out.set(
      bit.map((sample) => Math.round(sample * 0.92 ** n)),
      Math.floor(at),
    );
  }
  return trimmed(out);
}

/** Several hands: bursts of noise that ring for some ms. */
function applause(ms: number, random: () => number): Int16Array {
  const out = new Float32Array(ms * samplesPerMs);
  for (let hand = 0; hand < 4; hand++) {
    const everyMs = shortestClapMs + random() * 40;
    for (let fromMs = random() * everyMs; fromMs < ms; fromMs += everyMs * (0.9 + 0.2 * random())) {
      clap(out.subarray(Math.floor(fromMs * samplesPerMs)), 2_500 + 3_500 * random(), random);
    }
  }
  return Int16Array.from(out, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value))));
}

function clap(out: Float32Array, level: number, random: () => number): void {
  for (let n = 0; n < Math.min(out.length, 40 * samplesPerMs); n++) {
    const burst = (2 * random() - 1) * Math.exp(-n / (6 * samplesPerMs));
    out[n] = (out[n] ?? 0) + level * burst;
  }
}

/** Sound as a microphone with a gate sends it; the words spread over it. */
function sent(text: string, samples: Int16Array): SoundingText {
  const pcm: Pcm = { samples, rateHz: listenRateHz, channels: 1 };
  const wide = resample(pcm, roomRateHz).samples;
  const lengthMs = Math.ceil((1000 * wide.length) / roomRateHz);
  const whole = new Int16Array(wide.length + 6 * 960);
  whole.set(wide);
  const sounds = framesOf(whole, (fromMs) => fromMs < lengthMs);
  return {
    text,
    sound: { packets: [...send(sounds, 'gate', codec, 1)], words: spread(text, lengthMs) },
  };
}

function trimmed(samples: Int16Array): Int16Array {
  const [fromMs, toMs] = soundingPart(samples);
  return samples.slice(Math.max(0, fromMs - 20) * samplesPerMs, (toMs + 20) * samplesPerMs);
}

/** The one at `n`, from the start again where there are fewer. */
export function of<T>(values: readonly T[], n: number): T {
  const value = values[n % values.length];
  if (value === undefined) throw new Error('There is nothing to choose from.');
  return value;
}
