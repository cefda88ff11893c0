import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';
import { knownWords } from '#test/fakes/recogniser/recogniser.ts';
import type { KnownWord } from '#test/fakes/recogniser/recogniser-match.ts';

/** Something to ask the bot, as a WAV of its own: from the first to the last word, in whole frames of 20 ms. */
export type QuestionClip = { readonly text: string; readonly path: string; readonly pcm: Pcm };

type Source = { readonly file: string; readonly words: readonly KnownWord[] };

const fixtures = new URL('../test/fixtures/speech/', import.meta.url);
/** A bot may wait longer for these: somebody who dictates numbers goes on. */
const endsInNumber = /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)$/;
/** It says its last answer again, without asking anybody. */
const noQuestion = /\brepeat that\b/;
const frameMs = 20;

/** Human and synthetic, shortest first; they are gone when this is disposed of. */
export class Clips implements AsyncDisposable {
  readonly all: readonly QuestionClip[];
  readonly #folder: string;

  private constructor(all: readonly QuestionClip[], folder: string) {
    this.all = all;
    this.#folder = folder;
  }

  static async open(): Promise<Clips> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-clips-'));
    const known = Object.entries(await knownWords()).map(([file, words]) => ({ file, words }));
    const asked = known.filter(
      (source) => !endsInNumber.test(textOf(source)) && !noQuestion.test(textOf(source)),
    );
    const clips = asked.toSorted(shortestFirst).map(async (source) => {
      const pcm = spoken(readWav(await readFile(new URL(source.file, fixtures))), source);
      const path = join(folder, source.file);
      await writeFile(path, writeWav(pcm));
      return { text: textOf(source), path, pcm };
    });
    return new Clips(await Promise.all(clips), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** Ends with the last word, so that the last packet is the one that completes it. */
function spoken(pcm: Pcm, source: Source): Pcm {
  const endMs = source.words.at(-1)?.toMs ?? 0;
  const frames = Math.ceil(lengthMs(source) / frameMs);
  const at = (ms: number) => (ms * pcm.rateHz) / 1000;
  return {
    ...pcm,
    samples: pcm.samples.slice(at(Math.max(0, endMs - frames * frameMs)), at(endMs)),
  };
}

function textOf({ words }: Source): string {
  return words.map(({ word }) => word).join(' ');
}

function lengthMs({ words }: Source): number {
  return (words.at(-1)?.toMs ?? 0) - (words[0]?.fromMs ?? 0);
}

function shortestFirst(a: Source, b: Source): number {
  return lengthMs(a) - lengthMs(b);
}
