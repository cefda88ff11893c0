// Whole texts and their cuts, without punctuation, as a recogniser gives them: for scripts/models/endings.mjs.
import { hashFeature } from '#src/turn/endpointing/word-endings.ts';

/** Longer texts are read, not said to a bot. */
const maxWords = 14;
const cutsPerText = 3;
/** Words of a short text, and how often one that is found once is counted. */
const [longestShort, minShortWeight, maxShortWeight] = [4, 1, 10];
const lengthSteps = [1, 2, 3, 4, 5, 7, 10, 100];

/**
 * Makes examples: `{ language, source, sourceWeight, words, isWhole, isAsked, weight, fold }`. Half of the weight of each language and length are
 * whole texts, so that the logit says what the words alone tell.
 */
export function makeExamples(rows) {
  const segmenters = new Map();
  const examples = rows.flatMap(({ language, source, weight: sourceWeight, text }) => {
    if (!segmenters.has(language)) segmenters.set(language, new Intl.Segmenter(language, { granularity: 'word' }));
    const tokens = cutWords(text, language, segmenters.get(language));
    if (tokens.length === 0 || tokens.length > maxWords) return [];
    const fold = hashFeature(`${language} ${tokens.map(({ word }) => word).join(' ')}`) % 10;
    const isUnspaced = unspaced.has(language);
    const isAsked = /[?？؟]["'”»]*$/u.test(text);
    const shared = { language, source, sourceWeight, isAsked, weight: 1, fold };
    const make = (length, isWhole) => ({ ...shared, words: joinWords(tokens.slice(0, length), isUnspaced), length, isWhole });
    const cuts = tokens.slice(0, -1).flatMap(({ endsSentence }, n) => (endsSentence ? [] : [n + 1]));
    const order = cuts.toSorted((a, b) => hashFeature(`${text} ${a}`) - hashFeature(`${text} ${b}`));
    return [make(tokens.length, true), ...order.slice(0, cutsPerText).map((length) => make(length, false))];
  });
  weakenWholeCuts(examples);
  strengthenShortWholes(examples);
  balanceLengths(examples);
  return examples;
}

const unspaced = new Set(['ja', 'zh', 'th']);

function cutWords(text, language, segmenter) {
  const clean = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const tokens = [];
  const pattern = /[\p{L}\p{M}\p{N}]+(?:['.,:-][\p{L}\p{M}\p{N}]+)*|[^\p{L}\p{M}\p{N}\s]+/gu;
  const parts = unspaced.has(language) ? [...segmenter.segment(clean)].map(({ segment }) => segment.trim()).filter(Boolean) : clean.match(pattern);
  for (const part of parts ?? []) {
    if (/[\p{L}\p{N}]/u.test(part)) tokens.push({ word: part, endsSentence: false });
    else if (/[.?!。？！…;؟।۔]/u.test(part) && tokens.length > 0) tokens.at(-1).endsSentence = true;
  }
  return tokens;
}

function joinWords(tokens, isUnspaced) {
  const words = tokens.map(({ word }) => word);
  return isUnspaced ? [words.join('')] : words;
}

/**
 * People seldom pause behind words that are said as a whole elsewhere. All cuts of such a text count at most half as much as its wholes, or a
 * twentieth of their number.
 */
function weakenWholeCuts(examples) {
  const groups = Map.groupBy(examples, ({ language, words }) => `${language} ${words.join(' ')}`);
  for (const group of groups.values()) {
    const cuts = group.filter(({ isWhole }) => !isWhole);
    const wholes = group.length - cuts.length;
    if (wholes === 0) continue;
    const weight = Math.min(1, Math.max(wholes / 2, cuts.length / 20) / cuts.length);
    for (const cut of cuts) cut.weight = weight;
  }
}

/**
 * A short text is said far more often than collections tell, which hold it once: its wholes count as much as all texts that go on from it, or
 * several times where they are few.
 */
function strengthenShortWholes(examples) {
  const groups = Map.groupBy(
    examples.filter(({ length }) => length <= longestShort),
    ({ language, words }) => `${language} ${words.join(' ')}`,
  );
  for (const group of groups.values()) {
    const wholes = group.filter(({ isWhole }) => isWhole);
    const weight = Math.min(maxShortWeight, Math.max(minShortWeight, (group.length - wholes.length) / wholes.length));
    for (const whole of wholes) whole.weight = weight;
  }
}

function balanceLengths(examples) {
  const sums = new Map();
  const keyOf = ({ language, length }) => `${language} ${lengthSteps.findIndex((step) => length <= step)}`;
  for (const example of examples) {
    const sum = sums.get(keyOf(example)) ?? [0, 0];
    sum[example.isWhole ? 1 : 0] += example.weight;
    sums.set(keyOf(example), sum);
  }
  for (const example of examples) {
    if (example.isWhole) continue;
    const [cuts, wholes] = sums.get(keyOf(example));
    example.weight *= Math.min(4, wholes / cuts);
  }
}
