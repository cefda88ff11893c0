import {
  clipFolders,
  type HumanClip,
  readHumanClips,
  type TimeSpan,
} from '#bench/human-clips.ts';
import { cutFrames, roomRateHz, sendPackets } from '#bench/turns/microphone-client.ts';
import { measureVoiceLevelDb } from '#bench/turns/sound-labels.ts';
import { profiles } from '#bench/turns/turn-scenarios.ts';
import type { ClipWord } from '#bench/turns/voice-clips.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { measureRms } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';

/** A silence of a scene: a pause after which the person goes on (`hold`), or the end of the turn (`eot`). */
export type HumanSilence = {
  readonly kind: 'hold' | 'eot';
  readonly fromMs: number;
  readonly toMs: number;
  /** Length of a pause that was put in. Undefined: the silence is natural. */
  readonly insertedMs?: number;
};

/** A clip in its room, 16 kHz mono. */
export type HumanSound = {
  /** Number of the entry in the manifest. */
  readonly clip: number;
  readonly file: string;
  readonly kind: string;
  readonly language: string;
  readonly speaker?: string | undefined;
  /** What the person says, with punctuation. */
  readonly text: string;
  readonly words: readonly ClipWord[];
  readonly stretches: readonly TimeSpan[];
  readonly silences: readonly HumanSilence[];
  readonly samples: Int16Array;
};

/** A sound as a microphone sends it. */
export type HumanScene = Pick<
  HumanSound,
  'file' | 'kind' | 'language' | 'speaker' | 'text' | 'silences' | 'stretches' | 'words'
> & {
  readonly profile: (typeof profiles)[number];
  readonly packets: readonly Packet[];
  readonly lengthMs: number;
};

const leadMs = 500;
const tailMs = 2200;
const edgeMs = 60;
const samplesPerMs = 16;
/** Shorter silences are closures of stops. */
const shortestPauseMs = 200;
/** Level of a voice in dB, and its difference from clip to clip. */
const levelDb = -22;
const levelRangeDb = 4;
const usualHesitationsMs = [400, 700, 1000, 1500];

/** Reads the sounds of `readHumanSounds`, each through a microphone. */
export async function* readHumanScenes(
  codec: OpusCodec,
  folder: string,
  hesitationCount?: number,
): AsyncGenerator<HumanScene> {
  const humanSounds = readHumanSounds(codec, folder, { hesitationCount });
  for await (const sound of humanSounds) yield sendSound(sound, codec);
}

/** Sends a sound through one of three microphones, by the number of its clip. */
export function sendSound(
  { clip, samples, ...sound }: HumanSound,
  codec: OpusCodec,
): HumanScene {
  const profile = profiles[clip % profiles.length] ?? 'gate';
  const room48 = resamplePcm({ samples, rateHz: 16_000, channels: 1 }, roomRateHz);
  const isOpen = (fromMs: number, toMs: number) =>
    sound.stretches.some(([start, end]) => fromMs < end && toMs > start);
  const frames = cutFrames(room48.samples, isOpen);
  const packets = [...sendPackets(frames, profile, codec, clip)];
  return { ...sound, profile, packets, lengthMs: measureWholeMs(samples) };
}

/** Echoes of a room at a microphone on the other side of a table: delay in ms and share of the sound. */
const echoes = [
  [23, 0.4],
  [41, 0.3],
  [67, 0.2],
] as const;
/** Share of the sound before it that a sample keeps: a voice that faces away lacks its high tones (about 1.5 kHz at 16 kHz). */
const dullness = 0.55;
/** Of so many words of a far voice one is not understood. */
const wordsPerMiss = 5;

