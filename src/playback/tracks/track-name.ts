/** Tracks of the bot itself, and the word for all. */
const reserved = new Set(['voice', 'cues', 'all']);

/** A name as tracks are known by: capitals do not count. */
export function trackName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** Why nothing can be played on a track of that name; undefined where it can. */
export function objectionToName(
  name: string,
): { readonly kind: 'bad-name' | 'reserved' } | undefined {
  if (!/^[\p{L}\p{M}\p{N}-]{1,24}$/u.test(name)) return { kind: 'bad-name' };
  return reserved.has(name) ? { kind: 'reserved' } : undefined;
}
