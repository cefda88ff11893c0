import { parseFile } from 'music-metadata';

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
    const [title, artist] = [oneLine(common.title), oneLine(common.artist)];
    return { ...(title !== '' && { title }), ...(artist !== '' && { artist }) };
  } catch {
    return {};
  }
}

function oneLine(words: unknown): string {
  if (typeof words !== 'string') return '';
  const line = words
    .normalize('NFC')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return [...line].slice(0, mostChars).join('').trim();
}
