import { vi } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { openLocalStore } from '#src/storage/local-store.ts';
import { openLocalTranscripts } from '#src/storage/transcripts/local-transcripts.ts';
import { boundValuesContract } from '#test/contracts/stores/bound-values.ts';

boundValuesContract('SQLite', async () => {
  const texts = new Set<string>();
  const { exec, prepare } = DatabaseSync.prototype;
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    text,
    ...more
  ) {
    texts.add(text);
    return prepare.call(this, text, ...more);
  });
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, text) {
    texts.add(text);
    exec.call(this, text);
  });
  await using opening = new AsyncDisposableStack();
  const options = { clock: realClock };
  const store = opening.use(await openLocalStore(':memory:', options));
  const transcripts = opening.use(await openLocalTranscripts(':memory:', options));
  const resources = opening.move();
  return { store, transcripts, texts, [Symbol.asyncDispose]: () => resources.disposeAsync() };
});
