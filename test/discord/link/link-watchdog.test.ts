import { EventEmitter } from 'node:events';
import type { VoiceConnection, VoiceWebSocket } from '@discordjs/voice';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { LinkWatchdog } from '#src/discord/link/link-watchdog.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const ann = toPersonId('ann');

/** A ready connection with one other person, as far as the watchdog looks at it. */
function open() {
  const timing = new VirtualClock();
  const output = { isBusy: false, counts: { sent: 0 } };
  const call = { settled: true, others: 1, output, unheard: ['nobody'] };
  const packets = new Map<PersonId, number>();
  const unopened = new Map<PersonId, number>();
  const log = { faults: [] as string[], whole: 0, failed: [] as unknown[] };
  const ws = Object.assign(new EventEmitter(), { missedHeartbeats: 0 });
  const state = { status: 'ready', networking: { state: { ws } } };
  const connection = { state } as unknown as VoiceConnection;
  const watchdog = new LinkWatchdog({
    connection,
    timing,
    isSettled: () => call.settled,
    countOthers: () => call.others,
    speakers: {
      mayHear: (id) => !call.unheard.includes(id),
      openedAtMs: packets,
      unopenedAtMs: unopened,
    },
    output,
    onFault: (fault) => log.faults.push(fault),
    onWhole: () => log.whole++,
    onFailure: (error) => log.failed.push(error),
  });
  watchdog.restart();
  watchdog.watchSocket(ws as unknown as VoiceWebSocket);
  timing.passMs(5_000);
  const send = (op: number, d: object) => ws.emit('packet', { op, d });
  const speaks = (id: string) => send(5, { user_id: id, ssrc: 9, speaking: 1 });
  return {
    timing,
    call,
    log,
    packets,
    state,
    ws,
    send,
    speaks,
    unopened,
  };
}

type Opened = ReturnType<typeof open>;

test.each<[string, (link: Opened) => void, RegExp]>([
  [
    'a link that is not ready',
    ({ state }) => Object.assign(state, { status: 'connecting' }),
    /ready/,
  ],
  [
    'frames that wait',
    ({ call }) => Object.assign(call.output, { isBusy: true }),
    /frames/,
  ],
  [
    'unanswered heartbeats',
    ({ ws }) => Object.assign(ws, { missedHeartbeats: 1 }),
    /heartbeats/,
  ],
  [
    'a group that is not open',
    ({ call }) => Object.assign(call, { settled: false }),
    /group/,
  ],
  [
    'frames of the only other person that cannot be opened',
    ({ unopened, timing }) => unopened.set(ann, timing.nowMs()),
    /opened/,
  ],
  [
    'the only other person, who speaks without packets',
    ({ speaks }) => speaks('ann'),
    /opened/,
  ],
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
    link.packets.set(ann, link.timing.nowMs());
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

const unheard: Readonly<Record<string, (link: Opened, id: PersonId) => void>> = {
  'are shown as speaking and send nothing': ({ speaks }, id) => speaks(id),
  'send frames that nobody can open': ({ unopened, timing }, id) =>
    unopened.set(id, timing.nowMs()),
};

test.each(Object.entries(unheard))(
  'of three people who %s one alone never breaks the link, and two only while nobody else is heard',
  (_, plant) => {
    const link = open();
    const { call, log, packets, timing } = link;
    call.others = 3;
    plant(link, toPersonId('eve'));
    timing.passMs(60_000);
    expect(log.faults).toEqual([]);
    plant(link, toPersonId('fay'));
    for (let n = 0; n < 60; n++) {
      packets.set(ann, timing.nowMs());
      timing.passMs(1_000);
    }
    expect(log.faults).toEqual([]);
    timing.passMs(11_500);
    expect(log.faults).not.toEqual([]);
  },
);

test.each([1, 2])(
  'people who began to speak before they might be heard, and are silent since, break nothing: %i there',
  (others) => {
    const { call, log, speaks, timing } = open();
    Object.assign(call, { others, unheard: ['ann', 'ben'] });
    for (const id of call.unheard.slice(0, others)) speaks(id);
    call.unheard = [];
    timing.passMs(60_000);
    expect(log.faults).toEqual([]);
  },
);
