import type { VoiceConnection } from '@discordjs/voice';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import { RejoinLimit } from '#src/discord/link/voice-link-opener.ts';
import { LinkWatchdog } from '#src/discord/link/watchdog/link-watchdog.ts';
import { UdpPath } from '#src/discord/link/watchdog/udp-path.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const ann = toPersonId('ann');

/** An answer of the voice server, which sees the bot at this port. */
function makeAnswer(port: number) {
  const datagram = Buffer.alloc(74);
  datagram.writeUInt32BE(0x0002_0046);
  datagram.write('203.0.113.9', 8);
  datagram.writeUInt16BE(port, 72);
  return datagram;
}

/** A ready connection with one other person, as far as the watchdog looks at it. */
function openWatchdog() {
  const timing = new VirtualClock();
  const output = { isBusy: false, counts: { sent: 0 } };
  const call = {
    settled: true,
    others: 1,
    output,
    unheard: ['nobody'],
    answers: makeAnswer(5_000) as Buffer | undefined,
  };
  const packets = new Map<PersonId, number>();
  const unopened = new Map<PersonId, number>();
  const log = {
    faults: [] as string[],
    whole: 0,
    guesses: 0,
    failed: [] as unknown[],
    leftAfterMs: undefined as number | undefined,
  };
  const ws = { missedHeartbeats: 0 };
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
    onFault: ({ answeredForMs, isGuess, sentence }) => {
      log.faults.push(sentence);
      log.leftAfterMs = answeredForMs ?? log.leftAfterMs;
      if (isGuess) log.guesses++;
    },
    onWhole: () => log.whole++,
    onFailure: (error) => log.failed.push(error),
  });
  const path = new UdpPath(() => {
    if (call.answers) path.onDatagram(call.answers);
  });
  watchdog.restart(path);
  timing.passMs(5_000);
  return {
    timing,
    call,
    log,
    packets,
    state,
    ws,
    unopened,
    path,
    watchdog,
  };
}

type Opened = ReturnType<typeof openWatchdog>;

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
])(
  '%s for ten seconds break the link, and without a fault it is whole again',
  (_, plant, fault) => {
    const link = openWatchdog();
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
  const { timing, call, log } = openWatchdog();
  Object.assign(call, { settled: false, others: 0 });
  timing.passMs(3_600_000);
  call.others = 1;
  timing.passMs(500);
  timing.suspend(60_000);
  timing.passMs(0);
  for (let second = 0; second < 60; second++) {
    call.settled = true;
    timing.passMs(700);
    call.settled = false;
    timing.passMs(300);
  }
  expect(log.faults).toEqual([]);
});

test('of three people who send voice that nobody can open one alone never breaks the link, and two only while nobody else is heard', () => {
  const { call, log, packets, timing, unopened } = openWatchdog();
  const plantUnopened = (id: string) => unopened.set(toPersonId(id), timing.nowMs());
  call.others = 3;
  plantUnopened('eve');
  timing.passMs(60_000);
  expect(log.faults).toEqual([]);
  plantUnopened('fay');
  for (let n = 0; n < 60; n++) {
    packets.set(ann, timing.nowMs());
    timing.passMs(1_000);
  }
  expect(log.faults).toEqual([]);
  timing.passMs(11_500);
  expect(log.faults).not.toEqual([]);
});

test('two voices that cannot be opened are one fault only if they come within a minute', () => {
  const { call, log, timing, unopened } = openWatchdog();
  call.others = 3;
  const plantUnopened = (id: string) => unopened.set(toPersonId(id), timing.nowMs());
  plantUnopened('eve');
  timing.passMs(61_000);
  plantUnopened('fay');
  timing.passMs(61_000);
  expect(log.faults).toEqual([]);
  plantUnopened('fay');
  plantUnopened('eve');
  timing.passMs(11_500);
  expect(log.faults[0]).toBe('For 10 s no voice that can be opened has come.');
});

test('a path whose answers stop is dead after ten seconds, also while voice comes, and alive with the next answer', () => {
  const { call, log, packets, path, timing } = openWatchdog();
  timing.passMs(60_000);
  const speakFor = (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      packets.set(ann, timing.nowMs());
      path.onDatagram(Buffer.alloc(120, 0x80));
      timing.passMs(1_000);
    }
  };
  const { answers } = call;
  call.answers = undefined;
  speakFor(4);
  call.answers = answers;
  speakFor(20);
  expect(log.faults).toEqual([]);
  call.answers = undefined;
  speakFor(11);
  expect(log.faults[0]).toBe(
    'For 10 s the voice server has answered nothing over UDP.',
  );
});

test('an answer is asked for every 5 s, and one that is overdue at each check, so that nine requests get none before the path is dead', () => {
  const answers = makeAnswer(5_000);
  const [asked, overdue, checkMs]: [number[], number[], number] = [[], [], 500];
  let [nowMs, isAnswered] = [0, true];
  const path = new UdpPath(() => {
    asked.push(nowMs);
    if (isAnswered) path.onDatagram(answers);
  });
  const passTo = (untilMs: number) => {
    for (; nowMs <= untilMs; nowMs += checkMs)
      if (path.check(checkMs, true).isOverdue) overdue.push(nowMs);
  };
  passTo(20_000);
  isAnswered = false;
  passTo(30_000);
  const overdueAtMs = [26, 26.5, 27, 27.5, 28, 28.5, 29, 29.5, 30].map(
    (s) => s * 1_000,
  );
  expect(asked).toEqual([0, 5_000, 10_000, 15_000, 20_000, 25_000, ...overdueAtMs]);
  expect(overdue).toEqual(overdueAtMs);
  expect(path.check(checkMs, true)).toMatchObject({ ageMs: 10_500, maxAgeMs: 10_000 });
});

