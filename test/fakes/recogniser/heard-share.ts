import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { extractFeatures } from './recogniser-features.ts';
import { findMatches } from './recogniser-match.ts';

/** Length of a piece of a recording, which is found or not, and of a stretch, which is looked for by itself. */
const [pieceMs, stretchMs] = [500, 2_000];

/**
 * Share of `recording` that sounds in `heard`, 0 to 1: all of an Opus-coded copy, nothing of another recording.
 *
 * `heard` may begin earlier or later, have another rate or loudness, lack pieces and hold longer pauses.
 */
export function measureHeardShare(heard: Pcm, recording: Pcm): number {
  const count = Math.max(1, Math.floor(getDurationMs(recording) / pieceMs));
  const pieces = Array.from({ length: count }, (_, n) => ({
    word: `${n}`,
    fromMs: n * pieceMs,
    toMs: (n + 1) * pieceMs,
  }));
  const features = extractFeatures(recording);
  const there = extractFeatures(heard);
  const stretches = Map.groupBy(pieces, ({ fromMs }) => Math.floor(fromMs / stretchMs));
  const found = [...stretches.values(), pieces].flatMap((words) =>
    findMatches(there, { words, features }),
  );
  return (
    new Set(found.flatMap(({ words }) => words.map(({ word }) => word))).size / count
  );
}
