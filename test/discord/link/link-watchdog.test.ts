import { EventEmitter } from 'node:events';
import type { VoiceConnection, VoiceWebSocket } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { LinkWatchdog } from '#src/discord/link/link-watchdog.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

/** A ready connection with one other person, as far as the watchdog looks at it. */
function open() {
  const timing = new VirtualClock();
  const output = { isBusy: false, counts: { sent: 0 } };
  const call = { settled: true, others: 1, output };
  const packets = new Map<string, number>();
  const log = { faults: [] as string[], whole: 0, failed: [] as unknown[] };
  const ws = Object.assign(new EventEmitter(), { missedHeartbeats: 0 });
  const connectedClients = new Set(['ann']);
  const members = new Set(['bot', 'ann']);
  const dave = { session: { ready: true, getUserIds: () => [...members] } };
  const networking = { state: { ws, dave, connectionData: { connectedClients } } };
  const state = { status: 'ready', networking };
  const connection = { state } as unknown as VoiceConnection;
  const watchdog = new LinkWatchdog({
    connection,
    timing,
    settled: () => call.settled,
    others: () => call.others,
    speakers: {
      mayHear: (id) => id !== 'nobody',
      openedAtMs: (id) => packets.get(id),
    },
    output,
    broken: (fault) => log.faults.push(fault),
    whole: () => log.whole++,
    fail: (error) => log.failed.push(error),
  });
  watchdog.restart();
  watchdog.watch(ws as unknown as VoiceWebSocket);
  timing.passMs(5_000);
  const send = (op: number, d: object) => ws.emit('packet', { op, d });
  const speaks = (id: string, flag = 1) => send(5, { user_id: id, ssrc: 9, speaking: flag });
  return { timing, call, log, packets, state, ws, send, speaks, connectedClients, members };
}

type Opened = ReturnType<typeof open>;

test.each<[string, (link: Opened) => void, RegExp]>([
  [
    'a link that is not ready',
    ({ state }) => Object.assign(state, { status: 'connecting' }),
    /ready/,
  ],
  ['frames that wait', ({ call }) => Object.assign(call.output, { isBusy: true }), /frames/],
  ['unanswered heartbeats', ({ ws }) => Object.assign(ws, { missedHeartbeats: 1 }), /heartbeats/],
  ['a group that is not open', ({ call }) => Object.assign(call, { settled: false }), /group/],
  ['a group that lacks somebody', ({ connectedClients }) => connectedClients.add('eve'), /group/],
  ['a speaker without packets', ({ speaks }) => speaks('ann'), /shows as speaking/],
])(
  '%s for ten seconds break the link, and without a fault it is whole again',
  (_, plant, fault) => {
    const link = open();
    plant(link);
    link.timing.passMs(10_000);
    expect(link.log.faults).toEqual([]);
    link.timing.passMs(500);
    expect(link.log.faults[0]).toMatch(fault);
    Object.assign(link.state, { status: 'ready' });
    Object.assign(link.call, { settled: true });
    Object.assign(link.call.output, { isBusy: false });
    Object.assign(link.ws, { missedHeartbeats: 0 });
    link.members.add('eve');
    link.packets.set('ann', link.timing.nowMs());
    link.timing.passMs(10_000);
    expect(link.log.whole).toBe(0);
    link.timing.passMs(500);
    expect(link.log.whole).toBeGreaterThan(0);
  },
);

test('alone for an hour, a stall of a minute and people who come and go are no faults', () => {
  const { timing, call, log } = open();
  Object.assign(call, { settled: false, others: 0 });
  timing.passMs(3_600_000);
  call.others = 1;
  timing.passMs(500);
  timing.suspend(60_000);
  for (let second = 0; second < 60; second++) {
    call.settled = true;
    timing.passMs(700);
    call.settled = false;
    timing.passMs(300);
  }
  expect(log.faults).toEqual([]);
});
