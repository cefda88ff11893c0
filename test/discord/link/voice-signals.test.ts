import type { DiscordGatewayAdapterLibraryMethods } from '@discordjs/voice';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { SignalPace } from '#src/discord/link/signal-pace.ts';
import {
  type MovedSeat,
  OwnLeaves,
  VoiceSignals,
} from '#src/discord/link/voice-signals.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Signals of a link, by default to the lounge, between a gateway that notes requests and a library that notes updates. */
function openSignals(
  seat?: MovedSeat,
  channelId = 'lounge',
  leaves = new OwnLeaves(),
  isSeated = false,
) {
  const log: string[] = [];
  let fromDiscord: DiscordGatewayAdapterLibraryMethods | undefined;
  const timing = new VirtualClock();
  const signals = new VoiceSignals({
    guildId: toGuildId('g'),
    channelId: toChannelId(channelId),
    gateway(methods) {
      fromDiscord = methods;
      return {
        sendPayload: ({ d }) => log.push(`asks for ${d.channel_id}`) > 0,
        destroy: () => log.push('is deaf to Discord'),
      };
    },
    pace: new SignalPace(),
    leaves,
    timing,
    seat,
    isSeated,
    onGone: (isMoved) => log.push(isMoved ? 'is moved' : 'is gone'),
  });
  const adapter = signals.adapter({
    onVoiceServerUpdate: ({ endpoint }) => log.push(`server ${endpoint}`),
    onVoiceStateUpdate: ({ channel_id }) => log.push(`seat ${channel_id}`),
    destroy: () => log.push('library ends'),
  });
  const discord = {
    tellSeat: (seatId: string | null) =>
      fromDiscord?.onVoiceStateUpdate({ channel_id: seatId } as never),
    tellServer: (endpoint: string) =>
      fromDiscord?.onVoiceServerUpdate({ endpoint } as never),
    cutOff: () => fromDiscord?.destroy(),
  };
  adapter.sendPayload({ op: 4, d: { guild_id: 'g', channel_id: channelId } });
  signals.takeUpSeat();
  return { adapter, discord, log, signals, timing };
}

/** Signals of a link to the lounge out of which a person has moved the bot. */
function openMoved(...channelIds: readonly string[]) {
  const opened = openSignals();
  opened.discord.tellSeat('lounge');
  opened.discord.tellServer('first');
  for (const channelId of channelIds) opened.discord.tellSeat(channelId);
  opened.signals.keepSeat();
  opened.adapter.destroy();
  opened.log.splice(0);
  return opened;
}

const [den, lounge] = ['den', 'lounge'].map(toChannelId) as [
  ReturnType<typeof toChannelId>,
  ReturnType<typeof toChannelId>,
];

test('a voice server that Discord names before the seat waits for the seat, and a later one does not', () => {
  const { discord, log } = openSignals();
  discord.tellServer('first');
  expect(log).toEqual(['asks for lounge']);
  discord.tellSeat('lounge');
  expect(log.slice(1)).toEqual(['seat lounge', 'server first']);
  discord.tellServer('second');
  expect(log.slice(3)).toEqual(['server second']);
});

test('the echo of an earlier leave ends no new join', () => {
  const { discord, log } = openSignals();
  discord.tellSeat(null);
  discord.tellSeat('lounge');
  discord.tellSeat(null);
  expect(log).toEqual(['asks for lounge', 'seat lounge', 'is gone']);
});

/** Signals of a link that left before Discord had told of its seat, and of the next link to the lounge. */
async function openAfterLeave() {
  const leaves = new OwnLeaves();
  const former = openSignals(undefined, 'lounge', leaves);
  const leaving = former.signals.leave();
  former.timing.passMs(1_000);
  await leaving;
  return openSignals(undefined, 'lounge', leaves);
}

test('a seat that comes late, and ends with the leave of its link, does not end the next link', async () => {
  const { discord, log } = await openAfterLeave();
  discord.tellSeat('lounge');
  discord.tellSeat(null);
  discord.tellServer('second');
  discord.tellSeat('lounge');
  const seats = ['seat lounge', 'seat lounge', 'server second'];
  expect(log).toEqual(['asks for lounge', ...seats]);
  discord.tellSeat(null);
  expect(log.at(-1)).toBe('is gone');
});

test('the late end of a known seat is not taken for that of a seat that comes late', async () => {
  const leaves = new OwnLeaves();
  const leaveLate = async ({ signals, timing }: ReturnType<typeof openSignals>) => {
    const leaving = signals.leave();
    timing.passMs(1_000);
    await leaving;
  };
  const known = openSignals(undefined, 'lounge', leaves);
  known.discord.tellSeat('lounge');
  await leaveLate(known);
  await leaveLate(openSignals(undefined, 'lounge', leaves));
  const { discord, log } = openSignals(undefined, 'lounge', leaves);
  for (const seat of [null, 'lounge', null, 'lounge']) discord.tellSeat(seat);
  expect(log).toEqual(['asks for lounge', 'seat lounge', 'seat lounge']);
  discord.tellSeat(null);
  expect(log.at(-1)).toBe('is gone');
});

