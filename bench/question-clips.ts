import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '#src/audio/formats/wav.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readSpeechFile } from '#test/audio/recorded-speech.ts';
import { knownWords } from '#test/fakes/recogniser/mock-recogniser.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';

/** Something to ask the bot, as a WAV of its own: from the first to the last word, in whole frames of 20 ms. */
export type QuestionClip = {
  readonly text: string;
  readonly path: string;
  readonly pcm: Pcm;
};

type ClipSource = { readonly file: string; readonly words: readonly KnownWord[] };

/** Somebody who dictates numbers goes on, so a bot may wait longer; and it says its last answer again without asking anybody. */
const clipsNotAsked =
  /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)$|\brepeat that\b/;
const frameMs = 20;

/** Human and synthetic, shortest first, with sound after the last word; gone when this is disposed of. */
export async function openQuestionClips(tailMs = 0) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'parley-clips-'));
  const asked = Object.entries(knownWords)
    .map(([file, words]) => ({ file, words }))
    .filter((source) => !clipsNotAsked.test(toClipText(source)))
    .toSorted((a, b) => measureClipMs(a) - measureClipMs(b));
  const clips = asked.map(async (source) => {
    const pcm = cutToSpeech(readSpeechFile(source.file), source, tailMs);
    const path = join(folder.path, source.file);
    await writeFile(path, writeWav(pcm));
    return { text: toClipText(source), path, pcm };
  });
  return { all: await Promise.all(clips), [Symbol.asyncDispose]: folder.remove };
}

/** Without a tail, the last packet completes the last word. */
function cutToSpeech(pcm: Pcm, source: ClipSource, tailMs: number) {
  const endMs = source.words.at(-1)?.toMs ?? 0;
  const spanMs = Math.ceil(measureClipMs(source) / frameMs) * frameMs;
  const at = (ms: number) => (ms * pcm.rateHz) / 1000;
  return {
    ...pcm,
    samples: pcm.samples.slice(at(Math.max(0, endMs - spanMs)), at(endMs + tailMs)),
  };
}

function toClipText({ words }: ClipSource) {
  return words.map(({ word }) => word).join(' ');
}

function measureClipMs({ words }: ClipSource) {
  return (words.at(-1)?.toMs ?? 0) - (words[0]?.fromMs ?? 0);
}
