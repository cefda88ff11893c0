import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { backUp } from '#src/storage/backups/backup.ts';
import { backupsFolder } from '#src/storage/backups/copy-names.ts';
import { by, lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import {
  openLocalStore,
  openLocalTranscripts,
  type TranscriptStore,
  transcriptsPath,
} from '#test/fakes/local-stores.ts';
import { everyByte, type StoreFolder } from './files.ts';

export const options = { clock: realClock, patienceMs: 0 };
export const dayMs = 86_400_000;
/** Adam said `xylokarp` in server 10, and is known in server 20; Eva said `quendorf` in server 10. */
export const [adam, eva] = ['781204563312098765', '781204563312098111'] as const;

/** A store and transcripts that tell of these two, closed, and a copy of each made at each of these times. */
export async function copiedStores(
  place: StoreFolder,
  ...madeAtWallMs: readonly number[]
): Promise<string> {
  const dataDir = dirname(place.path);
  const store = await openLocalStore(place.path, options);
  for (const id of [adam, eva]) await store.consents.write('10', id, { kind: 'always' });
  await store.consents.write('20', adam, { kind: 'always' });
  const transcripts = await openLocalTranscripts(transcriptsPath(dataDir), options);
  await transcripts.writer.putSession(sessionOf('a'));
  await say(transcripts, 1, 'xylokarp', adam);
  await say(transcripts, 2, 'quendorf', eva);
  await store[Symbol.asyncDispose]();
  await transcripts[Symbol.asyncDispose]();
  for (const atWallMs of madeAtWallMs)
    for (const path of [place.path, transcriptsPath(dataDir)])
      backUp(path, backupsFolder(dataDir), atWallMs);
  return dataDir;
}

async function say({ writer }: TranscriptStore, n: number, text: string, personId: string) {
  await writer.putLines([lineOf('a', n, text, by(personId))]);
}

/** Files below a folder in which this stands. */
export function filesWith(folder: string, word: string): readonly string[] {
  return [...everyByte(folder)].filter(([, bytes]) => bytes.includes(word)).map(([path]) => path);
}
