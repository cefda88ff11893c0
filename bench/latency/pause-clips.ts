import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sumValues } from '#bench/format-table.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import { type HumanSound, readHumanSounds } from '#bench/turns/human/human-scenes.ts';
import { seededRandom, shuffleValues } from '#sandbox/seeded-random.ts';
import { frameMs, resampleSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import { createMockRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';

/** A question of a person, and a recogniser of it alone. */
export type PauseClip = QuestionClip & {
  /** Length from the first to the last sound, in whole frames, pauses included. */
  readonly spokenMs: number;
  /** Recognises the words in a part of the clip. */
  readonly hearPcm: (pcm: Pcm) => string;
};

/** Kinds of clips: without a pause, with one put in, with a person's natural pauses cut out, and with them. */
export const pauseKinds = [
  'clean',
  'hesitation',
  'natural pauses cut out',
  'natural pauses',
] as const;
export type PauseKind = (typeof pauseKinds)[number];

const samplesPerMs = listenRateHz / 1_000;
const maxClipMs = 8_000;
/** Part of a pause that stays where the pause is closed: less than a stop consonant takes. */
const closedPauseMs = 40;

/**
 * Reads up to `count` clips of each kind, spread over all people: clips without a pause, the same ones with a hesitation put
 * in, others with the pauses of their speaker, and the same ones with those cut out. Writes each as a WAV file into `folder`.
 */
export async function readPauseClips(
  sourceFolder: string | undefined,
  folder: string,
  count: number,
): Promise<Readonly<Record<PauseKind, readonly PauseClip[]>>> {
  const sounds = await Array.fromAsync(readHumanSounds(await loadOpus(), sourceFolder));
  const shortSounds = sounds.filter((sound) => measureEndMs(sound) <= maxClipMs);
  const cleanSounds = shortSounds.filter(({ silences: [silence, ...others] }) => {
    return silence?.kind === 'eot' && others.length === 0;
  });
  const hesitations = new Map(
    shortSounds.filter(isHesitation).map((sound) => [sound.clip, sound]),
  );
  const pausedSounds = shortSounds.filter(({ silences }) => {
    return silences.length > 1 && silences.at(-1)?.kind === 'eot';
  });
  const hesitationPairs = cleanSounds.flatMap((sound) => {
    const hesitation = hesitations.get(sound.clip);
    return hesitation ? [[sound, hesitation]] : [];
  });
  const pausePairs = pausedSounds.map((sound) => [closePauses(sound), sound]);
  const hesitationClips = await writeClips(hesitationPairs, folder, count);
  const pauseClips = await writeClips(pausePairs, folder, count);
  return {
    clean: hesitationClips.flatMap(([clean]) => clean ?? []),
    hesitation: hesitationClips.flatMap(([, hesitation]) => hesitation ?? []),
    'natural pauses cut out': pauseClips.flatMap(([closed]) => closed ?? []),
    'natural pauses': pauseClips.flatMap(([, paused]) => paused ?? []),
  };
}

/** Cuts the pauses between a person's stretches of speech out. */
function closePauses(sound: HumanSound): HumanSound {
  const stretches = sound.stretches.map(([fromMs, toMs], n) => {
    const nextMs = sound.stretches[n + 1]?.[0] ?? toMs;
    return [fromMs, Math.min(nextMs, toMs + closedPauseMs)] as const;
  });
  const moveInstant = (ms: number) =>
    sumValues(stretches, ([fromMs, toMs]) => Math.max(0, Math.min(ms, toMs) - fromMs));
  return {
    ...sound,
    stretches: [[0, moveInstant(maxClipMs)]],
    words: sound.words.map(([text, from, to]) => [
      text,
      moveInstant(from),
      moveInstant(to),
    ]),
    samples: joinedSpeech(
      stretches.map(([fromMs, toMs]) =>
        sound.samples.slice(fromMs * samplesPerMs, toMs * samplesPerMs),
      ),
    ),
  };
}

function isHesitation({ silences }: HumanSound) {
  return silences.some(({ insertedMs }) => insertedMs !== undefined);
}

function measureEndMs({ stretches }: HumanSound) {
  return stretches.at(-1)?.[1] ?? 0;
}

/** Writes up to `count` groups of clips of which the recogniser knows each word, in any order. */
async function writeClips(
  groups: readonly (readonly HumanSound[])[],
  folder: string,
  count: number,
) {
  const writtenGroups: PauseClip[][] = [];
  for (const group of shuffleValues(seededRandom(1), groups)) {
    if (writtenGroups.length === count) break;
    const clips = group.map(makeClip);
    if (!clips.every(({ hearPcm, pcm, text }) => text !== '' && hearPcm(pcm) === text))
      continue;
    const number = writtenGroups.push([]);
    for (const clip of clips) {
      const path = join(folder, `${group.length}-${number}-${clip.spokenMs}.wav`);
      await writeFile(path, writeWav(clip.pcm));
      writtenGroups.at(-1)?.push({ ...clip, path });
    }
  }
  return writtenGroups;
}

function makeClip(sound: HumanSound): PauseClip {
  const fromMs = sound.stretches[0]?.[0] ?? 0;
  const cutUntil = (endMs: number): Pcm => {
    const samples = sound.samples.slice(fromMs * samplesPerMs, endMs * samplesPerMs);
    return { samples, rateHz: listenRateHz, channels: 1 };
  };
  // Nothing is sent after the last frame with voice.
  const frames = resampleSpeech(cutUntil(measureEndMs(sound)), listenRateHz);
  const spokenMs = frames.length * frameMs;
  const pcm = cutUntil(fromMs + spokenMs);
  const words = sound.words.map(([word, from, to]) => {
    return { word, fromMs: from - fromMs, toMs: Math.min(to - fromMs, spokenMs) };
  });
  const recogniser = createMockRecogniser();
  recogniser.addClip(pcm, words);
  return {
    text: words.map(({ word }) => word).join(' '),
    path: '',
    pcm,
    spokenMs,
    hearPcm: recogniser.hearPcm,
  };
}
