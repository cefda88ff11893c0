import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
  talkative,
  words,
} from '#test/session/setup/session-fixture.ts';

const speech = 'human-cards-004';
const gone = new BotError('link.lost', true, 'Gone.');
const late = new BotError('link.timeout', true, 'Late.');

/** Adam has called the bot, and only he sits there. */
async function called(over: Parameters<typeof openHouse>[0] = {}): Promise<House> {
  const house = openHouse(over, [adam]);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 100);
  return house;
}

async function says(house: House, ms = 4000): Promise<void> {
  await pass(house, ms, await words(speech, adam, house.clock.nowMs()));
}

const state = ({ faces }: House) => faces.at(-1)?.state.kind;

test('a lost link comes back within a second, and the same people are heard and answered', async () => {
  const house = await called();
  house.door.link.lose();
  await pass(house, 40);
  expect([state(house), house.rooms.at('g')]).toEqual(['reconnecting', lounge]);
  await pass(house, 1000);
  expect([state(house), house.door.links.length]).toEqual(['listening', 2]);
  await says(house);
  expect(house.of('answered')).toMatchObject([{ name: 'Adam', finish: 'completed' }]);
  expect([house.written, house.of('left')]).toEqual([[], []]);
});

test('what was said before a loss is known after it', async () => {
  const house = await called();
  await says(house);
  house.door.link.lose();
  await pass(house, 1000);
  await says(house);
  expect(house.chat.asked[1]?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: 'five five' },
    { role: 'assistant', content: 'You said five.' },
    { role: 'user', name: 'Adam', content: 'five five' },
  ]);
});

test('questions that wait are answered when the link is back, also one still being recognised', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: ['five five'], tookMs: 1500, clock });
  const house = openHouse({ transcriber }, [adam], clock);
  await house.rooms.join(lounge, 'adam');
  await says(house, 2500);
  const typed = house.talk.ask('g', 'And?', { id: 'bob', name: 'Bob' }, 'voice');
  house.door.link.lose();
  await pass(house, 6000);
  expect(house.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Bob']);
  expect(await typed).toEqual({ kind: 'answered', text: 'You said five.' });
});

