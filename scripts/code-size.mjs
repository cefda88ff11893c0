// npm run code-size [-- --lower]: prints size and surface beside the ceilings of
// scripts/code-size.json. Exits with 1 above a ceiling. --lower writes figures that have fallen as
// new ceilings.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSync } from 'oxc-parser';
import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { alerts } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { settings } from '#src/config/settings.ts';
import { transcriptTables } from '#src/features/captions/store/transcript-tables.ts';
import { features, serverSettings } from '#src/features/features.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import { storeParts } from '#src/storage/stores/store-parts.ts';
import { textLocales } from '#src/texts/locales.ts';
import { readTexts } from '#src/texts/texts.ts';
import { allRoutes } from '#src/web/api/routes/routes.ts';

const ceilingsFile = new URL('code-size.json', import.meta.url);
const product = new Set(['src', 'commands', 'doctor', 'setup', 'page']);
const others = ['test', 'bench', 'sandbox'];

const { values: flags } = parseArgs({ options: { lower: { type: 'boolean', default: false } } });
const figures = { ...sizes(), ...surface() };
const ceilings = JSON.parse(readFileSync(ceilingsFile, 'utf8'));

if (flags.lower) {
  for (const [name, figure] of Object.entries(figures)) ceilings[name] = Math.min(figure, ceilings[name] ?? figure);
  for (const name of Object.keys(ceilings)) if (!(name in figures)) delete ceilings[name];
  writeFileSync(ceilingsFile, `${JSON.stringify(ceilings, undefined, 2)}\n`);
}
const rows = Object.entries(figures).map(([name, figure]) => [name, { now: figure, ceiling: ceilings[name] }]);
console.table(Object.fromEntries(rows));
const above = rows.filter(([, { now, ceiling }]) => !(now <= ceiling)).map(([name]) => name);
if (above.length > 0) {
  console.error(`Above the ceiling: ${above.join(', ')}. Delete something, or say why scripts/code-size.json rises.`);
  process.exitCode = 1;
}

/** Counts syntax nodes of files in git, without models. A string of JSON is one node. */
function sizes() {
  const nodes = {};
  for (const path of trackedFiles(/\.(?:[mc]?[jt]s|json)$/)) {
    if (path === 'package-lock.json' || path.startsWith('models/')) continue;
    const text = readFileSync(path, 'utf8');
    const isData = path.endsWith('.json');
    const count = isData ? countIn(JSON.parse(text), (one) => typeof one === 'string') : countIn(parseSync(path, text).program, (one) => typeof one?.type === 'string');
    const [top] = path.split('/');
    const part = others.includes(top) ? top : product.has(top) ? 'product' : 'rest';
    const kind = isData && part === 'product' ? 'JSON of the product' : part;
    nodes[kind] = (nodes[kind] ?? 0) + count;
  }
  const all = Object.values(nodes).reduce((sum, count) => sum + count, 0);
  return {
    'syntax nodes of src, commands, doctor, setup, page': nodes.product,
    'strings in their JSON': nodes['JSON of the product'],
    ...Object.fromEntries(others.map((part) => [`syntax nodes of ${part}`, nodes[part]])),
    'syntax nodes of the rest': nodes.rest,
    'syntax nodes of everything': all,
  };
}

function surface() {
  const typed = commands.flatMap((one) => ('commands' in one ? one.commands : 'options' in one ? [one] : []));
  const english = readTexts('en');
  const translated = new Set(textLocales.filter((one) => one !== 'en').flatMap((one) => [...readTexts(one).keys()]));
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const documents = trackedFiles(/^docs\/.*\.md$/);
  using metrics = openMetrics(() => true);
  return {
    'settings of the environment': Object.keys(settings.shape).length,
    'settings of a server': serverSettings.length,
    commands: typed.length,
    options: typed.flatMap(({ options }) => options).length,
    buttons: buttons.length,
    texts: english.size,
    'texts that are translated': translated.size,
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

function trackedFiles(pattern) {
  const paths = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
  return paths.filter((path) => pattern.test(path));
}

function countIn(tree, counts) {
  const inside = typeof tree === 'object' ? Object.values(tree ?? {}) : [];
  return inside.reduce((total, one) => total + countIn(one, counts), counts(tree) ? 1 : 0);
}
