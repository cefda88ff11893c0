import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, writeWav } from '#src/audio/formats/wav.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { readKnownWords } from '#test/fakes/recogniser/mock-recogniser.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';

/** Something to ask the bot, as a WAV of its own: from the first to the last word, in whole frames of 20 ms. */
export type QuestionClip = {
  readonly text: string;
  readonly path: string;
  readonly pcm: Pcm;
};

type ClipSource = { readonly file: string; readonly words: readonly KnownWord[] };

const fixturesUrl = new URL('../test/fixtures/speech/', import.meta.url);
/** A bot may wait longer for these: somebody who dictates numbers goes on. */
const clipsThatEndInNumber =
  /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)$/;
/** It says its last answer again, without asking anybody. */
const repeatCommandClip = /\brepeat that\b/;
const frameMs = 20;

/** Human and synthetic, shortest first; they are gone when this is disposed of. */
export class QuestionClips implements AsyncDisposable {
  readonly all: readonly QuestionClip[];
  readonly #folder;

  private constructor(all: readonly QuestionClip[], folder: string) {
    this.all = all;
    this.#folder = folder;
  }

  static async open() {
    const folder = await mkdtemp(join(tmpdir(), 'parley-clips-'));
    const known = Object.entries(await readKnownWords()).map(([file, words]) => ({
      file,
      words,
    }));
    const asked = known.filter(
      (source) =>
        !clipsThatEndInNumber.test(toClipText(source)) &&
        !repeatCommandClip.test(toClipText(source)),
    );
    const clips = asked.toSorted(compareLengths).map(async (source) => {
      const pcm = cutToSpeech(
        readWav(await readFile(new URL(source.file, fixturesUrl))),
        source,
      );
      const path = join(folder, source.file);
      await writeFile(path, writeWav(pcm));
      return { text: toClipText(source), path, pcm };
    });
    return new QuestionClips(await Promise.all(clips), folder);
  }

  async [Symbol.asyncDispose]() {
    await rm(this.#folder, { recursive: true });
  }
}

/** Ends with the last word, so that the last packet is the one that completes it. */
function cutToSpeech(pcm: Pcm, source: ClipSource) {
  const endMs = source.words.at(-1)?.toMs ?? 0;
  const frames = Math.ceil(measureClipMs(source) / frameMs);
  const at = (ms: number) => (ms * pcm.rateHz) / 1000;
  return {
    ...pcm,
    samples: pcm.samples.slice(at(Math.max(0, endMs - frames * frameMs)), at(endMs)),
  };
}

function toClipText({ words }: ClipSource) {
  return words.map(({ word }) => word).join(' ');
}

function measureClipMs({ words }: ClipSource) {
  return (words.at(-1)?.toMs ?? 0) - (words[0]?.fromMs ?? 0);
}

function compareLengths(a: ClipSource, b: ClipSource) {
  return measureClipMs(a) - measureClipMs(b);
}
