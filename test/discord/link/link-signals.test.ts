import { expect, test } from 'vitest';
import { afterClose } from '#src/discord/link/close-codes.ts';
import { ShardPace, SignalPace } from '#src/discord/link/signal-pace.ts';
import { Signals } from '#src/discord/link/signals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const join = { op: 4, d: { guild_id: 'g', channel_id: 'c' } };

/** Signals between a library and a gateway that only take notes. */
function open() {
  const timing = new SteppedTiming();
  const sent: Array<{ readonly channel: string | null; readonly atMs: number }> = [];
  const toLibrary: string[] = [];
  const gone: string[] = [];
  let gateway: Parameters<Signals['adapter']>[0] | undefined;
  const signals = new Signals({
    guildId: 'g',
    channelId: 'c',
    pace: new SignalPace(new ShardPace()),
    timing,
    gone: (how) => gone.push(how),
    gateway: (methods) => {
      gateway = methods;
      return {
        sendPayload: (payload) => {
          sent.push({ channel: payload.d.channel_id, atMs: timing.nowMs() });
          return true;
        },
        destroy: () => {},
      };
    },
  });
  const library = signals.adapter({
    onVoiceStateUpdate: () => toLibrary.push('state'),
    onVoiceServerUpdate: () => toLibrary.push('server'),
    destroy: () => {},
  });
  const state = (channelId: string | null) =>
    gateway?.onVoiceStateUpdate({ channel_id: channelId } as never);
  const server = () => gateway?.onVoiceServerUpdate({ endpoint: 'e' } as never);
  return { timing, sent, toLibrary, gone, signals, library, state, server };
}

test('a server update that overtakes its state update waits for it', () => {
  const { library, state, server, toLibrary } = open();
  library.sendPayload(join);
  server();
  expect(toLibrary).toEqual([]);
  state('c');
  expect(toLibrary).toEqual(['state', 'server']);
});

test('a failover, which has no state update, passes at once', () => {
  const { library, state, server, toLibrary } = open();
  library.sendPayload(join);
  state('c');
  server();
  server();
  expect(toLibrary).toEqual(['state', 'server', 'server']);
});

test('after a rejoin a server update waits 300 ms for its state update and no longer', () => {
  const { library, signals, state, server, toLibrary, timing } = open();
  library.sendPayload(join);
  state('c');
  signals.closed(4006);
  library.sendPayload(join);
  server();
  timing.passMs(299);
  expect(toLibrary).toEqual(['state']);
  timing.passMs(1);
  expect(toLibrary).toEqual(['state', 'server']);
});

test('a refused voice session is left, and joined again after a pause that doubles', () => {
  const { library, signals, sent, timing } = open();
  library.sendPayload(join);
  signals.closed(4006);
  expect(library.sendPayload(join)).toBe(true);
  timing.passMs(2_000);
  signals.closed(4006);
  expect(library.sendPayload(join)).toBe(true);
  timing.passMs(10_000);
  expect(sent).toEqual([
    { channel: 'c', atMs: 0 },
    { channel: null, atMs: 0 },
    { channel: 'c', atMs: 1_000 },
    { channel: null, atMs: 2_000 },
    { channel: 'c', atMs: 4_000 },
  ]);
});

test('however often voice is refused, the gateway is asked at most six times', () => {
  const { library, signals, sent, timing } = open();
  library.sendPayload(join);
  for (let n = 0; n < 100; n++) {
    signals.closed(1006);
    library.sendPayload(join);
  }
  timing.passMs(60_000);
  expect(sent.filter(({ channel }) => channel === 'c').length).toBeLessThanOrEqual(6);
});

const everyCode = [1000, 1001, 1006, ...Array.from({ length: 22 }, (_, n) => 4001 + n)];

