// npm run code-size [-- --lower] [--roads]: prints the surface of the product beside the ceilings of scripts/code-size.json. Exits with
// 1 above a ceiling. --lower writes figures that have fallen as new ceilings. --roads also counts, in three minutes, the files that run
// for a question and four other things, which have no ceiling (node scripts/road-files.mjs lists them).
import '#src/base/help/program-help.mjs';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { alerts } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { settings } from '#src/config/settings.ts';
import { transcriptTables } from '#src/stores/transcripts/transcript-tables.ts';
import { features, serverSettings } from '#src/features/features.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import { storeParts } from '#src/stores/store-parts.ts';
import { textLocales } from '#src/texts/locales.ts';
import { readTexts } from '#src/texts/texts.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';
import { listRoadFiles } from './road-files.mjs';

const ceilingsFile = new URL('code-size.json', import.meta.url);

const { values: flags } = parseArgs({
  options: { lower: { type: 'boolean', default: false }, roads: { type: 'boolean', default: false } },
});
const figures = countSurface();
const ceilings = JSON.parse(readFileSync(ceilingsFile, 'utf8'));

if (flags.lower) {
  for (const [name, figure] of Object.entries(figures)) ceilings[name] = Math.min(figure, ceilings[name] ?? figure);
  for (const name of Object.keys(ceilings)) if (!(name in figures)) delete ceilings[name];
  writeFileSync(ceilingsFile, `${JSON.stringify(ceilings, undefined, 2)}\n`);
}
const rows = Object.entries(figures).map(([name, figure]) => [name, { figure, ceiling: ceilings[name] }]);
console.table(Object.fromEntries(rows));
if (flags.roads) {
  const roadFiles = await listRoadFiles();
  const countsOfFiles = Object.entries(roadFiles).map(([road, files]) => [`files that run for ${road}`, { figure: files.length }]);
  console.table(Object.fromEntries(countsOfFiles));
}
const namesAbove = rows.filter(([, { figure, ceiling }]) => !(figure <= ceiling)).map(([name]) => name);
if (namesAbove.length > 0) {
  console.error(`Above the ceiling: ${namesAbove.join(', ')}. Delete something, or say why scripts/code-size.json rises.`);
  process.exitCode = 1;
}

/** Counts what a user, an operator or a program can meet. */
function countSurface() {
  const typedCommands = commands.flatMap((command) => ('commands' in command ? command.commands : 'options' in command ? [command] : []));
  const englishTexts = readTexts('en');
  const translatedIds = new Set(textLocales.filter((locale) => locale !== 'en').flatMap((locale) => [...readTexts(locale).keys()]));
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const documents = listTrackedFiles(/^docs\/.*\.md$/);
  using metrics = openMetrics(() => true);
  return {
    'settings of the environment': Object.keys(settings.shape).length,
    'settings of a server': serverSettings.length,
    commands: typedCommands.length,
    options: typedCommands.flatMap(({ options }) => options).length,
    buttons: buttons.length,
    texts: englishTexts.size,
    'texts that are translated': translatedIds.size,
    'routes of HTTP': allRoutes.filter(({ path }) => path.startsWith('/v1/servers/')).length,
    tables: Object.values(storeParts).flatMap((part) => part.tables).length + transcriptTables.length,
    metrics: metrics.meters.registry.getMetricsAsArray().length,
    alerts: Object.keys(alerts).length + features.flatMap((feature) => feature.alerts ?? []).length,
    'error codes': Object.keys(errorCodes).length,
    'npm scripts': Object.keys(manifest.scripts).length,
    'dependencies at run time': Object.keys(manifest.dependencies).length,
    documents: documents.length,
  };
}

/** Lists the paths in git that a pattern matches. */
function listTrackedFiles(pattern) {
  const paths = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
  return paths.filter((path) => pattern.test(path));
}
