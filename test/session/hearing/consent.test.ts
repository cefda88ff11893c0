import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { StoredConsent } from '#src/people/consent-book.ts';
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
const byRole = { policy: 'role', roleId: 'rules' } as const;

/** Adam has called the bot, and of Eva the book knows `standing`. */
async function called(house: House, standing?: StoredConsent): Promise<House> {
  if (standing) await house.book.write('g', 'eva', standing);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 20);
  return house;
}

/** Who was recognised when Adam and Eva both said something. */
async function heardOf(house: House): Promise<readonly string[]> {
  const from = house.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(house, 6000, both.flat());
  return house
    .of('recognised')
    .map(({ name }) => name)
    .sort();
}

/** Recognises for two seconds, so that there is a middle of it. */
function slowly(clock: VirtualClock) {
  return new FakeTranscriber({ texts: ['five five'], tookMs: 2000, clock });
}

test.each([
  ['nothing', undefined, ['Adam']],
  ['always', { kind: 'always' }, ['Adam', 'Eva']],
  ['never', { kind: 'never' }, ['Adam']],
] as const)(
  'who said %s in an earlier session is heard accordingly',
  async (_said, standing, heard) => {
    expect(await heardOf(await called(openHouse(), standing))).toEqual(heard);
  },
);

test('a no of an earlier session counts where everybody is told, too', async () => {
  const house = openHouse({ consent: { policy: 'notice' } });
  expect(await heardOf(await called(house, { kind: 'never' }))).toEqual(['Adam']);
});

