import { toChannelId, toMessageId } from '#src/base/ids.ts';
import { LiveMessage } from '#src/discord/outbox/live-message.ts';
import { Outbox, type Urgency } from '#src/discord/outbox/outbox.ts';
import type { MessageOutcome } from '#src/ports/caption-chats.ts';
import { openRest } from '#test/discord/setup/rest-notes.ts';
import { makeRefusal } from '#test/discord/setup/rest-refusals.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const channelId = toChannelId('c');
const makePlace = (messageId: string) => ({
  channelId,
  messageId: toMessageId(messageId),
});

/** Live messages of one channel over a Discord that answers after 120 ms. */
function openMessages(...given: (Error | undefined)[]) {
  const timing = new VirtualClock();
  const { rest, sent, failures } = openRest(timing, given, 120);
  const outbox = new Outbox(rest, timing, () => {});
  const outcomes: MessageOutcome[] = [];
  /** A message that shows what it was told last; empty: it is to be deleted. */
  const makeMessage = (at?: string) => {
    let text = '';
    const live = new LiveMessage(
      {
        outbox,
        channelId,
        draw: () => (text === '' ? undefined : { content: text }),
        report: (outcome) => outcomes.push(outcome),
      },
      at === undefined ? undefined : makePlace(at),
      at === undefined ? undefined : { content: 'former' },
    );
    return (next: string, urgency: Urgency = 'whole') => {
      text = next;
      live.requestUpdate(urgency);
    };
  };
  const passTime = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      timing.passMs(10);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  const listSteps = () =>
    sent.map(({ method, content = '' }) => `${method} ${content}`);
  return {
    message: makeMessage,
    sent,
    steps: listSteps,
    outcomes,
    failures,
    pass: passTime,
    timing,
  };
}

test('a message is posted once and then edited, and what waits is replaced by what is newer', async () => {
  const { message, pass, steps, outcomes } = openMessages();
  const show = message();
  show('one');
  await pass(10);
  show('two');
  show('three');
  await pass(300);
  show('four');
  await pass(1_500);
  show('');
  await pass(500);
  expect(steps()).toEqual(['POST one', 'PATCH three', 'PATCH four', 'DELETE ']);
  expect(outcomes.at(-2)).toEqual({ kind: 'shown', place: makePlace('m1') });
  expect(outcomes.at(-1)).toEqual({ kind: 'deleted' });
});

test('a message that was never posted is deleted without a request', async () => {
  const { message, pass, steps, outcomes } = openMessages();
  const show = message();
  show('one');
  show('');
  await pass(500);
  expect([steps(), outcomes]).toEqual([[], [{ kind: 'deleted' }]]);
});

test('through an outage messages keep their order, and each its newest text', async () => {
  const away = Array.from({ length: 8 }, () => new Error('socket hang up'));
  const { message, pass, steps, sent } = openMessages(...away);
  const [first, second] = [message(), message()];
  first('old');
  second('behind');
  await pass(3_000);
  first('new');
  await pass(200_000);
  expect(steps().slice(8)).toEqual(['POST new', 'POST behind']);
  expect(new Set(sent.slice(0, 9).map(({ nonce }) => nonce)).size).toBe(1);
});

test.each([
  ['too-old', 2, makeRefusal(400, 30_046), { kind: 'too-old' }],
  ['gone', 1, makeRefusal(404, 10_008), { kind: 'message-gone' }],
  ['refused', 2, makeRefusal(400, 50_035), { kind: 'refused', why: 'error 50035' }],
  ['a closed chat', 1, makeRefusal(403, 50_001), { kind: 'forbidden' }],
  ['a chat that is gone', 1, makeRefusal(404, 10_003), { kind: 'chat-gone' }],
])(
  'a change that Discord does not take ends as %s, and with the next there are %i requests',
  async (_, requests, failure, expected) => {
    const { message, pass, outcomes, sent } = openMessages(failure);
    const show = message('x');
    show('new');
    await pass(3_000);
    expect(outcomes).toEqual([expected]);
    expect(sent).toHaveLength(1);
    show('newer');
    await pass(3_000);
    expect(sent).toHaveLength(requests);
  },
);

test('whole words never wait longer than 1.25 s, however many go on, and no 5 s hold more than five edits', async () => {
  const { message, pass, sent, timing } = openMessages();
  const [goesOn, whole] = [message('w'), message('x')];
  const waits: number[] = [];
  for (let n = 0; n < 40; n++) {
    goesOn(`words ${n}`, 'partial');
    if (n % 4 === 3) {
      const atMs = timing.nowMs();
      whole(`whole ${n}`);
      await pass(1_500);
      const edit = sent.find(({ content }) => content === `whole ${n}`);
      waits.push((edit?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
    }
    await pass(300);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_250);
  const times = sent.map(({ atMs }) => atMs);
  const fifths = times.slice(5).map((atMs, n) => atMs - (times[n] ?? 0));
  expect(Math.min(...fifths)).toBeGreaterThan(5_000);
});
