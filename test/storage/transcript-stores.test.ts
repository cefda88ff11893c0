import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { realClock } from '#src/base/clock.ts';
import { SqliteWorker } from '#src/storage/thread/sqlite-worker.ts';
import { keepStore } from '#src/storage/thread/steady-store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { transcriptStore } from '#src/storage/transcripts/transcript-operations.ts';
import { memoryStoreContract } from '#test/contracts/stores/memory-store.ts';
import { transcriptErasingContract } from '#test/contracts/stores/transcript-erasing.ts';
import { transcriptRestartsContract } from '#test/contracts/stores/transcript-restarts.ts';
import { transcriptSearchContract } from '#test/contracts/stores/transcript-search.ts';
import { transcriptStoreContract } from '#test/contracts/stores/transcript-store.ts';
import { heldByAnother, storeFolder } from './files.ts';

type Trouble = 'unreadable' | 'unwritable';
const impatient = { clock: realClock, patienceMs: 0 };

/** On this thread. */
async function openFile() {
  using resources = new DisposableStack();
  const { path } = resources.use(storeFolder());
  const store = await openLocalTranscripts(path, impatient);
  return closing(store, resources.move());
}

/** In a thread of its own. Unreadable as a damaged file, unwritable as one that another program holds. */
async function openThread(trouble?: Trouble) {
  using resources = new DisposableStack();
  const { path } = resources.use(storeFolder());
  if (trouble === 'unreadable') {
    mkdirSync(dirname(path));
    writeFileSync(path, 'no database '.repeat(1000));
  }
  const open = () => new SqliteWorker(impatient).open(transcriptStore, path);
  const store = await keepStore(transcriptStore, open, realClock, () => undefined);
  if (trouble === 'unwritable') resources.use(heldByAnother(path));
  return closing(store, resources.move());
}

function closing<Store extends AsyncDisposable>(store: Store, resources: Disposable): Store {
  const close = async () => {
    await store[Symbol.asyncDispose]();
    resources[Symbol.dispose]();
  };
  return { ...store, [Symbol.asyncDispose]: close };
}

const name = 'a file in a thread';
transcriptStoreContract(name, openThread);
transcriptSearchContract('a file', openFile);
transcriptErasingContract(name, openThread);
transcriptRestartsContract(name, openThread);
memoryStoreContract(name, openThread);
