import { expect, test } from 'vitest';
import { ShardBots, ShardSessions } from '#src/app/shards/shard-bots.ts';
import type { OwnedShard } from '#src/discord/shards/ownership.ts';

const shard: OwnedShard = {
  id: 0,
  count: 1,
  recommendedCount: 1,
  waitToIdentify: async () => undefined,
};

test('a shard that is stopped in the last part of its start is closed before the stop is over', async () => {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const log: string[] = [];
  const bot = {
    name: 'Nova',
    inviteUrl: '',
    ready: () => true,
    servers: () => [],
    leaveNow: () => undefined,
    leaveDisallowed: () => undefined,
    [Symbol.asyncDispose]: async () => void log.push('closed'),
  };
  const start = async () => {
    begun.resolve();
    await goOn.promise; // it does not look at its signal
    return bot;
  };
  const never = new AbortController().signal;
  const bots = new ShardBots({} as never, {} as never, new ShardSessions(), never, start);
  const starting = bots.start(shard).catch(() => log.push('not started'));
  await begun.promise;
  const stopping = bots.stop(0, 'lost').then(() => log.push('stopped'));
  goOn.resolve();
  await Promise.all([starting, stopping]);
  expect(log.slice(0, 1)).toEqual(['closed']);
  expect(log).toContain('not started');
  expect(bots.all()).toEqual([]);
});
