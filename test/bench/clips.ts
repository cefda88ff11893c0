import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pcm } from '#src/audio/pcm.ts';
import { readWav, writeWav } from '#src/audio/wav.ts';

/** Something to ask the bot, as a WAV of its own: the labelled speech alone, in whole frames of 20 ms. */
export type Clip = { readonly text: string; readonly path: string; readonly pcm: Pcm };

type Labelled = {
  readonly file: string;
  readonly text: string;
  readonly speechStartMs: number;
  readonly speechEndMs: number;
};

const fixtures = new URL('../fixtures/speech/', import.meta.url);
/** A bot may wait longer for these: somebody who dictates numbers goes on. */
const endsInNumber = /\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten)$/;
const frameMs = 20;

/** Human and synthetic, shortest first; they are gone when this is disposed of. */
export class Clips implements AsyncDisposable {
  readonly all: readonly Clip[];
  readonly #folder: string;

  private constructor(all: readonly Clip[], folder: string) {
    this.all = all;
    this.#folder = folder;
  }

  static async open(): Promise<Clips> {
    const folder = await mkdtemp(join(tmpdir(), 'parley-clips-'));
    const manifest = await readFile(new URL('manifest.json', fixtures), 'utf8');
    const labelled: Labelled[] = JSON.parse(manifest);
    const asked = labelled.filter(({ text }) => !endsInNumber.test(text)).toSorted(shortestFirst);
    const clips = asked.map(async (label) => {
      const pcm = spoken(readWav(await readFile(new URL(label.file, fixtures))), label);
      const path = join(folder, label.file);
      await writeFile(path, writeWav(pcm));
      return { text: label.text, path, pcm };
    });
    return new Clips(await Promise.all(clips), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

/** Ends with the last labelled sound, so that the last packet is the one that completes the last word. */
function spoken(pcm: Pcm, { speechStartMs, speechEndMs }: Labelled): Pcm {
  const frames = Math.ceil((speechEndMs - speechStartMs) / frameMs);
  const fromMs = Math.max(0, speechEndMs - frames * frameMs);
  const at = (ms: number) => (ms * pcm.rateHz) / 1000;
  return { ...pcm, samples: pcm.samples.slice(at(fromMs), at(speechEndMs)) };
}

function shortestFirst(a: Labelled, b: Labelled): number {
  return a.speechEndMs - a.speechStartMs - (b.speechEndMs - b.speechStartMs);
}
