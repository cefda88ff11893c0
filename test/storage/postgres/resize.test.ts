import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { openShardRegistry } from '#src/storage/postgres/shards/postgres-shard-registry.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';

const run = promisify(execFile);
const own = { id: 'one', name: 'here 1', version: '0', limit: 9, botId: 'bot' };

async function shards(args: readonly string[], databaseUrl?: string) {
  const url = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const env = { ...compileCacheEnvironment(), ...url };
  const program = run(process.execPath, ['src/app/programs/shards.ts', ...args], { env });
  return await program.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stderr }) => ({ code, text: String(stderr) }),
  );
}

withPostgres(() => {
  test('npm run shards -- resize waits for the end of every process, and changes the number then', async () => {
    await using schema = await openSchema();
    const url = schema.url.reveal();
    expect(await shards(['resize', '4'], url)).toMatchObject({ code: 1 });
    const options = { url: schema.url, clock: realClock, processId: 'one', leaseMs: 30_000 };
    await using registry = await openShardRegistry(options);
    await registry.register({ ...own, recommendedCount: 2 });
    const refused = await shards(['resize', '4'], url);
    expect([refused.code, refused.text]).toEqual([1, expect.stringContaining('here 1 serves')]);
    await registry.leave();
    expect(await shards(['resize', '4'], url)).toMatchObject({ code: 0 });
    expect(await registry.register({ ...own, recommendedCount: 2 })).toBe(4);
  });
});

test.each([[['resize']], [['resize', '0']], [['resize', '20000', '--force']], [['grow', '4']]])(
  '%j is no change of shards: the program says how, and exits with 78',
  async (args) => {
    const { code, text } = await shards(args);
    expect([code, text]).toEqual([78, expect.stringContaining('npm run shards -- resize NUMBER')]);
  },
);