/** Makes of a sound what the microphone of somebody else in the room hears: softer, later, duller, with echoes, and one word in five is not understood. */
export function hearFromAfar(
  { samples, silences, stretches, words, ...sound }: HumanSound,
  { gainDb, lateMs }: { readonly gainDb: number; readonly lateMs: number },
): HumanSound {
  const gain = 10 ** (gainDb / 20);
  const late = lateMs * samplesPerMs;
  const far = new Int16Array(samples.length);
  let dull = 0;
  for (let n = 0; n < far.length; n++) {
    const direct = samples[n - late] ?? 0;
    const echoed = echoes.reduce(
      (sum, [ms, share]) => sum + share * (samples[n - late - ms * samplesPerMs] ?? 0),
      direct,
    );
    dull = dullness * dull + (1 - dullness) * echoed;
    far[n] = Math.round(dull * gain);
  }
  const shiftSpan = ([from, to]: TimeSpan): TimeSpan => [from + lateMs, to + lateMs];
  return {
    ...sound,
    samples: far,
    silences,
    stretches: stretches.map(shiftSpan),
    words: words
      .filter((_, n) => n % wordsPerMiss !== wordsPerMiss - 1)
      .map(([word, from, to]) => [word, from + lateMs, to + lateMs] as const),
  };
}

/** Measures a length in whole frames. */
function measureWholeMs({ length }: Int16Array) {
  return Math.floor(length / samplesPerMs / 20) * 20;
}

/** Hesitations that are put into clips. */
type HesitationOptions = {
  readonly hesitationCount?: number | undefined;
  readonly hesitationsMs?: readonly number[];
};

/**
 * Reads each clip with the sound of its room around it, and `hesitationCount` times more, each with a hesitation (0.4 to 1.5 s, or as
 * `hesitationsMs` says) at a border of words inside a sentence, of which that hesitation alone counts.
 */
export async function* readHumanSounds(
  codec: OpusCodec,
  folder: string = clipFolders.people,
  { hesitationCount = 1, hesitationsMs = usualHesitationsMs }: HesitationOptions = {},
): AsyncGenerator<HumanSound> {
  let n = -1;
  for await (const clip of readHumanClips(folder, codec)) {
    n++;
    const { samples } = clip;
    const random = seededRandom(n + 1);
    const makeSilence = makeRoom(samples, random);
    const makeWithPause = (pause: InsertedPause | undefined) => {
      const options = {
        clip,
        samples,
        makeSilence,
        pause,
        gainDb: levelRangeDb * (2 * random() - 1),
      };
      return makeSound(options, n);
    };
    yield makeWithPause(undefined);
    for (let count = 0; count < hesitationCount; count++) {
      const atMs = findBorder(clip, random);
      const lengthMs = hesitationsMs[(n + count) % hesitationsMs.length] ?? 400;
      if (atMs !== undefined) yield makeWithPause({ atMs, lengthMs });
    }
  }
}

type InsertedPause = { readonly atMs: number; readonly lengthMs: number };

/** Finds the middle of a gap between two words inside a sentence. Undefined where there are few words. */
function findBorder({ text, words }: HumanClip, random: () => number) {
  const tokens = text.split(/\s+/);
  const borders = words.slice(1, -2).flatMap(([, , toMs], n) => {
    const [, fromMs = 0] = words[n + 2] ?? [];
    const isEnd =
      tokens.length === words.length && /[.?!,;:]$/.test(tokens[n + 1] ?? '');
    return isEnd || fromMs - toMs >= 250 ? [] : [Math.round((toMs + fromMs) / 20) * 10];
  });
  return borders[Math.floor(random() * borders.length)];
}

type SoundOptions = {
  readonly clip: HumanClip;
  readonly samples: Int16Array;
  /** Makes sound of the room while nobody speaks, of any length. */
  readonly makeSilence: (lengthSamples: number) => Int16Array;
  readonly pause: InsertedPause | undefined;
  readonly gainDb: number;
};

