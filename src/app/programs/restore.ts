import { parseArgs } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { Config } from '#src/config/types.ts';
import { newestCopies, type RestoredFile, restoreStores } from '#src/storage/backups/restore.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { dumpAddress } from './dump-address.ts';
import { runProgram } from './run-program.ts';

// npm run restore -- [--transcripts] [FILE...]: puts copies that npm run backup made back in their places.

const usage =
  'npm run restore -- [--transcripts] [FILE...]: the newest copies in DATA_DIR/backups where no FILE is named';

type RestoreArguments = { readonly files: readonly string[]; readonly withTranscripts: boolean };

await runProgram(readArguments() ?? usage, run);

async function run(args: RestoreArguments, { databaseUrl, dataDir }: Config): Promise<number> {
  if (databaseUrl) {
    console.error(restoreDump(databaseUrl));
    return 1;
  }
  await restore(args, dataDir);
  return 0;
}

async function restore(
  { files, withTranscripts }: RestoreArguments,
  dataDir: string,
): Promise<void> {
  const { version } = packageJson;
  const never = new AbortController().signal;
  using _lock = await lockDataDir(
    dataDir,
    { clock: realClock, version, patienceMs: 0, onWait: () => undefined },
    never,
  );
  const copies = files.length > 0 ? files : newestCopies(dataDir, withTranscripts);
  const nowWallMs = realClock.wallMs();
  for (const file of await restoreStores({ dataDir, copies, nowWallMs })) report(file);
}

function report({ forgottenRows, former, from, knowsForgotten, refusals, to }: RestoredFile): void {
  console.log(`restored ${to} from ${from}`);
  if (forgottenRows > 0)
    console.log(`rows of people who were forgotten since, deleted again: ${forgottenRows}`);
  if (refusals) console.log(`earlier refusals that still apply: ${refusals}`);
  if (former !== undefined) console.log(`former file: ${former}`);
  if (refusals === undefined)
    console.error('The former file cannot be read: each refusal since this copy is lost.');
  if (!knowsForgotten)
    console.error('There is no record of people forgotten since this copy: their data is back.');
}

function restoreDump(url: Secret): string {
  return `The store is in PostgreSQL: stop the bot, then pg_restore --clean --if-exists --no-owner --dbname=${dumpAddress(url)} parley.dump; the data of people forgotten since that dump is back.`;
}

/** Undefined where the options cannot be understood. */
function readArguments(): RestoreArguments | undefined {
  try {
    const { positionals, values } = parseArgs({
      options: { transcripts: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const withTranscripts = values.transcripts;
    return positionals.length > 0 && withTranscripts
      ? undefined
      : { files: positionals, withTranscripts };
  } catch {
    return undefined;
  }
}
