import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { messagesOf } from '#src/conversation/answering/conversation-history.ts';
import { text } from '#src/texts/texts.ts';
import { readBy } from '#test/conversation/setup/read-outcome.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { fc } from '#test/properties.ts';

const speech = 'human-cards-004';
const gone = new BotError('link.lost', true, 'Gone.');
const late = new BotError('link.timeout', true, 'Late.');

/** Adam has called the bot, and only he sits there. */
async function called(
  over: Parameters<typeof openSessionFixture>[0] = {},
): Promise<SessionFixture> {
  const fixture = openSessionFixture(over, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  return fixture;
}

async function says(fixture: SessionFixture, ms = 4000): Promise<void> {
  await pass(fixture, ms, await words(speech, adam, fixture.clock.nowMs()));
}

const state = ({ faces }: SessionFixture) => faces.at(-1)?.state.kind;

test('a lost link comes back within a second, and the same people are heard and answered', async () => {
  const fixture = await called();
  fixture.linkOpener.link.lose();
  await pass(fixture, 40);
  expect([state(fixture), fixture.sessions.at('g')]).toEqual(['reconnecting', lounge]);
  await pass(fixture, 1000);
  expect([state(fixture), fixture.linkOpener.links.length]).toEqual(['listening', 2]);
  await says(fixture);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam', finish: 'completed' }]);
  expect([fixture.written, fixture.of('left')]).toEqual([[], []]);
});

test('of a link that stays down the channel reads once, and of its loss nothing more', async () => {
  const fixture = await called();
  const change = { kind: 'alert', name: 'link-down', cause: 'it broke' } as const;
  fixture.sessions.alert('g', { ...change, state: 'raised' });
  fixture.linkOpener.failures.push(...Array(20).fill(late));
  fixture.linkOpener.link.lose();
  await pass(fixture, 60_000);
  expect(fixture.written).toEqual([text('link.down')]);
});

test('what was said before a loss is known after it', async () => {
  const fixture = await called();
  await says(fixture);
  fixture.linkOpener.link.lose();
  await pass(fixture, 1000);
  await says(fixture);
  expect(fixture.chat.asked[1]?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'You said five.' },
    { role: 'user', name: 'Adam', content: 'five five' },
  ]);
});

test.each([
  ['goes on where the bot is called back within 15 minutes', 14, 'leave', 4],
  ['begins anew after 15 minutes', 15, 'leave', 2],
  ['goes on without somebody who said no meanwhile', 1, 'deny', 2],
  ['goes on without somebody who was forgotten meanwhile', 1, 'forget', 2],
] as const)('the conversation %s', async (_what, minutes, act, length) => {
  const fixture = await called();
  await says(fixture);
  await fixture.sessions.leave('g');
  if (act !== 'leave') await fixture.privacy[act]('g', 'adam');
  await fixture.clock.advance(minutes * 60_000);
  await fixture.sessions.join(lounge, 'adam');
  if (act !== 'leave') await fixture.privacy.allow('g', 'adam');
  await pass(fixture, 100);
  await says(fixture);
  expect(fixture.chat.asked[1]?.messages).toHaveLength(length);
});

test('questions that wait are answered when the link is back, also one still being recognised', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: ['five five'], tookMs: 1500, clock });
  const fixture = openSessionFixture({ transcriber }, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  await says(fixture, 2500);
  const typed = fixture.talk.ask('g', 'And?', { id: 'bob', name: 'Bob' }, 'voice');
  fixture.linkOpener.link.lose();
  await pass(fixture, 6000);
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Bob']);
  expect(readBy(await typed)).toEqual({ kind: 'answered', text: 'You said five.' });
});

test('an answer that was heard in part is not begun again, and what was heard of it is known', async () => {
  const fixture = await called({ pipeline: talkative() });
  const asking = fixture.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(fixture, 1000);
  fixture.linkOpener.link.lose();
  await pass(fixture, 3000);
  expect(fixture.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
  const heardText = fixture.of('answered')[0]?.heardText;
  expect(heardText).toMatch(/^la( la){1,20}$/);
  const { history } = fixture.sessions.session('g')?.context ?? expect.fail();
  expect(messagesOf(history.shown())).toEqual([
    { role: 'user', name: 'Adam', content: 'Hello?' },
    { role: 'assistant', content: heardText },
  ]);
  expect(fixture.linkOpener.link.sent).toBe(0);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'reconnecting' } });
});

