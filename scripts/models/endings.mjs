// Learns at which words people end, for src/turn/endpointing/word-endings.bin, in about five minutes and 4 GB.
//
//   DATA holds a clone of each repository of ending-texts.json by its name, as `git clone https://github.com/clinc/oos-eval`.
//   npm run node -- --max-old-space-size=6000 scripts/models/endings.mjs DATA [--out FILE] [--from 1|2|3] [--without SOURCE] [--beside CHECKOUT]
//
// The file has three tables. The first is for all languages together and for each. The second is what other languages than English learn beside it,
// also from the sources that are marked as additions. The third corrects both in the languages of the sources that are marked as corrections, and from
// clauses that wait for others. Tables before --from (3) stay as they are shipped, and so does English unless it is 1.
// Texts are whole or cut between two words, without punctuation. A tenth of them is not learnt from: it tells how right the weights are. With
// --without, all texts of that source (or of each whose name begins so) are not learnt from, and tell it. --beside shows how right another
// checkout's predictEndOfTurn is. The phrases of test/turn/held-out-phrases.ts and spoken-phrases.ts, and the texts of recordings, are never learnt
// from.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { correctionTableAt, endingsBytes, ownTableAt, WordEndings } from '#src/turn/endpointing/word-endings.ts';
import { listHeldOutPhrases } from '#test/turn/held-out-phrases.ts';
import { listSpokenPhrases } from '#test/turn/spoken-phrases.ts';
import { makeExamples } from './ending-examples.mjs';
import { readTexts } from './ending-texts.mjs';
import { packAdditions, packCorrections, packEndings, trainAdditions, trainCorrections, trainEndings } from './train-endings.mjs';

const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: { from: { type: 'string', default: '3' }, out: { type: 'string' }, without: { type: 'string' }, beside: { type: 'string' } },
});
const [dataDir] = positionals;
if (!dataDir) throw new Error('Name the folder of the clones.');

const phraseSets = { 'Short phrases': listHeldOutPhrases(), 'Spoken phrases, first set': listSpokenPhrases('first'), 'Spoken phrases, second set': listSpokenPhrases('second') };
const heldOutKeys = new Set([...Object.values(phraseSets).flat(), ...listClipTexts()].map(({ language, text }) => toKey(language, text)));
const rows = readTexts(dataDir).filter(({ language, text }) => !heldOutKeys.has(toKey(language, text)));
const isHeldOut = ({ fold, source }) => (options.without ? source.startsWith(options.without) : fold === 0);
const isLearnt = (example) => !isHeldOut(example) && example.fold !== 0 && example.fold !== 1;
const isCalibrating = (example) => !isHeldOut(example) && example.fold === 1;
const corrected = new Set(rows.filter(({ isCorrection }) => isCorrection).map(({ language }) => language));
const fromTable = Number(options.from);
const bytes = fromTable > 1 ? readTables(fromTable - 1) : learnFirstTable();
if (fromTable <= 2) learnAdditions();
const examples = makeExamples(
  rows.filter(({ language }) => fromTable < 3 || corrected.has(language)),
  { hasOpenClauses: true },
).filter(({ language, words }) => !heldOutKeys.has(toKey(language, words.join(' '))));
const correctedExamples = examples.filter(({ language }) => corrected.has(language));
packCorrections(bytes, trainCorrections(correctedExamples.filter(isLearnt), bytes), correctedExamples.filter(isCalibrating));
const endings = new WordEndings(bytes);
if (options.out) writeFileSync(options.out, bytes);

const other = options.beside && (await import(join(resolve(options.beside), 'src/turn/endpointing/end-of-turn.ts')));
const judged = examples.filter(isHeldOut).map((example) => ({
  ...example,
  told: endings.getLogit(example.words, example.language),
  untold: endings.getLogit(example.words, ''),
  other: other?.predictEndOfTurn(example.words.join(' '), example.language).completeLogit ?? 0,
}));
console.log(`${examples.length} texts, ${judged.length} held out; AUC, by language told and not told${other ? ', and of the other checkout' : ''}`);
const groups = [['all', judged], ...[...Map.groupBy(judged, ({ language }) => language)].sort()];
console.table(
  Object.fromEntries(
    groups.map(([name, group]) => [
      name,
      { texts: group.length, told: measureAuc(group, 'told'), untold: measureAuc(group, 'untold'), ...(other && { other: measureAuc(group, 'other') }) },
    ]),
  ),
);
for (const [name, phrases] of Object.entries(phraseSets)) {
  console.log(`${name}: % of wholes that are judged whole, of beginnings that are judged unfinished`);
  console.table(listPhraseShares(phrases, (language, text) => endings.getLogit(listWords(text), language)));
  if (!other) continue;
  console.log('The same of the other checkout');
  console.table(listPhraseShares(phrases, (language, text) => other.predictEndOfTurn(text, language).completeLogit));
}
for (const kind of ['told', 'untold']) {
  console.log(`Reliability, language ${kind}: what it says, and what is whole`);
  console.table(listReliability(judged, kind));
}

