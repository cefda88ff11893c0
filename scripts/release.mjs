// npm run release [-- FOLDER]
//
// Makes into FOLDER, `release` if none is named, of the commit that is checked out: an archive of what runs and its
// documents, its bill of materials (CycloneDX, by `npm sbom`) and SHA256SUMS. The same commit gives the same bytes:
// times are the commit's, and nothing is drawn by lot.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const repository = fileURLToPath(new URL('..', import.meta.url));
const mostBytes = 2 ** 30;

/** Documents, settings and what makes them; what runs is named by the Dockerfile's ignore file, so that image and archive hold the same. */
const documents = [
  '.env.example',
  '.npmrc',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'deploy',
  'docs',
  'examples',
  'setup',
];

try {
  release(resolve(process.argv[2] ?? join(repository, 'release')));
} catch (error) {
  console.error(`release: ${error.stderr?.toString().trim() || error.message}`);
  process.exitCode = 1;
}

function release(folder) {
  const changed = git('status', '--porcelain', '--untracked-files=no').toString();
  if (changed !== '') throw new Error(`commit or put away what is changed first:\n${changed.trimEnd()}`);
  const { version } = JSON.parse(committed('package.json'));
  const name = `parley-${version}`;
  const files = [
    { name: `${name}.cdx.json`, bytes: billOfMaterials() },
    { name: `${name}.tar.gz`, bytes: gzipped(archive(name)) },
  ];
  const sums = files.map((file) => `${sha256(file.bytes)}  ${file.name}\n`).join('');
  mkdirSync(folder, { recursive: true });
  for (const file of [...files, { name: 'SHA256SUMS', bytes: sums }]) {
    writeFileSync(join(folder, file.name), file.bytes);
    console.log(join(folder, file.name));
  }
}

/** Sorted as git sorts, owned by root, with the time of the commit. */
function archive(name) {
  const runs = committed('deploy/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const paths = [...documents, ...runs];
  return git('-c', 'tar.umask=0022', 'archive', '--format=tar', `--prefix=${name}/`, 'HEAD', '--', ...paths);
}

/** Its header tells neither a time nor the system it was made on. */
function gzipped(bytes) {
  const zipped = gzipSync(bytes, { level: 9 });
  zipped.fill(0, 4, 8);
  zipped[9] = 255;
  return zipped;
}

/**
 * What an installation holds, from the lockfile alone. Modules for development are taken out of it first: by `--omit=dev`
 * npm 11.19 leaves out whatever these need as well, `zod` say.
 */
function billOfMaterials() {
  const place = mkdtempSync(join(tmpdir(), 'parley-sbom-'));
  const folder = join(place, 'parley'); // npm names the bill after it
  try {
    mkdirSync(folder);
    const { devDependencies: _, ...program } = JSON.parse(committed('package.json'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(program));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(productionLock()));
    writeFileSync(join(folder, '.npmrc'), committed('.npmrc'));
    const words = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
    const options = { cwd: folder, stdio: 'pipe', maxBuffer: mostBytes };
    const { serialNumber: _drawnByLot, ...bill } = JSON.parse(execFileSync('npm', words, options).toString());
    const timestamp = new Date(Number(git('log', '-1', '--format=%ct')) * 1000).toISOString();
    const dated = { ...bill, metadata: { ...bill.metadata, timestamp } };
    return `${JSON.stringify(dated, undefined, 2)}\n`;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function productionLock() {
  const { packages, ...lock } = JSON.parse(committed('package-lock.json'));
  const { devDependencies: _, ...root } = packages[''];
  const production = Object.entries(packages).filter(([, { dev }]) => !dev);
  return { ...lock, packages: { ...Object.fromEntries(production), '': root } };
}

function committed(path) {
  return git('show', `HEAD:${path}`).toString();
}

function git(...words) {
  return execFileSync('git', words, { cwd: repository, stdio: 'pipe', maxBuffer: mostBytes });
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
