import pg from 'pg';
import { vi } from 'vitest';
import { boundValuesContract } from '#test/contracts/stores/bound-values.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openIn } from './open-stores.ts';
import { openTranscriptsIn } from './open-transcripts.ts';

withPostgres(() => {
  boundValuesContract('PostgreSQL', async () => {
    await using opening = new AsyncDisposableStack();
    const schema = opening.use(await openSchema());
    const texts = new Set<string>();
    const { query } = pg.Client.prototype;
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...args: unknown[]
    ) {
      const [first] = args;
      texts.add(typeof first === 'string' ? first : JSON.stringify(first));
      return Reflect.apply(query, this, args);
    });
    const store = opening.use(await openIn(schema));
    const transcripts = opening.use(await openTranscriptsIn(schema));
    const resources = opening.move();
    return { store, transcripts, texts, [Symbol.asyncDispose]: () => resources.disposeAsync() };
  });
});
