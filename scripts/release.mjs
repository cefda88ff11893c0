// npm run release [-- FOLDER] [--platform NAME]... [--check]
//
// Makes into FOLDER, `release` if none is named, of the commit that is checked out: an archive of what runs, its modules and
// documents, which needs Node alone; its bill of materials (CycloneDX, by `npm sbom`) and SHA256SUMS. The same commit gives the
// same bytes: times are the commit's, and nothing is drawn by lot. With --platform the archive has the binaries of these alone. With
// --check it only compares version, changelog and tag.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
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

/** Platforms whose binaries are in the archive, by the endings of their packages' names. */
const allPlatforms = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
];
/** Files that a program does not load, or that tell of the machine that installed it. */
const unusedFiles = /\.(map|d\.[cm]?ts)$|^\.package-lock\.json$/;

try {
  const options = { check: { type: 'boolean' }, platform: { type: 'string', multiple: true } };
  const { positionals, values } = parseArgs({ options, allowPositionals: true });
  const version = committedVersion();
  const nextStep = checkVersion(version);
  if (!values.check) release(resolve(positionals[0] ?? join(repository, 'release')), version, values.platform);
  if (nextStep) console.log(nextStep);
} catch (error) {
  console.error(`release: ${error.stderr?.toString().trim() || error.message}`);
  process.exitCode = 1;
}

/** Version that the commit has. Throws an Error over changes beside it. */
function committedVersion() {
  const changed = git('status', '--porcelain', '--untracked-files=no').toString();
  if (changed !== '') throw new Error(`commit or put away what is changed first:\n${changed.trimEnd()}`);
  return JSON.parse(committed('package.json')).version;
}

function release(folder, version, platforms) {
  const name = `parley-${version}`;
  const kind = platforms ? `-${platforms.join('-')}` : '';
  const files = [
    { name: `${name}.cdx.json`, bytes: billOfMaterials() },
    { name: `${name}${kind}.tar.gz`, bytes: gzipped(archive(name, platforms ?? allPlatforms)) },
  ];
  const sums = files.map((file) => `${sha256(file.bytes)}  ${file.name}\n`).join('');
  mkdirSync(folder, { recursive: true });
  for (const file of [...files, { name: 'SHA256SUMS', bytes: sums }]) {
    writeFileSync(join(folder, file.name), file.bytes);
    console.log(join(folder, file.name));
  }
}

