import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { type PersonId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { backUpStore } from '#src/storage/backups/backup.ts';
import { toBackupsFolder } from '#src/storage/backups/copy-names.ts';
import {
  makeLine,
  makeSession,
  toSpeaker,
} from '#test/contracts/stores/transcript-samples.ts';
import {
  type LocalTranscriptStore,
  openLocalStore,
  openLocalTranscripts,
  toTranscriptsPath,
} from '#test/fakes/local-stores.ts';
import { readEveryByte, type StoreFolder } from './store-folder.ts';

export const options = { clock: realClock, patienceMs: 0 };
export const dayMs = 86_400_000;
/** Adam said `xylokarp` in server 10, and is known in server 20; Eva said `quendorf` in server 10. */
export const [adam, eva] = ['781204563312098765', '781204563312098111'] as const;

/** Creates an empty store of the present format. */
export async function makeStore(path: string) {
  await using _ = await openLocalStore(path, options);
}

/** A store and transcripts that tell of these two, closed, and a copy of each made at each of these times. */
export async function makeCopiedStores(
  folder: StoreFolder,
  ...madeAtWallMs: readonly number[]
) {
  const dataDir = dirname(folder.path);
  const store = await openLocalStore(folder.path, options);
  for (const id of [adam, eva])
    await store.consents.write(toGuildId('10'), toPersonId(id), { kind: 'always' });
  await store.consents.write(toGuildId('20'), toPersonId(adam), { kind: 'always' });
  const transcripts = await openLocalTranscripts(toTranscriptsPath(dataDir), options);
  await transcripts.writer.putSession(makeSession('a'));
  await writeLine(transcripts, 1, 'xylokarp', toPersonId(adam));
  await writeLine(transcripts, 2, 'quendorf', toPersonId(eva));
  await store[Symbol.asyncDispose]();
  await transcripts[Symbol.asyncDispose]();
  for (const atWallMs of madeAtWallMs)
    for (const path of [folder.path, toTranscriptsPath(dataDir)])
      backUpStore(path, toBackupsFolder(dataDir), atWallMs);
  return dataDir;
}

async function writeLine(
  { writer }: LocalTranscriptStore,
  n: number,
  text: string,
  personId: PersonId,
) {
  await writer.putLines([makeLine('a', n, text, toSpeaker(personId))]);
}

/** Files below a folder in which this stands. */
export function listFilesWith(folder: string, word: string): readonly string[] {
  return [...readEveryByte(folder)]
    .filter(([, bytes]) => bytes.includes(word))
    .map(([path]) => path);
}
