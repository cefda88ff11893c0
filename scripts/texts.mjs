import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { textLocales } from '#src/texts/locales.ts';
import { markTranslatedTexts, reportTranslations } from '#src/texts/translation-report.ts';
import { readTexts } from '#src/texts/texts.ts';


const usage = 'npm run texts [-- LANGUAGE [mark]]';
const [language, act] = process.argv.slice(2);
const isAct = act === undefined || act === 'mark';
if ((language !== undefined && !textLocales.includes(language)) || !isAct) {
  console.error(`${usage}\nLanguages: ${textLocales.join(', ')}`);
  process.exitCode = 2;
} else if (act === undefined) {
  const toDo = (language ? [language] : textLocales).map(show);
  if (toDo.some((count) => count > 0)) process.exitCode = 1;
} else mark(language);

/** Returns the number of missing, stale or faulty texts. */
function show(locale) {
  const { texts, missing, stale, faulty } = reportTranslations(locale);
  const counts = `${missing.length} missing, ${stale.length} stale, ${faulty.length} faulty or too long`;
  console.log(`${locale}: ${texts} texts, ${counts}`);
  for (const [kind, all] of Object.entries({ missing, stale, faulty })) for (const one of all) console.log(`  ${kind}  ${one}`);
  return missing.length + stale.length + faulty.length;
}

function mark(locale) {
  const folder = new URL(`../src/texts/${locale}/`, import.meta.url);
  const english = new Map([...readTexts('en')].map(([id, { text }]) => [id, text]));
  for (const name of readdirSync(folder)) {
    const file = new URL(name, folder);
    const former = readFileSync(file, 'utf8');
    const marked = markTranslatedTexts(former, english);
    if (marked !== former) writeFileSync(file, marked);
  }
}
