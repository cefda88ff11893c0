import { parseArgs } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { Secret } from '#src/base/secret.ts';
import { loadDotEnv, readConfig } from '#src/config/config.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';

// npm run store -- copy --from sqlite --to postgres: moves the store between the two databases it may stand in.

/** As for the bot: a configuration that cannot work. */
const misconfigured = 78;
const usage =
  'npm run store -- copy --from sqlite --to postgres [--replace], or --from postgres --to sqlite';

type Wishes = { readonly to: 'postgres' | 'sqlite'; readonly replaces: boolean };

process.umask(0o077);
process.exitCode = await run();

async function run(): Promise<number> {
  loadDotEnv();
  const read = readConfig();
  const wishes = readWishes();
  const mistakes = read.kind === 'bad' ? read.mistakes : [];
  for (const mistake of mistakes) console.error(mistake);
  if (!wishes) console.error(usage);
  if (read.kind === 'bad' || !wishes) return misconfigured;
  const { databaseUrl, dataDir } = read.config;
  if (!databaseUrl) {
    console.error('DATABASE_URL: missing; it names the PostgreSQL database to copy from or to');
    return misconfigured;
  }
  try {
    await copy(wishes, dataDir, databaseUrl);
    return 0;
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    console.error(error.message);
    return 1;
  }
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
