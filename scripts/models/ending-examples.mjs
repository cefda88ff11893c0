// Whole texts and their cuts, without punctuation, as a recogniser gives them: for scripts/models/endings.mjs.
import { hashFeature } from '#src/turn/endpointing/word-endings.ts';

/** Longer texts are read, not said to a bot. */
const maxWords = 14;
const cutsPerText = 3;
/** Words of a short text, and how often one that is found once is counted. */
const [longestShort, minShortWeight, maxShortWeight] = [4, 1, 10];
const lengthSteps = [1, 2, 3, 4, 5, 7, 10, 100];
/** Texts that begin with a word that begins clauses go on behind a comma so many times as often as all of the language. */
const [minOpenerRatio, minOpenerTexts] = [1.8, 6];
/** Shares of the word's places at which a clause begins, and a clause that is not the first. */
const [minOpenerShare, minInnerShare] = [0.25, 0.04];
/** How much such a clause counts: people begin with one more often than collections do. */
const openClauseWeight = 3;

/**
 * Makes examples: `{ language, source, sourceWeight, words, isWhole, isAsked, weight, fold }`. Half of the weight of each language and length are
 * whole texts, so that the logit says what the words alone tell. With `hasOpenClauses` clauses that wait for others are examples as well.
 */
export function makeExamples(rows, { hasOpenClauses = false } = {}) {
  const segmenters = new Map();
  const cutRows = rows.map((row) => {
    const { language, text } = row;
    if (!segmenters.has(language)) segmenters.set(language, new Intl.Segmenter(language, { granularity: 'word' }));
    return { ...row, tokens: cutWords(text, language, segmenters.get(language)) };
  });
  const openers = hasOpenClauses ? findOpeners(cutRows) : new Set();
  const examples = cutRows.flatMap(({ language, source, weight: sourceWeight, text, tokens }) => {
    if (tokens.length === 0 || tokens.length > maxWords) return [];
    const fold = hashFeature(`${language} ${tokens.map(({ word }) => word).join(' ')}`) % 10;
    const isUnspaced = unspaced.has(language);
    const isAsked = /[?？؟]["'”»]*$/u.test(text);
    const shared = { language, source, sourceWeight, isAsked, weight: 1, fold };
    const make = (length, isWhole) => ({ ...shared, words: joinWords(tokens.slice(0, length), isUnspaced), length, isWhole });
    const cuts = tokens.slice(0, -1).flatMap(({ endsSentence }, n) => (endsSentence ? [] : [n + 1]));
    const order = cuts.toSorted((a, b) => hashFeature(`${text} ${a}`) - hashFeature(`${text} ${b}`));
    const clauses = listClauses(tokens).filter((clause) => clause.length > 1 && openers.has(`${language} ${clause[0].word}`));
    return [
      make(tokens.length, true),
      ...order.slice(0, cutsPerText).map((length) => make(length, false)),
      ...clauses.map((clause) => ({ ...make(clause.length, false), words: joinWords(clause, isUnspaced), weight: openClauseWeight })),
    ];
  });
  weakenWholeCuts(examples);
  strengthenShortWholes(examples);
  balanceLengths(examples);
  return examples;
}

/** Finds the words by which clauses begin that wait for others, such as "wenn" and "quand", by where they stand. */
function findOpeners(cutRows) {
  const counts = new Map();
  const countPlace = (key, change) => {
    const count = counts.get(key) ?? { places: 0, texts: 0, goingOn: 0, inner: 0 };
    for (const [name, value] of Object.entries(change)) count[name] += value;
    counts.set(key, count);
  };
  for (const { language, tokens } of cutRows) {
    if (tokens.length < 4) continue;
    const goingOn = tokens.slice(1, -1).some(({ endsClause }) => endsClause) ? 1 : 0;
    countPlace(language, { texts: 1, goingOn });
    for (const [n, { word }] of tokens.entries()) {
      const key = `${language} ${word}`;
      if (n === 0) countPlace(key, { places: 1, texts: 1, goingOn });
      else countPlace(key, { places: 1, inner: tokens[n - 1].endsClause ? 1 : 0 });
    }
  }
  const isOpener = ([key, { goingOn, inner, places, texts }]) => {
    const all = counts.get(key.split(' ')[0]);
    const isFollowed = goingOn / texts >= (minOpenerRatio * all.goingOn) / all.texts;
    return texts >= minOpenerTexts && isFollowed && (texts + inner) / places >= minOpenerShare && inner / places >= minInnerShare;
  };
  return new Set([...counts].filter(([key]) => key.includes(' ')).filter(isOpener).map(([key]) => key));
}

/** Lists the clauses of a text between its signs, without a text that is one alone. */
function listClauses(tokens) {
  const clauses = [[]];
  for (const token of tokens) {
    clauses.at(-1).push(token);
    if (token.endsClause || token.endsSentence) clauses.push([]);
  }
  const found = clauses.filter((clause) => clause.length > 0);
  return found.length > 1 ? found : [];
}

const unspaced = new Set(['ja', 'zh', 'th']);

function cutWords(text, language, segmenter) {
  const clean = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  const tokens = [];
  const pattern = /[\p{L}\p{M}\p{N}]+(?:['.,:-][\p{L}\p{M}\p{N}]+)*|[^\p{L}\p{M}\p{N}\s]+/gu;
  const parts = unspaced.has(language) ? [...segmenter.segment(clean)].map(({ segment }) => segment.trim()).filter(Boolean) : clean.match(pattern);
  for (const part of parts ?? []) {
    if (/[\p{L}\p{N}]/u.test(part)) tokens.push({ word: part, endsClause: false, endsSentence: false });
    else if (/[.?!。？！…;؟।۔]/u.test(part) && tokens.length > 0) tokens.at(-1).endsSentence = true;
    else if (/[,，、،]/u.test(part) && tokens.length > 0) tokens.at(-1).endsClause = true;
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