function learnAdditions() {
  const examples = makeExamples(rows.filter(({ isCorrection, language }) => !isCorrection && language !== 'en'));
  packAdditions(bytes, trainAdditions(examples.filter(isLearnt), bytes), examples.filter(isCalibrating));
}

function learnFirstTable() {
  const examples = makeExamples(rows.filter(({ isAddition, isCorrection }) => !isAddition && !isCorrection));
  return packEndings(trainEndings(examples.filter(isLearnt)), examples.filter(isCalibrating));
}

/** Reads so many tables of the shipped file. */
function readTables(count) {
  const bytes = new Uint8Array(endingsBytes);
  const shipped = readFileSync(new URL('../../src/turn/endpointing/word-endings.bin', import.meta.url));
  bytes.set(shipped.subarray(0, count === 1 ? ownTableAt : correctionTableAt));
  return bytes;
}

function listClipTexts() {
  return ['human', 'prompts'].flatMap((folder) => JSON.parse(readFileSync(new URL(`../../test/fixtures/${folder}/manifest.json`, import.meta.url), 'utf8')));
}

/** A text without capitals and punctuation, so that it is found whatever its source writes. */
function toKey(language, text) {
  return `${language} ${listWords(text).join(' ')}`;
}

function listWords(text) {
  const transcript = text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
  return transcript.match(/[\p{L}\p{M}\p{N}]+(?:['.,:-][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

function listPhraseShares(phrases, judge) {
  const judgedPhrases = phrases.map((phrase) => ({ ...phrase, logit: judge(phrase.language, phrase.text) }));
  const groups = [['all', judgedPhrases], ...Map.groupBy(judgedPhrases, ({ language }) => language)];
  const toShare = (list, isRight) => Math.round((100 * list.filter(isRight).length) / list.length);
  return Object.fromEntries(
    groups.map(([name, group]) => {
      const wholes = group.filter(({ isWhole }) => isWhole);
      const beginnings = group.filter(({ isWhole }) => !isWhole);
      const row = { auc: measureAuc(group.map((phrase) => ({ ...phrase, weight: 1 })), 'logit'), wholes: wholes.length, whole: toShare(wholes, ({ logit }) => logit > 0), beginnings: beginnings.length };
      return [name, { ...row, unfinished: toShare(beginnings, ({ logit }) => logit < 0) }];
    }),
  );
}

/** Area under the curve: how often a whole text gets more than a cut one. */
function measureAuc(group, kind) {
  const sorted = group.toSorted((a, b) => a[kind] - b[kind]);
  let [cutWeight, wholeWeight, sum] = [0, 0, 0];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    let [cuts, wholes] = [0, 0];
    for (; to < sorted.length && sorted[to][kind] === sorted[from][kind]; to++) {
      if (sorted[to].isWhole) wholes += sorted[to].weight;
      else cuts += sorted[to].weight;
    }
    sum += wholes * (cutWeight + cuts / 2);
    cutWeight += cuts;
    wholeWeight += wholes;
    from = to;
  }
  return (sum / (cutWeight * wholeWeight)).toFixed(3);
}

function listReliability(group, kind) {
  const rows = [...Map.groupBy(group, (example) => Math.min(9, Math.floor(10 * toProbability(example[kind]))))].sort(([a], [b]) => a - b);
  const sumUp = (members, pick) => members.reduce((sum, member) => sum + pick(member) * member.weight, 0);
  return Object.fromEntries(
    rows.map(([tenth, members]) => {
      const weight = sumUp(members, () => 1);
      const says = sumUp(members, (member) => toProbability(member[kind])) / weight;
      const is = sumUp(members, ({ isWhole }) => (isWhole ? 1 : 0)) / weight;
      return [`${tenth / 10} to ${(tenth + 1) / 10}`, { texts: members.length, says: says.toFixed(3), is: is.toFixed(3) }];
    }),
  );
}

function toProbability(logit) {
  return 1 / (1 + Math.exp(-logit));
}