test('a server that answers only for a while in each call is left for that once, and a path that dies later or sooner is still found', () => {
  const { log, timing, watchdog } = openWatchdog();
  const answers = makeAnswer(5_000);
  let callCount = 0;
  const beginCall = (answeredMs: number) => {
    callCount++;
    const fromMs = timing.nowMs();
    const path = new UdpPath(() => {
      if (timing.nowMs() - fromMs < answeredMs) path.onDatagram(answers);
    }, log.leftAfterMs);
    watchdog.restart(path);
    return path;
  };
  // Somebody speaks every 20 s.
  const passMinutes = (minutes: number, answeredMs: number) => {
    let path = beginCall(answeredMs);
    for (let step = 0; step < minutes * 120; step++) {
      const formerCount = log.faults.length;
      if (step % 40 === 0) path.onDatagram(Buffer.alloc(120, 0x80));
      timing.passMs(500);
      // The second call is answered a little longer than the first.
      if (log.faults.length > formerCount) path = beginCall(answeredMs + 6_000);
    }
  };
  passMinutes(120, 600_000);
  expect([log.faults.length, callCount]).toEqual([1, 2]);
  for (const answeredMs of [300_000, 900_000]) {
    passMinutes((answeredMs + 15_000) / 60_000, answeredMs);
    expect(log.faults.at(-1)).toMatch(/answered nothing/);
  }
  expect(log.faults).toHaveLength(3);
});

test('a link whose checks are a little late each time is whole', () => {
  const { log, timing } = openWatchdog();
  for (let n = 0; n < 100; n++) {
    timing.suspend(3);
    timing.passMs(501);
  }
  expect([log.faults, log.whole]).toEqual([[], 1]);
});

test('a fifth of all datagrams lost both ways is no dead path in an hour', () => {
  const { call, log, timing } = openWatchdog();
  const { answers } = call;
  const getRandom = seededRandom(7);
  for (let n = 0; n < 7_200; n++) {
    call.answers = getRandom() < 0.8 * 0.8 ? answers : undefined;
    timing.passMs(500);
  }
  expect(log.faults).toEqual([]);
});

test('a bot that the voice server sees at another address for ten seconds is deaf there, and not after a moment of it', () => {
  const { call, log, timing } = openWatchdog();
  call.answers = makeAnswer(5_001);
  timing.passMs(4_000);
  call.answers = makeAnswer(5_000);
  timing.passMs(20_000);
  expect(log.faults).toEqual([]);
  call.answers = makeAnswer(5_001);
  timing.passMs(11_000);
  expect(log.faults[0]).toMatch(/another address/);
});

test('a server that answers nothing in a call breaks it after a minute without any datagram and with people, as a guess', () => {
  const { call, log, path, timing, watchdog } = openWatchdog();
  call.answers = undefined;
  const silent = new UdpPath(() => {});
  watchdog.restart(silent);
  for (let n = 0; n < 600; n++) {
    timing.passMs(1_000);
    if (n % 59 === 0) silent.onDatagram(Buffer.alloc(8));
  }
  call.others = 0;
  timing.passMs(600_000);
  call.others = 1;
  timing.passMs(60_000);
  expect(log.faults).toEqual([]);
  timing.passMs(500);
  expect(log.faults).toHaveLength(1);
  expect(log.guesses).toBe(1);
  path.onDatagram(makeAnswer(5_000)); // of the former server
  timing.passMs(500);
  expect(log.faults).toHaveLength(2);
});

test('a channel is joined anew at most once in five minutes, and the next time after twice as long, up to an hour', () => {
  const limit = new RejoinLimit();
  const rejoinedAtMinutes: number[] = [];
  for (let minute = 0; minute <= 300; minute++)
    if (limit.tryRejoin(minute * 60_000)) rejoinedAtMinutes.push(minute);
  expect(rejoinedAtMinutes).toEqual([0, 5, 15, 35, 75, 135, 195, 255]);
});

test('a rejoin after a long time without one is no repetition, and rests five minutes again', () => {
  const limit = new RejoinLimit();
  for (const atMs of [0, 300_000, 900_000]) limit.tryRejoin(atMs);
  expect([limit.isRepeated(900_001), limit.isRepeated(3_299_999)]).toEqual([
    true,
    true,
  ]);
  expect(limit.isRepeated(3_300_000)).toBe(false);
  expect(limit.tryRejoin(3_300_000)).toBe(true);
  expect(limit.tryRejoin(3_599_999)).toBe(false);
  expect(limit.tryRejoin(3_600_000)).toBe(true);
});

test('voice of a person who is not heard is no fault, though nobody can open it', () => {
  const { call, log, timing, unopened } = openWatchdog();
  call.unheard.push(ann);
  unopened.set(ann, timing.nowMs());
  timing.passMs(11_500);
  expect(log.faults).toEqual([]);
});

test('frames that wait for a group which has not been whole are no fault of a bot that is alone', () => {
  const { call, log, timing } = openWatchdog();
  Object.assign(call, { settled: false, others: 0 });
  call.output.isBusy = true;
  timing.passMs(11_500);
  expect(log.faults).toEqual([]);
});