test('a text that waits is read out when the link is back', async () => {
  const fixture = await called();
  fixture.linkOpener.link.lose();
  await pass(fixture, 40);
  expect(await fixture.talk.say('g', 'Dinner is ready.', 'queue')).toEqual({
    kind: 'queued',
    ahead: 0,
  });
  await pass(fixture, 2000);
  expect(fixture.synthesizer.asked.map(({ text }) => text)).toEqual(['Dinner is ready.']);
});

test('a no and a pause count while the link is away, and the panel shows them', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(...Array(5).fill(gone));
  fixture.linkOpener.link.lose();
  await pass(fixture, 40);
  await fixture.privacy.deny('g', 'adam');
  expect(fixture.faces.at(-1)).toMatchObject({
    state: { kind: 'reconnecting' },
    people: [{ heard: 'no' }],
  });
  await pass(fixture, 20_000);
  await says(fixture);
  expect(fixture.of('recognised')).toEqual([]);
});

test('the channel reads of it only when a first try has failed, too, and when it was given up', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(...Array(10).fill(gone));
  fixture.linkOpener.link.lose();
  await pass(fixture, 480);
  expect(fixture.written).toEqual([]);
  await pass(fixture, 60);
  expect(fixture.written).toEqual(['Reconnecting.']);
  await fixture.clock.advance(300_000);
  expect(fixture.written.slice(1)).toEqual(['Discord keeps refusing. /join to try again.']);
  expect(fixture.of('left')).toMatchObject([{ why: 'refused' }]);
  expect([fixture.sessions.at('g'), state(fixture), fixture.linkOpener.asked]).toEqual([
    undefined,
    'left',
    11,
  ]);
  await fixture.clock.advance(17 * 60_000); // what people said for that session is deleted
  expect(fixture.clock.sleeping).toBe(0);
});

test('a link that breaks again and again counts as one trouble until it has held for a minute', async () => {
  const fixture = await called({ random: () => 0 });
  for (let n = 0; n < 10; n++) {
    fixture.linkOpener.link.lose();
    await pass(fixture, 25_000);
  }
  expect(fixture.of('left')).toEqual([]);
  fixture.linkOpener.link.lose();
  await pass(fixture, 1000);
  expect(fixture.of('left')).toMatchObject([{ why: 'refused' }]);
}, 20_000);

test('tries wait for as long as Discord wants to be left alone', async () => {
  const fixture = await called();
  fixture.linkOpener.mustRestMs = 60_000;
  fixture.linkOpener.link.lose();
  await pass(fixture, 59_900);
  expect(fixture.linkOpener.asked).toBe(1);
  await pass(fixture, 200);
  expect(fixture.linkOpener.asked).toBe(2);
});

test('whoever was sent away stays away and says nothing', async () => {
  const fixture = await called();
  fixture.linkOpener.link.lose(new BotError('link.lost', false, 'A person has kicked the bot.'));
  await fixture.clock.advance(600_000);
  expect([fixture.linkOpener.asked, fixture.written]).toEqual([1, []]);
  expect(fixture.of('left')).toMatchObject([{ why: 'sent-away' }]);
});

test.each(['link.refused', 'link.unsupported'] as const)(
  'what cannot come back (%s) is told to the channel at once',
  async (code) => {
    const fixture = await called();
    fixture.linkOpener.link.lose(new BotError(code, false, 'No.'));
    await fixture.clock.advance(600_000);
    expect(fixture.linkOpener.asked).toBe(1);
    expect(fixture.written).toEqual(['Discord keeps refusing. /join to try again.']);
  },
);

test('being sent away ends the tries', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(gone, new BotError('link.lost', false, 'Kicked.'));
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(600_000);
  expect([fixture.linkOpener.asked, fixture.of('left')[0]?.why]).toEqual([3, 'sent-away']);
});

