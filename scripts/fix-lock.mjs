// Run after every change of package-lock.json: node scripts/fix-lock.mjs package-lock.json
// Adds the platform binaries that the package index at hand does not list; without them `npm ci` stops with EUSAGE.
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
lock.packages = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(process.argv[2], `${JSON.stringify(lock, null, 2)}\n`);
