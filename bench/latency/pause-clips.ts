import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sumValues } from '#bench/format-table.ts';
import type { QuestionClip } from '#bench/question-clips.ts';
import { shuffleValues } from '#bench/shuffle-values.ts';
import { type HumanSound, readHumanSounds } from '#bench/turns/human/human-scenes.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { frameMs, resampleSpeech } from '#sandbox/voice-client/speech-frames.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';
import { createMockRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';

/** A question of a person, and a recogniser of it alone. */
export type PauseClip = QuestionClip & {
  readonly spokenMs: number;
  readonly hearPcm: (pcm: Pcm) => string;
};

export const pauseKinds = ['clean', 'hesitation', 'own closed', 'own pauses'] as const;
export type PauseKind = (typeof pauseKinds)[number];

const samplesPerMs = listenRateHz / 1_000;
const maxClipMs = 8_000;
/** So much of a pause stays where it is closed: less than a stop consonant takes. */
const closedPauseMs = 40;

/**
 * Reads up to `count` clips of each kind, spread over all people: clips without a pause, the same ones with a hesitation put
 * in, others with the pauses of their speaker, and the same ones with those closed. Writes each as a WAV file into `folder`.
 */
export async function readPauseClips(
  source: string | undefined,
  folder: string,
  count: number,
): Promise<Readonly<Record<PauseKind, readonly PauseClip[]>>> {
  const sounds = await Array.fromAsync(readHumanSounds(await loadOpus(), source));
  const short = sounds.filter((one) => measureEndMs(one) <= maxClipMs);
  const clean = short.filter(({ silences: [first, ...later] }) => {
    return first?.kind === 'eot' && later.length === 0;
  });
  const hesitations = new Map(
    short.filter(isHesitation).map((sound) => [sound.clip, sound]),
  );
  const own = short.filter(({ silences }) => {
    return silences.length > 1 && silences.at(-1)?.kind === 'eot';
  });
  const pairs = clean.flatMap((sound) => {
    const other = hesitations.get(sound.clip);
    return other ? [[sound, other]] : [];
  });
  const write = (some: readonly (readonly HumanSound[])[]) =>
    writeClips(some, folder, count);
  const paired = await write(pairs);
  const ownPaired = await write(own.map((sound) => [closePauses(sound), sound]));
  return {
    clean: paired.flatMap(([first]) => first ?? []),
    hesitation: paired.flatMap(([, second]) => second ?? []),
    'own closed': ownPaired.flatMap(([first]) => first ?? []),
    'own pauses': ownPaired.flatMap(([, second]) => second ?? []),
  };
}

/** Cuts the pauses between a person's stretches of speech out. */
function closePauses(sound: HumanSound): HumanSound {
  const kept = sound.stretches.map(([fromMs, toMs], n) => {
    const nextMs = sound.stretches[n + 1]?.[0] ?? toMs;
    return [fromMs, Math.min(nextMs, toMs + closedPauseMs)] as const;
  });
  const move = (ms: number) =>
    sumValues(kept, ([fromMs, toMs]) => Math.max(0, Math.min(ms, toMs) - fromMs));
  return {
    ...sound,
    stretches: [[0, move(maxClipMs)]],
    words: sound.words.map(([text, from, to]) => [text, move(from), move(to)]),
    samples: joinedSpeech(
      kept.map(([fromMs, toMs]) =>
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

/** Writes groups of clips of which the recogniser knows each word, so many as are wanted, in any order. */
async function writeClips(
  groups: readonly (readonly HumanSound[])[],
  folder: string,
  count: number,
) {
  const written: PauseClip[][] = [];
  for (const group of shuffleValues(seededRandom(1), groups)) {
    if (written.length === count) break;
    const clips = group.map(makeClip);
    if (!clips.every(({ hearPcm, pcm, text }) => text !== '' && hearPcm(pcm) === text))
      continue;
    const number = written.push([]);
    for (const clip of clips) {
      const path = join(folder, `${group.length}-${number}-${clip.spokenMs}.wav`);
      await writeFile(path, writeWav(clip.pcm));
      written.at(-1)?.push({ ...clip, path });
    }
  }
  return written;
}

function makeClip(sound: HumanSound): PauseClip {
  const fromMs = sound.stretches[0]?.[0] ?? 0;
  const cutAt = (endMs: number): Pcm => {
    const samples = sound.samples.slice(fromMs * samplesPerMs, endMs * samplesPerMs);
    return { samples, rateHz: listenRateHz, channels: 1 };
  };
  // Nothing is sent after the last frame with voice.
  const sent = resampleSpeech(cutAt(measureEndMs(sound)), listenRateHz);
  const spokenMs = sent.length * frameMs;
  const pcm = cutAt(fromMs + spokenMs);
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
