// npm run node -- scripts/make-release.mjs FOLDER [--tag v0.2.0]: writes the archive of this version, which npx runs, and its notes out of
// CHANGELOG.md into FOLDER, and prints what .github/workflows/release.yml goes on with. With --tag it refuses another version than
// that of package.json, and one that is not dated yet.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempDisposableSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { tag: { type: 'string' } },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(positionals[0] ?? 'release');
const packageJson = readJson('package.json');
const { version } = packageJson;

const { date, notes } = findNotes(readText('CHANGELOG.md'));
if (values.tag !== undefined) checkTag(values.tag);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'notes.md'), notes);
execFileSync(process.execPath, [join(root, 'scripts/bundle.mjs')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
using stage = mkdtempDisposableSync(join(tmpdir(), 'parley-release-'));
copyFiles(stage.path);
writeJson('package.json', toPublishedPackage(packageJson));
writeJson('npm-shrinkwrap.json', toShrinkwrap(readJson('package-lock.json')));
const archive = execFileSync(
  'npm',
  ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder],
  { cwd: stage.path, encoding: 'utf8' },
).trim();
console.log(`version=${version}\narchive=${archive}`);

/** Finds the section of this version, with its date. */
function findNotes(changelog) {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((each) => each.startsWith(`[${version}]`));
  if (section === undefined)
    throw new Error(`CHANGELOG.md has no section [${version}].`);
  const [heading, ...lines] = section.split('\n');
  return { date: heading.split(' - ')[1] ?? '', notes: `${lines.join('\n').trim()}\n` };
}

function checkTag(tag) {
  if (tag !== `v${version}`)
    throw new Error(`The tag ${tag} is not v${version}, the version of package.json.`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new Error(
      `CHANGELOG.md gives [${version}] no date: write it in place of "${date}".`,
    );
}

/** Copies the bundle, and what it reads: all of the sources that is no code of the bundle. */
function copyFiles(to) {
  for (const name of ['LICENSE', 'THIRD-PARTY-NOTICES.md', '.env.example', 'README.md'])
    cpSync(join(root, name), join(to, name));
  for (const name of ['dist', 'src', 'sandbox', 'doctor', 'setup', 'page', 'models'])
    cpSync(join(root, name), join(to, name), { recursive: true, filter: isReleased });
}

function isReleased(path) {
  return !/\.ts$|[/\\]README\.md$|[/\\]node_modules$/.test(path);
}

/** The package without what only a clone uses. Its dependencies lie in its own folder, as a shrinkwrap demands. */
function toPublishedPackage({
  scripts,
  devDependencies: _dev,
  knip: _knip,
  ...published
}) {
  return { ...published, scripts: { postinstall: scripts.postinstall } };
}

/** The lock that npm takes along with a package: https://docs.npmjs.com/cli/v11/configuring-npm/npm-shrinkwrap-json */
function toShrinkwrap({ packages, ...lock }) {
  const { devDependencies: _dev, ...published } = packages[''];
  const used = Object.entries(packages).filter(([, { dev }]) => dev !== true);
  return { ...lock, packages: { ...Object.fromEntries(used), '': published } };
}

function readText(name) {
  return readFileSync(join(root, name), 'utf8');
}

function readJson(name) {
  return JSON.parse(readText(name));
}

function writeJson(name, value) {
  writeFileSync(join(stage.path, name), `${JSON.stringify(value, undefined, 2)}\n`);
}
