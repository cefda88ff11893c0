import type { RecapPoint } from '#src/features/captions/answers/recap.ts';

type GivenPoint = {
  readonly kind?: RecapPoint['kind'];
  readonly text: string;
  /** Number of the line it names, and words that it copies from there. */
  readonly line: number;
  readonly words: string;
};

/** Reply of a chat model to the request for a recap. */
export function makeRecapReply(...points: readonly GivenPoint[]) {
  const written = points.map(({ kind = 'point', line, words, ...point }) => {
    return { kind, ...point, lines: [{ line, words }] };
  });
  return JSON.stringify({ points: written });
}
