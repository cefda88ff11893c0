import { realClock } from '#src/base/clock.ts';
import { transcripts } from '#src/storage/store-kinds.ts';
import { memoryStoreContract } from '#test/contracts/stores/memory-store.ts';
import { transcriptErasingContract } from '#test/contracts/stores/transcript-erasing.ts';
import { transcriptRestartsContract } from '#test/contracts/stores/transcript-restarts.ts';
import { transcriptSearchContract } from '#test/contracts/stores/transcript-search.ts';
import { transcriptStoreContract } from '#test/contracts/stores/transcript-store.ts';
import { openLocalTranscripts, transcriptStore } from '#test/fakes/local-stores.ts';
import type { StoreTrouble } from '#test/fakes/memory-stores.ts';
import { openSqlite, storeFolder } from './files.ts';

/** On this thread. */
async function openFile() {
  await using resources = new AsyncDisposableStack();
  const { path } = resources.use(storeFolder());
  const store = await openLocalTranscripts(path, { clock: realClock, patienceMs: 0 });
  return closing(store, resources.move());
}

async function openThread(trouble?: StoreTrouble) {
  await using resources = new AsyncDisposableStack();
  const { database } = await openSqlite(transcripts.sqlite, trouble, resources);
  const store = transcriptStore(database);
  return closing(store, resources.move());
}

function closing<Store extends AsyncDisposable>(store: Store, resources: AsyncDisposable): Store {
  const close = async () => {
    await store[Symbol.asyncDispose]();
    await resources[Symbol.asyncDispose]();
  };
  return { ...store, [Symbol.asyncDispose]: close };
}

const name = 'a file in a thread';
transcriptStoreContract(name, openThread);
transcriptSearchContract('a file', openFile);
transcriptErasingContract(name, openThread);
transcriptRestartsContract(name, openThread);
memoryStoreContract(name, openThread);