test.each(everyCode)('a voice server that closes with %i every time is left alone soon', (code) => {
  const { library, signals, sent, timing } = open();
  library.sendPayload(join);
  let [seen, isRefused] = [0, false];
  for (let ms = 0; ms < 600_000; ms += 100) {
    timing.passMs(100);
    const joins = sent.filter(({ channel }) => channel === 'c').length;
    if (isRefused || joins === seen) continue;
    seen = joins;
    signals.closed(code);
    isRefused = !library.sendPayload(join); // the library rejoins at once
  }
  expect(isRefused).toBe(true);
  expect(sent.length).toBeLessThanOrEqual(12);
  const { kind, ...rest } = afterClose(code);
  expect(seen).toBe(1 + (kind === 'again' && 'most' in rest ? rest.most : 0));
});

test('encryption this version does not know is fatal, and what somebody did on purpose is not undone', () => {
  expect([4016, 4017].map((code) => afterClose(code).kind)).toEqual(['no-cipher', 'no-end-to-end']);
  expect([4014, 4022].map((code) => afterClose(code).kind)).toEqual(['out', 'out']);
  expect(afterClose(4021).kind).toBe('wait');
});

test('a rate limited server rests for a minute, then twice as long, up to a quarter of an hour', () => {
  const pace = new SignalPace(new ShardPace());
  const rests: number[] = [];
  for (let nowMs = 0; rests.length < 6; nowMs += rests.at(-1) ?? 0) {
    pace.rest(nowMs);
    rests.push(pace.waitMs(nowMs));
  }
  expect(rests).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
});

test('nothing is joined again once the channel is being left', () => {
  const { library, signals, sent } = open();
  library.sendPayload(join);
  void signals.leave();
  signals.closed(4006);
  expect(library.sendPayload(join)).toBe(false);
  expect(sent.filter(({ channel }) => channel === 'c')).toHaveLength(1);
});

test('being thrown out and being moved are told apart, and an echo of an earlier stay is neither', () => {
  const { library, state, gone } = open();
  library.sendPayload(join);
  state(null);
  state('elsewhere');
  expect(gone).toEqual([]);
  state('c');
  state('elsewhere');
  state(null);
  expect(gone).toEqual(['moved', 'kicked']);
});

test('leaving ends when Discord confirms it, or after a second', async () => {
  const confirmed = open();
  const first = confirmed.signals.leave();
  confirmed.library.sendPayload(join);
  const unconfirmed = open();
  unconfirmed.library.sendPayload(join);
  const second = unconfirmed.signals.leave();
  confirmed.state(null);
  unconfirmed.timing.passMs(1_000);
  await Promise.all([first, second]);
  expect(unconfirmed.sent.at(-1)?.channel).toBeNull();
});

test('one server is joined at most every half second and twelve times a minute', () => {
  const pace = new SignalPace(new ShardPace());
  const atMs: number[] = [];
  for (let nowMs = 0; atMs.length < 13; nowMs += 10) {
    if (pace.waitMs(nowMs) > 0) continue;
    pace.sent('join', nowMs);
    atMs.push(nowMs);
  }
  expect(atMs.slice(0, 3)).toEqual([0, 500, 1_000]);
  expect(atMs[12]).toBe(60_000);
});

test('a join keeps half a second from the leave before it', () => {
  const pace = new SignalPace(new ShardPace());
  pace.sent('leave', 1_000);
  expect(pace.waitMs(1_100)).toBe(400);
});

test('all servers of a shard together join at most sixty times a minute, whoever plans first', () => {
  const shard = new ShardPace();
  const paces = Array.from({ length: 130 }, () => new SignalPace(shard));
  const waits = paces.map((pace) => {
    const waitMs = pace.waitMs(0);
    pace.plan(waitMs);
    return waitMs;
  });
  const joined = (fromMs: number) => waits.filter((ms) => ms >= fromMs && ms < fromMs + 60_000);
  expect([joined(0), joined(60_000), joined(120_000)].map(({ length }) => length)).toEqual([
    60, 60, 10,
  ]);
  expect(paces[0]?.waitMs(200_000)).toBe(0);
});