test('an answer that was heard in part is not begun again, and what was heard of it is known', async () => {
  const house = await called({ pipeline: talkative() });
  const asking = house.talk.ask('g', 'Hello?', { id: 'adam', name: 'Adam' }, 'voice');
  await pass(house, 1000);
  house.door.link.lose();
  await pass(house, 3000);
  expect(house.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
  const heardText = house.of('answered')[0]?.heardText;
  expect(heardText).toMatch(/^la( la){1,20}$/);
  expect(house.rooms.session('g')?.context.memory.messages()).toEqual([
    { role: 'user', name: 'Adam', content: 'Hello?' },
    { role: 'assistant', content: heardText },
  ]);
  expect(house.door.link.sent).toBe(0);
  expect(await asking).toEqual({ kind: 'failed', line: { id: 'reconnecting' } });
});

test('a text that waits is read out when the link is back', async () => {
  const house = await called();
  house.door.link.lose();
  await pass(house, 40);
  expect(await house.talk.say('g', 'Dinner is ready.', 'queue')).toEqual({
    kind: 'queued',
    ahead: 0,
  });
  await pass(house, 2000);
  expect(house.synthesizer.asked.map(({ text }) => text)).toEqual(['Dinner is ready.']);
});

test('a no and a pause count while the link is away, and the panel shows them', async () => {
  const house = await called();
  house.door.failures.push(...Array(5).fill(gone));
  house.door.link.lose();
  await pass(house, 40);
  await house.privacy.deny('g', 'adam');
  expect(house.faces.at(-1)).toMatchObject({
    state: { kind: 'reconnecting' },
    people: [{ name: 'Adam', heard: 'no' }],
  });
  await pass(house, 20_000);
  await says(house);
  expect(house.of('recognised')).toEqual([]);
});

test('the room reads of it only when a first try has failed, too, and when it was given up', async () => {
  const house = await called();
  house.door.failures.push(...Array(10).fill(gone));
  house.door.link.lose();
  await pass(house, 480);
  expect(house.written).toEqual([]);
  await pass(house, 60);
  expect(house.written).toEqual(['Reconnecting.']);
  await house.clock.advance(300_000);
  expect(house.written.slice(1)).toEqual(['Discord keeps refusing. /join to try again.']);
  expect(house.of('left')).toMatchObject([{ why: 'refused' }]);
  expect([house.rooms.at('g'), state(house), house.door.asked]).toEqual([undefined, 'left', 11]);
  expect(house.clock.sleeping).toBe(0);
});

test('a link that breaks again and again counts as one trouble until it has held for a minute', async () => {
  const house = await called({ random: () => 0 });
  for (let n = 0; n < 10; n++) {
    house.door.link.lose();
    await pass(house, 25_000);
  }
  expect(house.of('left')).toEqual([]);
  house.door.link.lose();
  await pass(house, 1000);
  expect(house.of('left')).toMatchObject([{ why: 'refused' }]);
}, 20_000);

test('tries wait for as long as Discord wants to be left alone', async () => {
  const house = await called();
  house.door.mustRestMs = 60_000;
  house.door.link.lose();
  await pass(house, 59_900);
  expect(house.door.asked).toBe(1);
  await pass(house, 200);
  expect(house.door.asked).toBe(2);
});

test('whoever was sent away stays away and says nothing', async () => {
  const house = await called();
  house.door.link.lose(new BotError('link.lost', false, 'Somebody has kicked the bot.'));
  await house.clock.advance(600_000);
  expect([house.door.asked, house.written]).toEqual([1, []]);
  expect(house.of('left')).toMatchObject([{ why: 'sent-away' }]);
});

test.each(['link.refused', 'link.unsupported'] as const)(
  'what cannot come back (%s) is told to the room at once',
  async (code) => {
    const house = await called();
    house.door.link.lose(new BotError(code, false, 'No.'));
    await house.clock.advance(600_000);
    expect(house.door.asked).toBe(1);
    expect(house.written).toEqual(['Discord keeps refusing. /join to try again.']);
  },
);

test('being sent away ends the tries', async () => {
  const house = await called();
  house.door.failures.push(gone, new BotError('link.lost', false, 'Kicked.'));
  house.door.link.lose();
  await house.clock.advance(600_000);
  expect([house.door.asked, house.of('left')[0]?.why]).toEqual([3, 'sent-away']);
});

test('leaving ends the tries at once', async () => {
  const house = await called();
  house.door.failures.push(...Array(4).fill(late));
  house.door.link.lose();
  await pass(house, 10_000);
  expect(await house.rooms.leave('g')).toMatchObject({ kind: 'left', channel: 'Lounge' });
  await house.clock.advance(600_000);
  expect([house.door.asked, house.clock.sleeping]).toEqual([5, 0]);
});

test('when the last one leaves meanwhile there is nobody to come back to', async () => {
  const house = await called();
  house.door.failures.push(...Array(6).fill(gone));
  house.door.link.lose();
  await pass(house, 16_000);
  house.door.link.present.length = 0;
  await pass(house, 300);
  expect(house.of('left')).toMatchObject([{ why: 'alone' }]);
  await house.clock.advance(600_000);
  expect(house.door.asked).toBe(6);
  expect(house.written).toEqual(['Reconnecting.', 'Everyone left, so I did too.']);
});

test('a call into the same channel tries at once and forgets nothing', async () => {
  const house = await called();
  await says(house);
  house.door.failures.push(...Array(5).fill(gone));
  house.door.link.lose();
  await pass(house, 16_000);
  house.door.people.push(eva);
  expect(await house.rooms.join(lounge, 'eva')).toMatchObject({ kind: 'joined', company: 2 });
  await says(house);
  expect(house.chat.asked.at(-1)?.messages).toHaveLength(4);
  await house.clock.advance(100_000);
  expect(house.door.links).toHaveLength(2);
});

test('a lost link keeps nobody from calling the bot elsewhere', async () => {
  const house = await called();
  house.door.failures.push(gone);
  house.door.link.lose();
  await pass(house, 600);
  const den = { guildId: 'g', channelId: 'den', name: 'Den' };
  expect(await house.rooms.join(den, 'adam')).toMatchObject({ kind: 'joined' });
  expect(house.rooms.at('g')).toEqual(den);
});

test('a bug while the link comes back ends nothing but that try', async () => {
  const house = await called();
  house.door.failures.push(new TypeError('oops'));
  house.door.link.lose();
  await pass(house, 3000);
  expect(house.of('failed')).toMatchObject([{ code: 'link.lost' }, { code: 'bug' }]);
  await says(house);
  expect(house.of('answered')).toHaveLength(1);
});

test('whoever listens to a session and breaks does not break it', async () => {
  let heard = 0;
  const onEvent = () => {
    heard++;
    throw new TypeError('oops');
  };
  const house = await called({ onEvent });
  await says(house);
  await says(house);
  expect([house.door.link.sent, house.door.links.length]).toEqual([100, 1]);
  expect(heard).toBeGreaterThan(4);
});

test('no sequence of losses makes more than eleven joins in a minute', async () => {
  const fates = fc.array(fc.oneof(fc.constant('fails'), fc.nat(90_000)), { maxLength: 60 });
  const dice = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(fates, dice, async (all, random) => {
      const house = openHouse({ random: () => random.next().value ?? 0 }, [adam]);
      const { clock, door, rooms: sessions } = house;
      const joinsAtMs: number[] = [];
      const open = door.open.bind(door);
      door.open = async (...how) => {
        joinsAtMs.push(clock.nowMs());
        const fate = all.shift() ?? 0;
        if (typeof fate === 'string') throw gone;
        const link = await open(...how);
        void clock.sleep(fate, new AbortController().signal).then(() => door.link.lose());
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
