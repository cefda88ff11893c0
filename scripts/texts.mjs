import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtInLocales } from '#src/texts/locales.ts';
import { markedTable, reportOn } from '#src/texts/report.ts';
import { builtInTexts } from '#src/texts/tables.ts';


const usage = 'npm run texts [-- LANGUAGE [mark | reviewed ID...]]';
const [language, act, ...ids] = process.argv.slice(2);
const isAct = act === undefined || (act === 'mark' && ids.length === 0) || (act === 'reviewed' && ids.length > 0);
if ((language !== undefined && !builtInLocales.includes(language)) || !isAct) {
  console.error(`${usage}\nLanguages: ${builtInLocales.join(', ')}`);
  process.exitCode = 2;
} else if (act === undefined) {
  const toDo = (language ? [language] : builtInLocales).map((one) => show(one, language !== undefined));
  if (toDo.some((count) => count > 0)) process.exitCode = 1;
} else mark(language, act === 'mark' ? undefined : new Set(ids));

/** Prints what there is to be done; returns how many texts are missing, stale or faulty. */
function show(locale, withUnreviewed) {
  const { texts, missing, stale, unreviewed, faulty } = reportOn(locale);
  const counts = `${missing.length} missing, ${stale.length} stale, ${faulty.length} faulty or too long`;
  console.log(`${locale}: ${texts} texts, ${counts}, ${unreviewed.length} unreviewed`);
  const lists = { missing, stale, faulty, ...(withUnreviewed && { unreviewed }) };
  for (const [kind, all] of Object.entries(lists)) for (const one of all) console.log(`  ${kind}  ${one}`);
  return missing.length + stale.length + faulty.length;
}

function mark(locale, reviewed) {
  const folder = new URL(`../src/texts/${locale}/`, import.meta.url);
  const english = new Map([...builtInTexts('en')].map(([id, { text }]) => [id, text]));
  for (const name of readdirSync(folder)) {
    const file = new URL(name, folder);
    const former = readFileSync(file, 'utf8');
    const marked = markedTable(former, english, reviewed);
    if (marked !== former) writeFileSync(file, marked);
  }
}