test('whoever disconnects the bot soon after a leave whose end no link was told of is obeyed', async () => {
  const leaves = new OwnLeaves();
  const former = openSignals(undefined, 'lounge', leaves);
  former.discord.tellSeat('lounge');
  const leaving = former.signals.leave();
  former.timing.passMs(1_000);
  await leaving;
  const { discord, log } = openSignals(undefined, 'lounge', leaves);
  discord.tellSeat('lounge');
  discord.tellSeat(null);
  expect(log.at(-1)).toBe('is gone');
});

test('the mute of a seat that the bot has just left is not taken for the next seat', async () => {
  const leaves = new OwnLeaves();
  const former = openSignals(undefined, 'lounge', leaves);
  former.discord.tellSeat('lounge');
  const leaving = former.signals.leave();
  former.timing.passMs(1_000);
  await leaving;
  const { discord, log } = openSignals(undefined, 'lounge', leaves, true);
  for (const seat of ['lounge', null, 'lounge']) discord.tellSeat(seat);
  expect(log).toEqual(['asks for lounge', 'seat lounge']);
  discord.tellSeat(null);
  expect(log.at(-1)).toBe('is gone');
});

test('whoever disconnects the bot half a minute after its own leave is obeyed', async () => {
  const { discord, log, timing } = await openAfterLeave();
  discord.tellSeat('lounge');
  timing.passMs(32_000);
  discord.tellSeat(null);
  expect(log.at(-1)).toBe('is gone');
});

test('out of a move the next link has seat and server of the last channel, asks for nothing, and hears Discord on', () => {
  const { discord, log, signals } = openMoved('den', 'attic', 'den');
  discord.tellServer('second');
  expect(signals.handOverSeat(lounge)).toBeUndefined();
  const seat = signals.handOverSeat(den);
  expect([seat?.state.channel_id, seat?.server?.endpoint]).toEqual(['den', 'second']);
  expect(log).toEqual([]);
  const next = openSignals(seat, 'den');
  expect(next.log).toEqual(['seat den', 'server second']);
  expect(next.signals.waitsForServer).toBe(true);
  next.discord.tellServer('third');
  expect(next.signals.waitsForServer).toBe(false);
  next.discord.tellSeat('attic');
  expect(next.log.slice(2)).toEqual(['server third', 'is moved']);
});

test('a bot that was moved away and back is where it was, on the new voice server', () => {
  const { discord, signals } = openMoved('den', 'lounge');
  discord.tellServer('second');
  const seat = signals.handOverSeat(lounge);
  expect(openSignals(seat).log).toEqual(['seat lounge', 'server second']);
  expect(signals.handOverSeat(lounge)).toBeUndefined();
});

test('once it is moved, a link tells its library nothing more', () => {
  const { discord, log } = openSignals();
  discord.tellSeat('lounge');
  discord.tellSeat('den');
  discord.tellServer('second');
  discord.tellSeat('lounge');
  expect(log).toEqual(['asks for lounge', 'seat lounge', 'is moved']);
});

test('a seat that no link takes is left, once', async () => {
  const { discord, log, signals } = openMoved('den');
  const leaving = Promise.all([signals.leaveKept(), signals.leaveKept()]);
  discord.tellSeat(null);
  await leaving;
  expect(log).toEqual(['asks for null', 'is deaf to Discord']);
});

test('whoever disconnects the bot after a move is obeyed: nothing joins again, and nothing is left', async () => {
  const { discord, log, signals } = openMoved('den');
  discord.tellSeat(null);
  expect(() => signals.handOverSeat(den)).toThrow(
    expect.objectContaining({ code: 'link.lost', retryable: false }),
  );
  await signals.leaveKept();
  expect(log).toEqual(['is deaf to Discord']);
});

test('with the gateway session a seat is gone that waits, and no library ends twice', () => {
  const { discord, log, signals } = openMoved('den');
  discord.cutOff();
  expect(log).toEqual(['is deaf to Discord']);
  expect([signals.isKept, signals.handOverSeat(den)]).toEqual([false, undefined]);
});

test('after a signal the next one waits for half a second', () => {
  const pace = new SignalPace();
  pace.noteSent(1_000);
  expect([1_000, 1_300, 1_500].map((atMs) => pace.waitMs(atMs))).toEqual([500, 200, 0]);
});

test('each rest that Discord asks for is twice as long as the last, up to a quarter of an hour', () => {
  const pace = new SignalPace();
  const restsSeconds: number[] = [];
  for (let [n, atMs] = [0, 0]; n < 6; n++) {
    pace.startRest(atMs);
    restsSeconds.push(pace.getRestMs(atMs) / 1_000);
    atMs += pace.getRestMs(atMs);
  }
  expect(restsSeconds).toEqual([60, 120, 240, 480, 900, 900]);
  const laterMs = 60_000_000;
  pace.startRest(laterMs);
  expect(pace.getRestMs(laterMs)).toBe(60_000);
});
