import type { Synthesizer } from './speech-engine.ts';

/** Splits a text into pieces of at most `maxChars`, at ends of sentences or at spaces. */
export function splitText(text: string, maxChars: number): string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (rest.length > maxChars) {
    const at = findCut(rest, maxChars);
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  if (rest !== '') pieces.push(rest);
  return pieces;
}

function findCut(text: string, maxChars: number) {
  const head = text.slice(0, maxChars);
  const sentence = Math.max(
    ...['. ', '! ', '? ', '; '].map((end) => head.lastIndexOf(end) + 1),
  );
  if (sentence > maxChars / 3) return sentence;
  const space = head.lastIndexOf(' ');
  if (space > 0) return space;
  return /[\uD800-\uDBFF]$/.test(head) ? maxChars - 1 : maxChars;
}

export type Pronunciation = { readonly word: string; readonly say: string };

export type Pronounce = (text: string) => string;

/**
 * Replaces whole words by their pronunciations, in any case. The longest of several words counts. Undefined without
 * pronunciations.
 *
 * @example
 * import { createPronouncer } from '#src/speech/pronunciation.ts';
 *
 * createPronouncer([{ word: 'SQL', say: 'sequel' }])?.('Is sql fun?'); // 'Is sequel fun?'
 */
export function createPronouncer(all: readonly Pronunciation[]): Pronounce | undefined {
  const words = all.map(({ word, say }) => ({
    tokens: splitTokens(word).map(foldToken),
    say,
  }));
  const says = new Map(words.map(({ tokens, say }) => [tokens.join(''), say]));
  says.delete('');
  if (says.size === 0) return undefined;
  const mostTokens = Math.max(...words.map(({ tokens }) => tokens.length));
  return (text) => {
    const tokens = splitTokens(text);
    const known = tokens.map(foldToken);
    const spoken: string[] = [];
    for (let at = 0; at < tokens.length; ) {
      let length = mostTokens;
      while (length > 0 && !says.has(known.slice(at, at + length).join(''))) length--;
      const say =
        length > 0 ? says.get(known.slice(at, at + length).join('')) : tokens[at];
      spoken.push(say ?? '');
      at += Math.max(1, length);
    }
    return spoken.join('');
  };
}

/** Speaks with the pronunciations of `SpeechVoice.pronounce`. The text shown stays as it is. */
export function withPronunciation(synthesizer: Synthesizer): Synthesizer {
  const { fixEngine, wrapEach } = synthesizer;
  return {
    synthesize: (text, { pronounce, ...voice }, signal) =>
      synthesizer.synthesize(pronounce?.(text) ?? text, voice, signal),
    fixEngine: fixEngine && (() => withPronunciation(fixEngine.call(synthesizer))),
    wrapEach: (wrap) =>
      withPronunciation(wrapEach?.call(synthesizer, wrap) ?? wrap(synthesizer)),
  };
}

function splitTokens(text: string) {
  const runs = text.match(/[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_]/gu) ?? [];
  // Scripts without spaces are split by a dictionary.
  return runs.flatMap((run) => (unspacedScripts.test(run) ? segmentWords(run) : [run]));
}

const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

function segmentWords(run: string) {
  const segments = new Intl.Segmenter(undefined, { granularity: 'word' }).segment(run);
  return Array.from(segments, ({ segment }) => segment);
}

function foldToken(token: string) {
  return token.normalize('NFKC').toLowerCase().replace('\u2019', "'");
}