/** Compares version, changelog and tag; the sentence that says what is left to do, if anything is. */
function checkVersion(version) {
  const tag = `v${version}`;
  const [, date] =
    committed('CHANGELOG.md')
      .split('\n')
      .map((line) => /^## \[(.+)\] - (unreleased|\d{4}-\d\d-\d\d)$/.exec(line)?.slice(1) ?? [])
      .find(([named]) => named === version) ?? [];
  if (!date)
    throw new Error(`CHANGELOG.md lacks a line "## [${version}] - unreleased", or with a date: add it.`);
  const tags = git('tag', '--points-at', 'HEAD', '--list', 'v*').toString().split('\n').filter(Boolean);
  const other = tags.find((one) => one !== tag);
  if (other) throw new Error(`The commit has the tag ${other}, and package.json the version ${version}: correct one.`);
  if (tags.length === 0 && git('tag', '--list', tag).length > 0)
    throw new Error(`The tag ${tag} names another commit: raise the version in package.json, or check out that commit.`);
  if (tags.length > 0 && date === 'unreleased')
    throw new Error(`The commit has the tag ${tag}, and CHANGELOG.md calls ${version} unreleased: write the date, and tag that commit.`);
  if (date === 'unreleased')
    return `Not a release yet. Write the date into CHANGELOG.md ("## [${version}] - YYYY-MM-DD"), commit, and run this again.`;
  if (tags.length === 0) return `Not tagged yet: git tag --annotate ${tag} --message 'Parley ${version}'`;
}

/** Sorted by name, owned by root, with the time of the commit. */
function archive(name, platforms) {
  const place = mkdtempSync(join(tmpdir(), 'parley-archive-'));
  try {
    const files = git('-c', 'tar.umask=0022', 'archive', '--format=tar', `--prefix=${name}/`, 'HEAD', '--', ...paths());
    execFileSync('tar', ['--extract', '--directory', place], { input: files, stdio: 'pipe' });
    installModules(join(place, 'modules'), platforms);
    execFileSync('mv', [join(place, 'modules', 'node_modules'), join(place, name)]);
    const same = ['--sort=name', '--format=gnu', '--owner=root:0', '--group=root:0', '--mode=u=rwX,go=rX'];
    const words = ['--create', ...same, `--mtime=@${committedAtS()}`, '--hard-dereference', `--directory=${place}`];
    const options = { env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe', maxBuffer: mostBytes };
    return execFileSync('tar', [...words, name], options);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function paths() {
  const runs = committed('deploy/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  return [...documents, ...runs];
}

/** Modules that run, with the binaries of these platforms, whatever machine this is. npm takes what the lockfile has no platform of. */
function installModules(folder, platforms) {
  const lock = productionLock();
  const isWanted = (at) => platforms.some((platform) => at.endsWith(`-${platform}`));
  // A binary without a checksum cannot be told from another: the program has a replacement in WebAssembly.
  const wanted = Object.keys(lock.packages).filter((at) => isWanted(at) && lock.packages[at].integrity);
  for (const platform of platforms)
    if (!wanted.some((at) => at.endsWith(`-${platform}`))) throw new Error(`There is no binary for ${platform}.`);
  for (const at of wanted) {
    const { cpu: _cpu, libc: _libc, os: _os, ...anywhere } = lock.packages[at];
    lock.packages[at] = anywhere;
  }
  writeProject(folder, lock);
  const host = ['--os=none', '--cpu=none', '--libc=none'];
  const words = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...host];
  execFileSync('npm', words, { cwd: folder, stdio: 'pipe' });
  const missing = wanted.find((at) => !existsSync(join(folder, at)));
  if (missing) throw new Error(`npm did not install ${missing}: check the registry.`);
  prune(folder, platforms);
}

function prune(folder, platforms) {
  const modules = join(folder, 'node_modules');
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isPrebuilt = entry.isDirectory() && basename(entry.parentPath) === 'prebuilds';
    const isUnused = isPrebuilt
      ? !platforms.some((platform) => platform.startsWith(entry.name))
      : entry.isFile()
        ? unusedFiles.test(entry.name)
        : entry.name === '.bin';
    if (isUnused) rmSync(path, { recursive: true, force: true });
  }
}

/** Its header tells neither a time nor the system it was made on. */
function gzipped(bytes) {
  const zipped = gzipSync(bytes);
  zipped.fill(0, 4, 8);
  zipped[9] = 255;
  return zipped;
}

/**
 * Packages of an installation, from the lockfile alone. Modules for development are taken out of it first: by `--omit=dev` npm
 * 11.19 leaves out whatever these need as well, `zod` say.
 */
function billOfMaterials() {
  const place = mkdtempSync(join(tmpdir(), 'parley-sbom-'));
  const folder = join(place, 'parley'); // npm names the bill after it
  try {
    writeProject(folder, productionLock());
    const words = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
    const options = { cwd: folder, stdio: 'pipe', maxBuffer: mostBytes };
    const { serialNumber: _drawnByLot, ...bill } = JSON.parse(execFileSync('npm', words, options).toString());
    const timestamp = new Date(committedAtS() * 1000).toISOString();
    const dated = { ...bill, metadata: { ...bill.metadata, timestamp } };
    return `${JSON.stringify(dated, undefined, 2)}\n`;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Writes the files that npm reads. */
function writeProject(folder, lock) {
  mkdirSync(folder);
  const { devDependencies: _, ...program } = JSON.parse(committed('package.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify(program));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  writeFileSync(join(folder, '.npmrc'), committed('.npmrc'));
}

function productionLock() {
  const { packages, ...lock } = JSON.parse(committed('package-lock.json'));
  const { devDependencies: _, ...root } = packages[''];
  const production = Object.entries(packages).filter(([, { dev }]) => !dev);
  return { ...lock, packages: { ...Object.fromEntries(production), '': root } };
}

/** Time of the commit, in s. */
function committedAtS() {
  return Number(git('log', '-1', '--format=%ct'));
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
