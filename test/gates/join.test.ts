import { type GuildId, toGuildId } from '#src/base/ids.ts';
import type { DiscordLink, DiscordLinkDeps } from '#src/discord/link/discord-link.ts';
import { type PlannedJoin, ShardPace } from '#src/discord/link/signal-pace.ts';

const connectMs = 9_000;

test('a link is opened only with a join that the shard admitted', () => {
  const plain: PlannedJoin = { guildId: toGuildId('1'), atMs: 0 };
  const leakJoin = (Link: typeof DiscordLink, deps: DiscordLinkDeps) =>
    // @ts-expect-error: Nobody asked whether the shard has a join left for this server.
    new Link(plain, deps, () => true);
  expect(leakJoin).toBeInstanceOf(Function);
  expect(new ShardPace().admitJoin(plain.guildId, 0, 0)).toEqual(plain);
});

/** Servers that join as often as they may for three minutes, and how long others wait, each of which joins once after the first. */
function crowdShard(greedyCount: number) {
  const shard = new ShardPace();
  const greedy = Array.from({ length: greedyCount }, (_, n) => toGuildId(`${n + 1}`));
  const freeFrom = new Map<GuildId, number>();
  const waitsMs: number[] = [];
  for (let atMs = 0; atMs < 180_000; atMs += 500) {
    for (const guildId of greedy) {
      if (atMs < (freeFrom.get(guildId) ?? 0)) continue;
      const join = shard.admitJoin(guildId, atMs, atMs + connectMs);
      freeFrom.set(guildId, (join?.atMs ?? atMs) + 500);
    }
    if (atMs < 60_000 || atMs % 5_000 > 0) continue;
    const otherGuildId = toGuildId(`${1_000 + atMs}`);
    const join = shard.admitJoin(otherGuildId, atMs, atMs + connectMs);
    waitsMs.push((join?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
  }
  return waitsMs;
}

test.each([1, 3, 10])(
  'others join within three seconds while people of %i servers join and leave as fast as they may',
  (greedyCount) => {
    const waitsMs = crowdShard(greedyCount);
    expect([waitsMs.length, Math.max(...waitsMs) <= 3_000]).toEqual([24, true]);
  },
);