function makeSound(
  { clip, gainDb, pause, makeSilence, samples }: SoundOptions,
  entryNumber: number,
): HumanSound {
  const startMs = Math.max(0, (clip.stretches[0]?.[0] ?? 0) - edgeMs);
  const endMs = (clip.stretches.at(-1)?.[1] ?? 0) + edgeMs;
  const cutSamples = (fromMs: number, toMs: number) =>
    samples.slice(fromMs * samplesPerMs, toMs * samplesPerMs);
  const makeSilenceMs = (ms: number) => makeSilence(ms * samplesPerMs);
  const spoken = pause
    ? [
        cutSamples(startMs, pause.atMs),
        makeSilenceMs(pause.lengthMs),
        cutSamples(pause.atMs, endMs),
      ]
    : [cutSamples(startMs, endMs)];
  const whole = joinedSpeech([makeSilenceMs(leadMs), ...spoken, makeSilenceMs(tailMs)]);
  const gain = 10 ** ((levelDb + gainDb - measureVoiceLevelDb(samples)) / 20);
  const levelled = whole.map((sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))),
  );
  const shiftInstant = (ms: number) =>
    ms - startMs + leadMs + (pause && ms >= pause.atMs ? pause.lengthMs : 0);
  const stretches = splitStretches(clip.stretches, pause?.atMs).map(
    ([from, to]): TimeSpan => [shiftInstant(from), shiftInstant(to - 1) + 1],
  );
  return {
    clip: entryNumber,
    file: clip.file,
    kind: clip.kind,
    language: clip.language,
    speaker: clip.speaker,
    text: clip.text,
    stretches,
    samples: levelled,
    words: clip.words.map(
      ([text, from, to]) =>
        [text, shiftInstant(from), shiftInstant(to - 1) + 1] as const,
    ),
    silences: findSilences(
      stretches,
      clip,
      pause && { ...pause, atMs: shiftInstant(pause.atMs - 1) + 1 },
      measureWholeMs(levelled),
    ),
  };
}

function splitStretches(
  stretches: readonly TimeSpan[],
  atMs: number | undefined,
): TimeSpan[] {
  return stretches.flatMap(([from, to]): TimeSpan[] =>
    atMs !== undefined && from < atMs && atMs < to
      ? [
          [from, atMs],
          [atMs, to],
        ]
      : [[from, to]],
  );
}

/** Finds the silences that count. Of a scene with a hesitation that alone: the others are those of the clip. */
function findSilences(
  stretches: readonly TimeSpan[],
  { endsTurn }: HumanClip,
  pause: InsertedPause | undefined,
  lengthMs: number,
): HumanSilence[] {
  const holds = stretches.slice(1).flatMap(([toMs], n): HumanSilence[] => {
    const fromMs = stretches[n]?.[1] ?? 0;
    return toMs - fromMs < shortestPauseMs ? [] : [{ kind: 'hold', fromMs, toMs }];
  });
  if (pause) {
    const { atMs, lengthMs: insertedMs } = pause;
    return holds.flatMap((hold) =>
      hold.fromMs <= atMs + edgeMs && hold.toMs >= atMs + insertedMs - edgeMs
        ? [{ ...hold, insertedMs }]
        : [],
    );
  }
  if (endsTurn === 'unsure') return holds;
  const fromMs = stretches.at(-1)?.[1] ?? 0;
  return [
    ...holds,
    { kind: endsTurn === 'no' ? 'hold' : 'eot', fromMs, toMs: lengthMs },
  ];
}

const windowSamples = 512;
const stepSamples = windowSamples / 2;
const fade = Float64Array.from({ length: windowSamples }, (_, n) =>
  Math.sin((Math.PI * n) / windowSamples),
);
/** Share of the windows of a clip in which only its room is heard. */
const quietShare = 0.05;

/** Makes a function that goes on with the room of a clip: its quietest windows in any order, each faded into the next. */
function makeRoom(
  samples: Int16Array,
  random: () => number,
): (lengthSamples: number) => Int16Array {
  const windows: { readonly sound: Int16Array; readonly level: number }[] = [];
  for (let at = 0; at + windowSamples <= samples.length; at += stepSamples / 2) {
    const sound = samples.subarray(at, at + windowSamples);
    windows.push({ sound, level: measureRms(sound) });
  }
  const sorted = windows.toSorted((a, b) => a.level - b.level);
  const quietCount = Math.max(3, Math.floor(sorted.length * quietShare));
  const quietWindows = sorted.slice(0, quietCount);
  return (lengthSamples) => {
    const roomSound = new Float64Array(lengthSamples + windowSamples);
    for (let at = 0; at < lengthSamples; at += stepSamples) {
      const { sound = new Int16Array() } =
        quietWindows[Math.floor(random() * quietWindows.length)] ?? {};
      const sign = random() < 0.5 ? -1 : 1;
      for (let n = 0; n < sound.length; n++)
        roomSound[at + n] =
          (roomSound[at + n] ?? 0) + sign * (sound[n] ?? 0) * (fade[n] ?? 0);
    }
    return Int16Array.from(roomSound.subarray(0, lengthSamples), Math.round);
  };
}
