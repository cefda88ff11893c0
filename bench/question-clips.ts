import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '#src/audio/formats/wav.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readSpeechFile } from '#test/audio/recorded-speech.ts';
import { knownWords } from '#test/fakes/recogniser/mock-recogniser.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';

/** A question to the bot, as a WAV of its own: from the first to the last word, in whole frames of 20 ms. */
export type QuestionClip = {
  readonly text: string;
  readonly path: string;
  readonly pcm: Pcm;
};

/** Clips in a folder of their own, which is gone once this is disposed of. */
export interface QuestionClips extends AsyncDisposable {
  /** Human and synthetic, shortest first. */
  readonly clips: readonly QuestionClip[];
}

type ClipRecording = { readonly file: string; readonly words: readonly KnownWord[] };

/** Somebody who dictates numbers goes on, so a bot may wait longer; and it says its last answer again without asking anybody. */
const clipsNotAsked =
  /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)$|\brepeat that\b/;
const frameMs = 20;

/** Writes all questions as WAV files into a temporary folder, each with `tailMs` of sound after the last word. */
export async function openQuestionClips(tailMs: number = 0): Promise<QuestionClips> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'parley-clips-'));
  const recordings = Object.entries(knownWords)
    .map(([file, words]) => ({ file, words }))
    .filter((recording) => !clipsNotAsked.test(toClipText(recording)))
    .toSorted((a, b) => measureClipMs(a) - measureClipMs(b));
  const clips = recordings.map(async (recording) => {
    const pcm = cutToSpeech(readSpeechFile(recording.file), recording, tailMs);
    const path = join(folder.path, recording.file);
    await writeFile(path, writeWav(pcm));
    return { text: toClipText(recording), path, pcm };
  });
  return { clips: await Promise.all(clips), [Symbol.asyncDispose]: folder.remove };
}

/** Cuts a recording. Without a tail, the last packet completes the last word. */
function cutToSpeech(pcm: Pcm, recording: ClipRecording, tailMs: number) {
  const endMs = recording.words.at(-1)?.toMs ?? 0;
  const spanMs = Math.ceil(measureClipMs(recording) / frameMs) * frameMs;
  const toIndex = (ms: number) => (ms * pcm.rateHz) / 1000;
  return {
    ...pcm,
    samples: pcm.samples.slice(
      toIndex(Math.max(0, endMs - spanMs)),
      toIndex(endMs + tailMs),
    ),
  };
}

function toClipText({ words }: ClipRecording) {
  return words.map(({ word }) => word).join(' ');
}

function measureClipMs({ words }: ClipRecording) {
  return (words.at(-1)?.toMs ?? 0) - (words[0]?.fromMs ?? 0);
}
