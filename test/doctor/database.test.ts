import { openSchema, type TestSchema, withPostgres } from '#test/fakes/postgres.ts';
import { openLocks } from '#test/storage/postgres/open-locks.ts';
import { runExamination } from './run-examination.ts';

const examineNow = ({ url }: Pick<TestSchema, 'url'>) =>
  runExamination(['--offline'], { DATABASE_URL: url.reveal() });

withPostgres(() => {
  test('a database that does not answer is no place to start', async () => {
    const secret = 'canary-password';
    const away = await runExamination(['--offline'], {
      DATABASE_URL: `postgres://me:${secret}@127.0.0.1:1/none`,
    });
    expect([away.code, away.about('database')]).toEqual([
      1,
      expect.stringMatching(
        /^missing database The database 127\.0\.0\.1:1\/none cannot be reached/,
      ),
    ]);
    expect(away.text).not.toContain(secret);
  });
});

withPostgres(() => {
  test('the doctor names who serves which shards', async () => {
    await using schema = await openSchema();
    await using _one = await openLocks(schema, { count: 5, first: 0, last: 2 });
    await using _two = await openLocks(schema, { count: 5, first: 3, last: 3 });
    const { code, text } = await examineNow(schema);
    const lines = text.replace(/ {2,}/g, ' ').match(/^.*ok process .*$/gm) ?? [];
    expect([code, lines]).toEqual([
      0,
      [
        expect.stringMatching(/ok process \S+ \d+, shards 0, 1, 2 of 5$/),
        expect.stringMatching(/ok process \S+ \d+, shards 3 of 5$/),
      ],
    ]);
  });
});