test('under the policy role those who have the role are heard without being asked', async () => {
  const house = openHouse({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  expect(await heardOf(await called(house))).toEqual(['Adam', 'Eva']);
});

test('a role that Discord tells of as taken away counts within a second', async () => {
  const house = openHouse({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(house);
  house.door.link.present[1] = eva;
  await pass(house, 1000);
  expect(await heardOf(house)).toEqual(['Adam']);
});

test('a role that is taken in mid-sentence is noticed without being told: nothing of the sentence is kept', async () => {
  const house = openHouse({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(house);
  await pass(house, 3000);
  const said = await words('human-goforward', eva, house.clock.nowMs());
  await pass(house, 400, said);
  house.door.link.roles.set('eva', []);
  await pass(
    house,
    8000,
    said.filter(({ atMs }) => atMs > house.clock.nowMs()),
  );
  expect(house.of('recognised')).toEqual([]);
  expect(await heardOf(house)).toEqual(['Adam']);
});

test('a role that is given during a call is noticed within two seconds a person', async () => {
  const house = await called(openHouse({ consent: byRole }));
  await pass(house, 3000);
  house.door.link.roles.set('eva', ['rules']);
  await pass(house, 4100);
  expect(await heardOf(house)).toEqual(['Adam', 'Eva']);
});

test('those who sit there are asked for in turn, first those nobody has asked for; where nobody is, nobody', async () => {
  const house = await called(openHouse({ consent: byRole }));
  await pass(house, 6500);
  const { link } = house.door;
  expect(link.refreshed).toEqual(['adam', 'eva', 'adam', 'eva', 'adam']);
  link.present.splice(0, 2);
  await pass(house, 6000);
  expect(link.refreshed).toHaveLength(5);
  link.present.push(eva);
  await pass(house, 4500);
  expect(link.refreshed.slice(5)).toEqual(['eva', 'eva']);
});

test('roles that cannot be read stay as they were, and the operator is told once', async () => {
  const house = openHouse({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(house);
  house.door.link.refreshTrouble = new BotError('discord.unreachable', true, 'No answer.');
  await pass(house, 9000);
  expect(await heardOf(house)).toEqual(['Adam', 'Eva']);
  expect(house.of('failed')).toMatchObject([{ stage: 'link', code: 'discord.unreachable' }]);
  expect(house.of('left')).toEqual([]);
});

test('where hearing does not depend on roles nobody is asked for', async () => {
  const house = await called(openHouse({ consent: { policy: 'notice' } }));
  await pass(house, 6000);
  expect(house.door.link.refreshed).toEqual([]);
});

test('while the book cannot be read nobody is heard but who called the bot', async () => {
  const house = openHouse({ consent: { policy: 'notice' } });
  await house.book.write('g', 'eva', { kind: 'always' });
  house.book.trouble = 'unreadable';
  expect(await house.rooms.join(lounge, 'adam')).toMatchObject({ kind: 'joined', unread: true });
  expect(await heardOf(house)).toEqual(['Adam']);
  expect(house.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unreadable' }]);
});

test('a book that never answers holds a call up for five seconds only', async () => {
  const house = openHouse();
  house.book.read = () => new Promise(() => undefined);
  const joining = house.rooms.join(lounge, 'adam');
  await house.clock.advance(5000);
  expect(await joining).toMatchObject({ kind: 'joined', unread: true });
});

test('a second call reads the book again if it could not be read', async () => {
  const house = openHouse();
  house.book.trouble = 'unreadable';
  await called(house);
  house.book.trouble = undefined;
  expect(await house.rooms.join(lounge, 'adam')).toEqual({ kind: 'already', company: 2 });
});

test('a yes works from the next packet on, and is remembered', async () => {
  const house = await called(openHouse());
  expect(await house.privacy.allow('g', 'eva', 'always')).toEqual({ saved: true });
  expect(await heardOf(house)).toEqual(['Adam', 'Eva']);
  expect(await house.book.read('g')).toEqual(new Map([['eva', { kind: 'always' }]]));
});

test('a yes for today ends at midnight', async () => {
  const noon = new Date(2026, 10, 20, 23, 59, 50).getTime();
  const house = await called(openHouse({}, [adam, eva], new VirtualClock(noon)));
  await house.privacy.allow('g', 'eva', 'today');
  expect(await house.privacy.status('g', 'eva')).toMatchObject({ hearing: true });
  await pass(house, 12_000);
  expect(await house.privacy.status('g', 'eva')).toMatchObject({ hearing: false });
  expect(await heardOf(house)).toEqual(['Adam']);
});

test('a yes that could not be kept holds for the session, and the operator is told', async () => {
  const house = await called(openHouse());
  house.book.trouble = 'unwritable';
  expect(await house.privacy.allow('g', 'eva', 'always')).toEqual({ saved: false });
  expect(await heardOf(house)).toEqual(['Adam', 'Eva']);
  expect(house.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unwritable' }]);
});

test('a no in the middle of a sentence drops all of it', async () => {
  const house = await called(openHouse());
  const said = await words(speech, adam, house.clock.nowMs());
  await pass(house, 600, said);
  expect(await house.privacy.deny('g', 'adam')).toEqual({ saved: true });
  await pass(
    house,
    4000,
    said.filter(({ atMs }) => atMs > house.clock.nowMs()),
  );
  expect(house.of('recognised')).toEqual([]);
  expect(await house.book.read('g')).toEqual(new Map([['adam', { kind: 'never' }]]));
});

test('a no takes back what is being recognised', async () => {
  const clock = new VirtualClock();
  const transcriber = slowly(clock);
  const house = await called(openHouse({ transcriber }, [adam, eva], clock));
  await pass(house, 2500, await words(speech, adam, clock.nowMs()));
  expect(transcriber.heard).not.toEqual([]);
  await house.privacy.deny('g', 'adam');
  await pass(house, 4000);
  expect([house.of('recognised'), house.of('answered'), house.chat.asked]).toEqual([[], [], []]);
  expect(house.of('failed')).toEqual([]);
  expect(house.of('left')).toEqual([]);
});

test('a no cuts the answer to it, and nothing of either is kept', async () => {
  const house = await called(openHouse({ pipeline: talkative() }));
  await pass(house, 3000, await words(speech, adam, house.clock.nowMs()));
  const { sent } = house.door.link;
  expect(sent).toBeGreaterThan(10);
  await house.privacy.deny('g', 'adam');
  await pass(house, 2000);
  expect(house.door.link.sent - sent).toBeLessThanOrEqual(2);
  expect(house.of('answered')).toEqual([]);
});

test('a no drops the questions that wait, and leaves those of others', async () => {
  const house = await called(openHouse({ pipeline: talkative(8) }), { kind: 'always' });
  void house.talk.ask('g', 'Talk.', { id: 'bob', name: 'Bob' }, 'voice');
  const from = house.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(house, 5000, both.flat());
  await house.privacy.deny('g', 'adam');
  await pass(house, 5000);
  expect(house.of('answered').map(({ name }) => name)).toEqual(['Bob']);
  await pass(house, 9000);
  expect(house.of('answered').map(({ name }) => name)).toEqual(['Bob', 'Eva']);
});

test('what somebody said before their no is not quoted to the model any more', async () => {
  const house = await called(openHouse());
  await pass(house, 4000, await words(speech, adam, house.clock.nowMs()));
  await house.privacy.deny('g', 'adam');
  await house.talk.ask('g', 'What did Adam say?', { id: 'eva', name: 'Eva' }, 'text');
  expect(house.chat.asked.at(-1)?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Eva', content: 'What did Adam say?' },
  ]);
});

test('forgetting somebody deletes what is kept, and they are as somebody new', async () => {
  const house = await called(openHouse(), { kind: 'always' });
  expect(await house.privacy.status('g', 'eva')).toEqual({
    ...{ kind: 'read', hearing: true, items: 1 },
  });
  expect(await house.privacy.forget('g', 'eva')).toMatchObject({ kind: 'forgotten', total: 1 });
  expect(await house.privacy.status('g', 'eva')).toEqual({
    ...{ kind: 'read', hearing: false, items: 0 },
  });
  expect(await heardOf(house)).toEqual(['Adam']);
});

test('where silence is a yes, forgetting makes no yes out of a no, and says so', async () => {
  const house = await called(openHouse({ consent: { policy: 'notice' } }));
  await house.privacy.deny('g', 'eva');
  const forgotten = { kind: 'forgotten', total: 1, staysDenied: true };
  expect(await house.privacy.forget('g', 'eva')).toMatchObject(forgotten);
  expect(await heardOf(house)).toEqual(['Adam']);
  expect(await house.privacy.forget('g', 'adam')).not.toHaveProperty('staysDenied');
});

test('somebody whose forgetting failed is not heard all the same', async () => {
  const house = await called(openHouse());
  house.book.trouble = 'unwritable';
  expect(await house.privacy.forget('g', 'adam')).toEqual({ kind: 'failed' });
  expect(await heardOf(house)).toEqual([]);
});

test('in a pause nobody is heard, and afterwards those who agreed', async () => {
  const house = await called(openHouse());
  expect(house.hearing.pause('g')).toBe('paused');
  expect(await heardOf(house)).toEqual([]);
  expect(house.hearing.resume('g')).toBe('resumed');
  expect(await heardOf(house)).toEqual(['Adam']);
});

test('what was half said when the pause began is not finished after it', async () => {
  const house = await called(openHouse());
  const said = await words(speech, adam, house.clock.nowMs());
  await pass(house, 600, said);
  house.hearing.pause('g');
  await pass(house, 3000);
  house.hearing.resume('g');
  await pass(house, 1000);
  expect(house.of('recognised')).toEqual([]);
});

test('where it sits nowhere there is nothing to pause, and a yes or no is for later', async () => {
  const house = openHouse();
  expect([house.hearing.pause('g'), house.hearing.resume('g')]).toEqual(['nowhere', 'nowhere']);
  await house.privacy.allow('g', 'eva', 'always');
  expect(await house.privacy.status('g', 'eva')).toMatchObject({ kind: 'read', hearing: true });
  await house.privacy.deny('g', 'eva');
  expect(await house.privacy.status('g', 'eva')).toMatchObject({ kind: 'read', hearing: false });
});

test('a status that cannot be read says so', async () => {
  const house = await called(openHouse());
  house.book.trouble = 'unreadable';
  expect(await house.privacy.status('g', 'adam')).toEqual({ kind: 'unread', hearing: true });
  expect(await house.privacy.status('h', 'adam')).toEqual({ kind: 'unread', hearing: false });
});
