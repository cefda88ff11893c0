import { toGuildId } from '#src/base/ids.ts';
import {
  initialReconnect,
  planRetry,
  reconnectRules,
} from '#src/conversation/machine/reconnect-policy.ts';
import { ShardPace } from '#src/discord/link/signal-pace.ts';

/** Reactions to `losses` in turn, with their times; between a return and the next loss the link holds for `heldMs`. */
function playLosses(
  losses: readonly { readonly heldMs?: number }[],
  { restMs = 0, tookMs = 0 } = {},
) {
  let comeback = initialReconnect;
  let atMs = 0;
  const waits: number[] = [];
  const triesAtMs: number[] = [];
  for (const { heldMs } of losses) {
    const lost = { atMs, random: 1, restMs };
    const { reconnect, waitMs } = planRetry(comeback, lost, reconnectRules);
    comeback = reconnect;
    if (waitMs === undefined) return { waits, triesAtMs, gaveUp: true };
    waits.push(waitMs);
    atMs += waitMs;
    triesAtMs.push(atMs);
    atMs += tookMs;
    if (heldMs === undefined) continue;
    comeback = { ...comeback, upAtMs: atMs };
    atMs += heldMs;
  }
  return { waits, triesAtMs, gaveUp: false };
}

const repeatLoss = (times: number) => Array.from({ length: times }, () => ({}));

test('the longest waits double up to half a minute, and the tenth try is the last', () =>
  expect(playLosses(repeatLoss(20))).toMatchObject({
    waits: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000],
    gaveUp: true,
  }));

test('the bot does not wait for a reconnect that would take longer than five minutes', () => {
  expect(playLosses(repeatLoss(1), { restMs: 300_001 })).toMatchObject({
    waits: [],
    gaveUp: true,
  });
  const hanging = playLosses(repeatLoss(20), { tookMs: 60_000 });
  expect([hanging.triesAtMs.length, hanging.gaveUp]).toEqual([5, true]);
});

test('a link that held for a minute begins anew when it is lost', () => {
  const held = playLosses([
    ...repeatLoss(3),
    { heldMs: 60_000 },
    { heldMs: 59_999 },
    {},
  ]);
  expect(held.waits).toEqual([500, 1_000, 2_000, 4_000, 500, 1_000]);
});

test('waiting for the own pace of joins counts neither as a try nor as time', () => {
  const listWaits = (events: readonly ('paced' | 'lost')[]) => {
    let [comeback, atMs] = [initialReconnect, 0];
    const tried = [];
    for (const kind of events) {
      const paceMs = kind === 'paced' ? 55_000 : undefined;
      const lost = { atMs, random: 0.5, restMs: 0, paceMs };
      const { reconnect, waitMs } = planRetry(comeback, lost, reconnectRules);
      comeback = reconnect;
      if (waitMs === undefined) return [...tried, 'gave up'];
      tried.push(reconnect.losses);
      atMs += waitMs;
    }
    return tried;
  };
  const paced = Array.from({ length: 40 }, () => 'paced' as const);
  expect(listWaits(['lost', ...paced, 'lost'])).toEqual([...Array(41).fill(1), 2]);
  const lost = Array.from({ length: 12 }, () => 'lost' as const);
  expect(listWaits([...paced, ...lost]).indexOf('gave up')).toBe(49);
});

test('the sixty-first join of a shard waits until a minute after the first', () => {
  const shard = new ShardPace();
  for (let n = 0; n < 60; n++) shard.admitJoin(toGuildId(`${n}`), 1_000, 1_000);
  const free = [11_000, 61_000].map((atMs) => shard.findFreeMs(toGuildId('60'), atMs));
  expect(free).toEqual([61_000, 61_000]);
});
