import { clipFolders, type HumanClip, readHumanClips } from '#bench/human-clips.ts';
import { readStop, readStops } from '#bench/manners/spoken-stops.ts';
import { decodeOpusFile } from '#bench/turns/voice-clips.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { joinSamples, listenRateHz } from '#src/audio/pcm.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';
import { readSpeechFile } from '#test/audio/recorded-speech.ts';
import recordings from '#test/fixtures/speech/manifest.json' with { type: 'json' };

/** Words of a person, and their sound at 16 kHz mono. */
export type SpeechClip = {
  readonly group: string;
  readonly language: string;
  readonly text: string;
  readonly samples: Int16Array;
};

/** A sound without speech at 16 kHz mono, and its name. */
export type NamedSound = { readonly name: string; readonly samples: Int16Array };

const longestSoundSamples = 6 * listenRateHz;
const codec = await loadOpus();

/** Reads clips of the people of `test/fixtures/speech` who read clearly. */
export function readClearClips(): readonly SpeechClip[] {
  const people = recordings.filter(({ file }) => file.startsWith('human'));
  return people.map(({ file, text }) => {
    const { samples } = readSpeechFile(file);
    return { group: 'clear readers', language: 'en', text, samples };
  });
}

/** Reads clips of a folder of people whose words are known. Their texts are those of their data set, or a recogniser's. */
export async function readPeople(folder: string): Promise<readonly SpeechClip[]> {
  const clips: SpeechClip[] = [];
  for await (const clip of readHumanClips(folder, codec)) {
    const { isTextSure, language } = clip;
    if (!isTextSure && language !== 'en') continue;
    const sureGroup = language === 'en' ? 'accents and prompts' : `in ${language}`;
    const group = isTextSure ? sureGroup : 'orders and talk (texts unchecked)';
    clips.push({ ...clip, group });
  }
  return clips;
}

/** Reads short calls by which voices stop the bot, with the silence that stands around an utterance of Discord. */
export async function readStopCalls(): Promise<readonly SpeechClip[]> {
  const stops = await readStops();
  return stops.map((stop) => {
    const decoder = codec.createDecoder(listenRateHz);
    const sounds = readStop(stop).map((packet) =>
      Int16Array.from(decoder.decode(packet)),
    );
    const createSilence = (ms: number) => new Int16Array((ms * listenRateHz) / 1_000);
    const samples = joinSamples([createSilence(240), ...sounds, createSilence(500)]);
    return { group: 'stops by voices', language: 'en', text: stop.say, samples };
  });
}

/** Reads clips for pairs of languages: those that constants were chosen by, or all others. */
export async function readPairClips(isTuning: boolean): Promise<readonly HumanClip[]> {
  const clips: HumanClip[] = [];
  for (const folder of Object.values(clipFolders))
    for await (const clip of readHumanClips(folder, codec))
      if ((clip.isForTuning ?? false) === isTuning) clips.push(clip);
  return clips;
}

/** Reads every sound of a folder, up to 6 s. */
export function readSounds(folder: string): readonly NamedSound[] {
  const files = listClips(folder).filter((file) => /\.(?:opus|ogg)$/.test(file));
  return files.map((name) => {
    const samples = decodeOpusFile(readClip(folder, name), codec);
    return { name, samples: samples.slice(0, longestSoundSamples) };
  });
}

/** Makes four sounds: a dial tone, a siren, bursts of noise, and thumps. */
export function makeSounds(): readonly NamedSound[] {
  const makeTone = (hz: number, at: number) =>
    Math.sin((2 * Math.PI * hz * at) / listenRateHz);
  let seed = 1;
  const drawNoise = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (2 * seed) / 2_147_483_647 - 1;
  };
  const waves: Readonly<Record<string, (at: number) => number>> = {
    'dial tone': (at) => (makeTone(350, at) + makeTone(440, at)) / 2,
    siren: (at) =>
      Math.sin(500 * Math.sin(at / 4000) + (2 * Math.PI * 800 * at) / listenRateHz),
    'bursts of noise': (at) => (at % 8000 < 1600 ? drawNoise() : 0),
    thumps: (at) => makeTone(60, at) * Math.exp(-(at % 12_000) / 1200),
  };
  return Object.entries(waves).map(([name, wave]) => {
    const samples = Int16Array.from(
      { length: 4 * listenRateHz },
      (_, at) => 6000 * wave(at),
    );
    return { name, samples };
  });
}
