import '#src/base/help/program-help.mjs';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { getOperatorDefaults } from '#src/app/operator-defaults.ts';
import { neverAborted } from '#src/base/bounded-wait.ts';
import { realClock } from '#src/base/clock.ts';
import type { Secret } from '#src/base/secret.ts';
import type { Config } from '#src/config/config.ts';
import { serverSettings } from '#src/features/features.ts';
import { pipelineNames } from '#src/pipeline/pipeline.ts';
import { chooseRestoredSettings } from '#src/settings/restored-settings.ts';
import type { SettingChoices } from '#src/settings/setting-definition.ts';
import {
  findNewestCopies,
  type RestoredFile,
  type RestoreOptions,
  restoreStores,
} from '#src/storage/backups/restore.ts';
import { lockDataDir } from '#src/storage/data-dir/data-dir-lock.ts';
import { copyFromFiles } from '#src/storage/postgres/copies.ts';
import { refuseLiveProcesses } from '#src/storage/postgres/database-state.ts';
import { storeKinds, storePath } from '#src/storage/store-kinds.ts';
import { useDatabaseCopies } from './database-copies.ts';
import { runProgram } from './run-program.ts';

// npm run restore -- [--transcripts | --settings] [FILE...]: restores copies of npm run backup.

type RestoreArguments = {
  readonly files: readonly string[];
  readonly isSettingsOnly: boolean;
  readonly withTranscripts: boolean;
};

await runProgram(readArguments, 'restore', runRestore);

async function runRestore(args: RestoreArguments, config: Config) {
  const { databaseUrl, dataDir } = config.storage;
  const { files, isSettingsOnly, withTranscripts } = args;
  const copies = files.length > 0 ? files : findNewestCopies(dataDir, withTranscripts);
  const options: RestoreOptions = {
    copies,
    dataDir,
    nowWallMs: realClock.wallMs(),
    isSettingsOnly,
    chooseSettings: (sides) =>
      chooseRestoredSettings(sides, serverSettings, getSettingChoices(config)),
  };
  const restored = databaseUrl
    ? await restoreDatabase(databaseUrl, options)
    : await restoreFiles(options);
  for (const file of restored) printRestored(file);
  return 0;
}

function getSettingChoices({ bot, budget }: Config): SettingChoices {
  return {
    pipelines: { names: pipelineNames },
    voices: [],
    knownVoices: [],
    caps: budget.caps,
    defaults: getOperatorDefaults(bot, ''),
  };
}

async function restoreFiles(options: RestoreOptions) {
  using _lock = await lockDataDir(options.dataDir, { clock: realClock }, neverAborted);
  return restoreStores(options);
}

async function restoreDatabase(url: Secret, options: RestoreOptions) {
  await refuseLiveProcesses(url);
  return await useDatabaseCopies(
    { url, dataDir: options.dataDir, isMade: true },
    storeKinds,
    async (storesDir, opened) => {
      const restored = restoreStores({ ...options, storesDir });
      // The store has new erasures even if only transcripts were restored.
      const kinds = storeKinds.filter((kind) => {
        const path = storePath(storesDir, kind);
        const isChanged =
          path === storePath(storesDir) || restored.some(({ to }) => to === path);
        return isChanged && existsSync(path);
      });
      await copyFromFiles(opened, kinds, storesDir);
      return restored.map((file) => ({ ...file, to: opened.place }));
    },
  );
}

function printRestored({ former: formerFile, from, lacksNoes, to }: RestoredFile) {
  console.log(`restored ${to} from ${from}`);
  if (formerFile !== undefined) console.log(`former file: ${formerFile}`);
  if (lacksNoes)
    console.log(
      'No former store could be read: who said no or /privacy forget after the copy is unknown, and is heard again where consent is role or notice. Set it to ask if you are not sure.',
    );
}

function readArguments() {
  const { positionals: files, values } = parseArgs({
    options: {
      settings: { type: 'boolean', default: false },
      transcripts: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const { settings: isSettingsOnly, transcripts: withTranscripts } = values;
  if (withTranscripts && (isSettingsOnly || files.length > 0))
    throw new Error('--transcripts: goes with no other flag and no FILE.');
  return { files, isSettingsOnly, withTranscripts };
}