test('leaving ends the tries at once', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(...Array(4).fill(late));
  fixture.linkOpener.link.lose();
  await pass(fixture, 10_000);
  expect(await fixture.sessions.leave('g')).toMatchObject({ kind: 'left', channel: 'Lounge' });
  await fixture.clock.advance(600_000);
  expect([fixture.linkOpener.asked, fixture.clock.sleeping]).toEqual([5, 0]);
});

test('when the last one leaves meanwhile there is nobody to come back to', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(...Array(6).fill(gone));
  fixture.linkOpener.link.lose();
  await pass(fixture, 16_000);
  fixture.linkOpener.link.present.length = 0;
  await pass(fixture, 300);
  expect(fixture.of('left')).toMatchObject([{ why: 'alone' }]);
  await fixture.clock.advance(600_000);
  expect(fixture.linkOpener.asked).toBe(6);
  expect(fixture.written).toEqual(['Reconnecting.', 'Everyone left, so I did too.']);
});

test('a call into the same channel tries at once and forgets nothing', async () => {
  const fixture = await called();
  await says(fixture);
  fixture.linkOpener.failures.push(...Array(5).fill(gone));
  fixture.linkOpener.link.lose();
  await pass(fixture, 16_000);
  fixture.linkOpener.people.push(eva);
  expect(await fixture.sessions.join(lounge, 'eva')).toMatchObject({ kind: 'joined', company: 2 });
  fixture.linkOpener.link.present.pop(); // what was said before she came rests while she is there
  await says(fixture);
  expect(fixture.chat.asked.at(-1)?.messages).toHaveLength(4);
  await fixture.clock.advance(100_000);
  expect(fixture.linkOpener.links).toHaveLength(2);
});

test('a lost link keeps nobody from calling the bot elsewhere', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(gone);
  fixture.linkOpener.link.lose();
  await pass(fixture, 600);
  const den = { guildId: 'g', channelId: 'den', name: 'Den' };
  expect(await fixture.sessions.join(den, 'adam')).toMatchObject({ kind: 'joined' });
  expect(fixture.sessions.at('g')).toEqual(den);
});

test('a bug while the link comes back ends nothing but that try', async () => {
  const fixture = await called();
  fixture.linkOpener.failures.push(new TypeError('oops'));
  fixture.linkOpener.link.lose();
  await pass(fixture, 3000);
  expect(fixture.of('failed')).toMatchObject([{ code: 'link.lost' }, { code: 'bug' }]);
  await says(fixture);
  expect(fixture.of('answered')).toHaveLength(1);
});

test('whoever listens to a session and breaks does not break it', async () => {
  let heard = 0;
  const onEvent = () => {
    heard++;
    throw new TypeError('oops');
  };
  const fixture = await called({ onEvent });
  await says(fixture);
  await says(fixture);
  expect([fixture.linkOpener.link.sent, fixture.linkOpener.links.length]).toEqual([100, 1]);
  expect(heard).toBeGreaterThan(4);
});

test('no sequence of losses makes more than eleven joins in a minute', async () => {
  const fates = fc.array(fc.oneof(fc.constant('fails'), fc.nat(90_000)), { maxLength: 60 });
  const dice = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(fates, dice, async (all, random) => {
      const fixture = openSessionFixture({ random: () => random.next().value ?? 0 }, [adam]);
      const { clock, linkOpener, sessions } = fixture;
      const joinsAtMs: number[] = [];
      const open = linkOpener.open.bind(linkOpener);
      linkOpener.open = async (...how) => {
        joinsAtMs.push(clock.nowMs());
        const fate = all.shift() ?? 0;
        if (typeof fate === 'string') throw gone;
        const link = await open(...how);
        void clock.sleep(fate, new AbortController().signal).then(() => linkOpener.link.lose());
        return link;
      };
      await sessions.join(lounge, 'adam');
      await clock.advance(900_000);
      const busiest = joinsAtMs.map(
        (fromMs) => joinsAtMs.filter((atMs) => atMs >= fromMs && atMs < fromMs + 60_000).length,
      );
      expect(Math.max(...busiest)).toBeLessThanOrEqual(11);
      await sessions[Symbol.asyncDispose]();
    }),
    { numRuns: 8 },
  );
}, 60_000);
