import { parseFile } from 'music-metadata';
import { oneLine } from '#src/sources/one-line.ts';

/** Tags of a sound file; each one line. */
export type SoundTags = { readonly title?: string; readonly artist?: string };

/** Longest title or name that is kept, in characters. */
const mostChars = 100;

/**
 * Tags of a file on this machine: ID3, Vorbis comments, MP4 atoms, RIFF INFO and others. None where it has none, or is
 * damaged. Runs in a decoding process, which alone loads the library for it.
 */
export async function tagsOf(path: string): Promise<SoundTags> {
  try {
    const { common } = await parseFile(path, { duration: false, skipCovers: true });
    const [title, artist] = [lineOf(common.title), lineOf(common.artist)];
    return { ...(title !== '' && { title }), ...(artist !== '' && { artist }) };
  } catch {
    return {};
  }
}

function lineOf(words: unknown): string {
  return typeof words === 'string' ? oneLine(words, mostChars) : '';
}
