import { parseArgs } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { Config } from '#src/config/types.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { misconfigured, runProgram } from './run-program.ts';

// npm run store -- copy --from sqlite --to postgres: moves the store between the two databases it may stand in.

const usage =
  'npm run store -- copy --from sqlite --to postgres [--replace], or --from postgres --to sqlite';

type Wishes = { readonly to: 'postgres' | 'sqlite'; readonly replaces: boolean };

await runProgram(readWishes() ?? usage, run);

async function run(wishes: Wishes, { databaseUrl, dataDir }: Config): Promise<number> {
  if (!databaseUrl) {
    console.error('DATABASE_URL: missing; it names the PostgreSQL database to copy from or to');
    return misconfigured;
  }
  await copy(wishes, dataDir, databaseUrl);
  return 0;
}

async function copy({ to, replaces }: Wishes, dataDir: string, url: Secret): Promise<void> {
  const [{ PostgresPool }, { copyPart }, { copiedParts }] = await Promise.all([
    import('#src/storage/postgres/pool.ts'),
    import('#src/storage/copy/copy-store.ts'),
    import('#src/storage/copy/copied-parts.ts'),
  ]);
  const clock = realClock;
  const { version } = packageJson;
  const onWait = (message: string) => console.error(message);
  using _lock = await lockDataDir(
    dataDir,
    { clock, version, onWait },
    new AbortController().signal,
  );
  await using pool = new PostgresPool({ url, clock, mostConnections: 1 });
  for (const part of copiedParts) {
    const counts = await copyPart({ part, dataDir, pool, to, replaces, clock });
    for (const { rows, table } of counts) console.log(`${table}: ${rows} of ${rows} rows`);
    const [from, there] = [part.file(dataDir), pool.place];
    console.log(to === 'postgres' ? `copied ${from} to ${there}` : `copied ${there} to ${from}`);
  }
}

function readWishes(): Wishes | undefined {
  try {
    const { positionals, values } = parseArgs({
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        replace: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const { from, replace: replaces, to } = values;
    if (positionals.join() !== 'copy') return undefined;
    if (from === 'sqlite' && to === 'postgres') return { to, replaces };
    return from === 'postgres' && to === 'sqlite' ? { to, replaces } : undefined;
  } catch {
    return undefined;
  }
}
