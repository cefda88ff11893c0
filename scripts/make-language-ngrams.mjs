// node scripts/make-language-ngrams.mjs: cuts the n-grams of eld's smallest database to the
// languages of the bot, for src/speech/text-language. A line holds an n-gram (a character for each
// byte of UTF-8), then the letter of each language with its score in base 36.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { resolveTool } from '#tools/resolve.mjs';

const keptCodes = 'en de fr es it pt nl sv da no fi pl cs ro hu el tr ru uk ar he hi ja ko zh vi'.split(' ');
const target = fileURLToPath(new URL('../src/speech/text-language/ngrams.txt', import.meta.url));
const entry = resolveTool('eld/extrasmall');
const { ngramsData } = await import(new URL('../ngrams/extrasmall.js', entry).href);

const { dictionary } = await import(new URL('../dictionary.js', entry).href);

/** eld has other characters for bytes above 127. */
const byteChars = new Map(dictionary.slice(128).map((char, n) => [char, String.fromCharCode(128 + n)]));
const toBytes = (ngram) => ngram.replaceAll(/[^a-z'` ]/g, (char) => byteChars.get(char));

/** Letters by eld's ids of languages. */
const letters = new Map();
for (const [id, code] of Object.entries(ngramsData.languages)) {
  const index = keptCodes.indexOf(code);
  if (index >= 0) letters.set(id, String.fromCharCode(65 + index));
}
const lines = Object.entries(ngramsData.ngrams).flatMap(([ngram, scores]) => {
  const keptScores = Object.entries(scores).filter(([id]) => letters.has(id));
  if (keptScores.length === 0) return [];
  const encoded = keptScores.map(([id, score]) => `${letters.get(id)}${score.toString(36)}`).join('');
  return [`${toBytes(ngram)}\t${encoded}`];
});
writeFileSync(target, `${keptCodes.join(' ')}\n${lines.join('\n')}\n`);
console.log(`${lines.length} n-grams of ${letters.size} languages`);
