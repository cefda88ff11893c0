import { getUsage } from '#src/base/help/program-help.mjs';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { textLocales } from '#src/texts/locales.ts';
import { markTranslatedTexts, reportTranslations } from '#src/texts/translation-report.ts';
import { readTexts } from '#src/texts/texts.ts';

const usage = getUsage('texts');
const [language, act] = process.argv.slice(2);
const isAct = act === undefined || act === 'mark';
if ((language !== undefined && !textLocales.includes(language)) || !isAct) {
  console.error(`${usage}\nLanguages: ${textLocales.join(', ')}`);
  process.exitCode = 2;
} else if (act === undefined) {
  const faultCounts = (language ? [language] : textLocales).map(printReport);
  if (faultCounts.some((count) => count > 0)) process.exitCode = 1;
} else markTexts(language);

/** Prints the state of a language. Returns the number of missing, stale or faulty texts. */
function printReport(locale) {
  const { texts, missing, stale, faulty } = reportTranslations(locale);
  const counts = `${missing.length} missing, ${stale.length} stale, ${faulty.length} faulty or too long`;
  console.log(`${locale}: ${texts} texts, ${counts}`);
  for (const [kind, ids] of Object.entries({ missing, stale, faulty })) for (const id of ids) console.log(`  ${kind}  ${id}`);
  return missing.length + stale.length + faulty.length;
}

/** Marks the texts of a language as translations of the English ones as they are now. */
function markTexts(locale) {
  const folder = new URL(`../src/texts/${locale}/`, import.meta.url);
  const englishTexts = new Map([...readTexts('en')].map(([id, { text }]) => [id, text]));
  for (const name of readdirSync(folder)) {
    const file = new URL(name, folder);
    const source = readFileSync(file, 'utf8');
    const markedSource = markTranslatedTexts(source, englishTexts);
    if (markedSource !== source) writeFileSync(file, markedSource);
  }
}
