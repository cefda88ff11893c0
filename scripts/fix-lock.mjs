// node scripts/fix-lock.mjs package-lock.json [--ask]: adds platform binaries that the package
// index does not list, without which `npm ci` stops with EUSAGE. Names entries without a checksum.
// --ask asks the registry for checksums by `npm view`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const packages = lock.packages;

for (const [path, owner] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const os = /android|darwin|freebsd|linux|openharmony|win32/.exec(name)?.[0];
    const listedPackage = packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`];
    if (!os || !/^\d/.test(version) || listedPackage) continue;
    const cpu = /arm64|x64|ia32|riscv64|ppc64|s390x|arm(?=-)/.exec(name)?.[0];
    const libc = name.includes('musl') ? 'musl' : name.includes('gnu') ? 'glibc' : undefined;
    packages[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(owner.dev && { dev: true }),
      ...(os === 'linux' && libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
  }
}
for (const path of listPathsWithoutChecksum()) {
  const integrity = process.argv.includes('--ask') && readChecksum(path.split('node_modules/').at(-1), packages[path].version);
  if (integrity) packages[path] = { version: packages[path].version, integrity, ...packages[path] };
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(process.argv[2], `${JSON.stringify(lock, null, 2)}\n`);

const barePaths = listPathsWithoutChecksum();
if (barePaths.length > 0) console.error(`without a checksum: ${barePaths.join(', ')}`);

/** Lists the entries that `npm ci` could not check. */
function listPathsWithoutChecksum() {
  return Object.keys(packages).filter((path) => path !== '' && !packages[path].link && !packages[path].integrity);
}

/** Asks the registry. Returns undefined for an unknown package. */
function readChecksum(name, version) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 };
    const integrity = execFileSync('npm', ['view', `${name}@${version}`, 'dist.integrity'], options).trim();
    return /^sha512-[\w+/]{86}==$/.test(integrity) ? integrity : undefined;
  } catch {
    return undefined;
  }
}
