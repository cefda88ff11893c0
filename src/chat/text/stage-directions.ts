import stageWords from './stage-words.json' with { type: 'json' };

const words = new Set(stageWords.words);
const fillers = new Set(stageWords.fillers);

/** Text in brackets or stars that may be a direction, with what stands on both sides. A link is none. */
const candidate =
  /(?<square>\[[^[\]\n]{1,40}\](?!\())|(?<curly>\{[^{}\n]{1,60}\})|(?<round>\([^()\n]{1,40}\)|\uff08[^\uff08\uff09\n]{1,20}\uff09)|(?<![*\p{L}\p{N}])(?<star>\*[^*\s][^*\n]{0,40}\*)(?![*\p{L}\p{N}])/gu;

/**
 * Leaves out the stage directions of persona voices: `[laughs]`, `(sighs)`, `[pause 2s]`, `{emotion: joy}`, `*smiles*`.
 *
 * Square brackets that begin a sentence hold a direction by their shape, as people write none there. Elsewhere only
 * words of sounds and gestures count, so that "(about five)" stays.
 *
 * @example
 * import { removeStageDirections } from '#src/chat/text/stage-directions.ts';
 *
 * removeStageDirections('[softly] Well, (clears throat) five (about five).'); // '  Well,   five (about five).'
 */
export function removeStageDirections(text: string): string {
  return text.replace(candidate, (raw, ...match) => {
    const groups = match.at(-1) as Readonly<Record<Shape, string | undefined>>;
    const [, , , , at] = match;
    return isDirection(raw, groups, text.slice(0, Number(at))) ? ' ' : raw;
  });
}

type Shape = 'square' | 'curly' | 'round' | 'star';

function isDirection(
  raw: string,
  { curly, square }: Readonly<Record<Shape, string | undefined>>,
  textBefore: string,
) {
  const inside = raw.slice(1, -1).trim();
  // JSON has quotation marks.
  const isSetting = /^\p{Ll}[\p{Ll}_ -]{0,30}\s?[:=]\s?[\p{L}\p{N} .,_-]+$/u.test(
    inside,
  );
  if (curly && isSetting) return true;
  if (namesSound(inside.toLowerCase(), square !== undefined)) return true;
  const isFirst = /^$|[.!?\u2026]["'\u201d]?$/.test(textBefore.trimEnd());
  return (
    (square !== undefined || curly !== undefined) &&
    isFirst &&
    /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{M}'-]*(?: [\p{Ll}\p{Lo}\p{M}\d.'-]+){0,3}$/u.test(
      inside,
    )
  );
}

/** Returns whether a text is made of words for sounds and gestures, and what describes them. */
function namesSound(text: string, isSquare: boolean) {
  const parts = text.match(/\p{L}[\p{L}\p{M}'-]*|\d+/gu) ?? [];
  // "[softly]" is a direction, "(exactly)" is none.
  const isSound = (part: string) =>
    (isSquare && part.length > 4 && part.endsWith('ly')) ||
    words.has(part) ||
    stageWords.stems.some((stem) => part.startsWith(stem));
  const isBeside = (part: string) =>
    fillers.has(part) || /ly$|^\d+$/.test(part) || isSound(part);
  return parts.length <= 5 && parts.some(isSound) && parts.every(isBeside);
}
