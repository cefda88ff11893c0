import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClipWord, decodeOpusFile } from '#bench/turns/voice-clips.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { readClip } from '#test/audio/clip-archive.ts';

/** Start and end in ms of the clip. */
export type TimeSpan = readonly [fromMs: number, toMs: number];

/** Folders of clips, each with a `manifest.json` and a README that names origins and licences. */
export const clipFolders = {
  /** 362 clips in 13 languages, of many people and microphones. */
  people: 'test/fixtures/human',
  /** Prompts of telephones in Spanish, French and Russian. */
  prompts: 'test/fixtures/prompts',
} as const;

/** An entry of a manifest. */
export type ClipEntry = {
  readonly file: string;
  /** Command, prompt, read, read-l2, acted, spontaneous or meeting. */
  readonly kind: string;
  readonly language: string;
  /** Who speaks in several clips. Absent: nobody knows, or this is the only clip. */
  readonly speaker?: string;
  /** Empty where nobody wrote the words down. */
  readonly text: string;
  /** The text is the data set's own, or else a recogniser's. */
  readonly isTextSure?: boolean;
  /** Constants were chosen by this clip, so that no figure may count it. */
  readonly isForTuning?: true;
  /** Start and end of each word of the text, where `words` are not given. */
  readonly times?: readonly TimeSpan[];
  readonly words?: readonly ClipWord[];
  readonly stretches: readonly TimeSpan[];
  /** Absent: yes. */
  readonly endsTurn?: 'yes' | 'no' | 'unsure';
};

/** One person's speech at 16 kHz mono, with its words and its language (ISO 639-1). */
export type HumanClip = ClipEntry & {
  readonly words: readonly ClipWord[];
  readonly samples: Int16Array;
};

/**
 * Reads the clips of a folder, in the order of its manifest: all, or those that `isWanted` picks before their sound is decoded.
 *
 * @example
 * import { clipFolders, readHumanClips } from '#bench/human-clips.ts';
 * import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
 *
 * declare const codec: OpusCodec;
 * const german: string[] = [];
 * const isGerman = ({ language }: { language: string }) => language === 'de';
 * for await (const { text } of readHumanClips(clipFolders.people, codec, isGerman))
 *   german.push(text);
 * german.length; // 4
 */
export async function* readHumanClips(
  folder: string,
  codec: OpusCodec,
  isWanted: (entry: ClipEntry) => boolean = () => true,
): AsyncGenerator<HumanClip> {
  const entries: readonly ClipEntry[] = JSON.parse(
    await readFile(join(folder, 'manifest.json'), 'utf8'),
  );
  for (const entry of entries.filter(isWanted)) {
    const words = entry.words ?? listWords(entry);
    const samples = decodeOpusFile(readClip(folder, entry.file), codec);
    yield { ...entry, words, samples };
  }
}

/** Lists the words with their times. A sign alone is no word. */
function listWords({ text, times = [] }: ClipEntry) {
  const tokens = text.toLowerCase().split(/[\s’]+/);
  const texts = tokens
    .map((token) => token.replace(/[^\p{L}\p{N}_']/gu, ''))
    .filter(Boolean);
  return times.map(([from, to], n): ClipWord => [texts[n] ?? '', from, to]);
}
