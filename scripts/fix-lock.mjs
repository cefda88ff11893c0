// node scripts/fix-lock.mjs package-lock.json [--ask]: adds platform binaries that the package
// index does not list, without which `npm ci` stops with EUSAGE. Names entries without a checksum.
// --ask asks the registry for checksums by `npm view`.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const lock = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const all = lock.packages;

for (const [at, owner] of Object.entries(all)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const os = /android|darwin|freebsd|linux|openharmony|win32/.exec(name)?.[0];
    const known = all[`${at}/node_modules/${name}`] ?? all[`node_modules/${name}`];
    if (!os || !/^\d/.test(version) || known) continue;
    const cpu = /arm64|x64|ia32|riscv64|ppc64|s390x|arm(?=-)/.exec(name)?.[0];
    const libc = name.includes('musl') ? 'musl' : name.includes('gnu') ? 'glibc' : undefined;
    all[`node_modules/${name}`] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(owner.dev && { dev: true }),
      ...(os === 'linux' && libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
  }
}
for (const at of withoutChecksum()) {
  const integrity = process.argv.includes('--ask') && checksumOf(at.split('node_modules/').at(-1), all[at].version);
  if (integrity) all[at] = { version: all[at].version, integrity, ...all[at] };
}
lock.packages = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(process.argv[2], `${JSON.stringify(lock, null, 2)}\n`);

const bare = withoutChecksum();
if (bare.length > 0) console.error(`without a checksum: ${bare.join(', ')}`);

function withoutChecksum() {
  return Object.keys(all).filter((at) => at !== '' && !all[at].link && !all[at].integrity);
}

/** Returns undefined for an unknown package. */
function checksumOf(name, version) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 30_000 };
    const integrity = execFileSync('npm', ['view', `${name}@${version}`, 'dist.integrity'], options).trim();
    return /^sha512-[\w+/]{86}==$/.test(integrity) ? integrity : undefined;
  } catch {
    return undefined;
  }
}
