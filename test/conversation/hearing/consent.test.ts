import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { StoredConsent } from '#src/people/consent-store.ts';
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

const speech = 'human-cards-004';
const byRole = { policy: 'role', roleId: 'rules' } as const;

/** Adam has called the bot, and of Eva the book knows `standing`. */
async function called(fixture: SessionFixture, standing?: StoredConsent): Promise<SessionFixture> {
  if (standing) await fixture.consents.write('g', 'eva', standing);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 20);
  return fixture;
}

/** Who was recognised when Adam and Eva both said something. */
async function heardOf(fixture: SessionFixture): Promise<readonly string[]> {
  const from = fixture.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(fixture, 6000, both.flat());
  return fixture
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
    expect(await heardOf(await called(openSessionFixture(), standing))).toEqual(heard);
  },
);

test('a no of an earlier session counts where everybody is told, too', async () => {
  const fixture = openSessionFixture({ consent: { policy: 'notice' } });
  expect(await heardOf(await called(fixture, { kind: 'never' }))).toEqual(['Adam']);
});

test('under the policy role those who have the role are heard without being asked', async () => {
  const fixture = openSessionFixture({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  expect(await heardOf(await called(fixture))).toEqual(['Adam', 'Eva']);
});

test('a role that Discord tells of as taken away counts within a second', async () => {
  const fixture = openSessionFixture({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(fixture);
  fixture.linkOpener.link.present[1] = eva;
  await pass(fixture, 1000);
  expect(await heardOf(fixture)).toEqual(['Adam']);
});

test('a role that is taken in mid-sentence is noticed without being told: nothing of the sentence is kept', async () => {
  const fixture = openSessionFixture({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(fixture);
  await pass(fixture, 3000);
  const said = await words('human-goforward', eva, fixture.clock.nowMs());
  await pass(fixture, 400, said);
  fixture.linkOpener.link.roles.set('eva', []);
  await pass(
    fixture,
    8000,
    said.filter(({ atMs }) => atMs > fixture.clock.nowMs()),
  );
  expect(fixture.of('recognised')).toEqual([]);
  expect(await heardOf(fixture)).toEqual(['Adam']);
});

test('a role that is given during a call is noticed within two seconds a person', async () => {
  const fixture = await called(openSessionFixture({ consent: byRole }));
  await pass(fixture, 3000);
  fixture.linkOpener.link.roles.set('eva', ['rules']);
  await pass(fixture, 4100);
  expect(await heardOf(fixture)).toEqual(['Adam', 'Eva']);
});

test('those who sit there are asked for in turn, first those nobody has asked for; where nobody is, nobody', async () => {
  const fixture = await called(openSessionFixture({ consent: byRole }));
  await pass(fixture, 6500);
  const { link } = fixture.linkOpener;
  expect(link.refreshed).toEqual(['adam', 'eva', 'adam', 'eva', 'adam']);
  link.present.splice(0, 2);
  await pass(fixture, 6000);
  expect(link.refreshed).toHaveLength(5);
  link.present.push(eva);
  await pass(fixture, 4500);
  expect(link.refreshed.slice(5)).toEqual(['eva', 'eva']);
});

test('roles that cannot be read stay as they were, and the operator is told once', async () => {
  const fixture = openSessionFixture({ consent: byRole }, [adam, { ...eva, roleIds: ['rules'] }]);
  await called(fixture);
  fixture.linkOpener.link.refreshTrouble = new BotError('discord.unreachable', true, 'No answer.');
  await pass(fixture, 9000);
  expect(await heardOf(fixture)).toEqual(['Adam', 'Eva']);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'link', code: 'discord.unreachable' }]);
  expect(fixture.of('left')).toEqual([]);
});

test('where hearing does not depend on roles nobody is asked for', async () => {
  const fixture = await called(openSessionFixture({ consent: { policy: 'notice' } }));
  await pass(fixture, 6000);
  expect(fixture.linkOpener.link.refreshed).toEqual([]);
});

test('while the store cannot be read nobody is heard, not even who called the bot, until they press Hear me', async () => {
  const fixture = openSessionFixture({ consent: { policy: 'notice' } });
  await fixture.consents.write('g', 'eva', { kind: 'always' });
  fixture.consents.trouble = 'unreadable';
  expect(await fixture.sessions.join(lounge, 'adam')).toMatchObject({
    kind: 'joined',
    isUnheard: true,
    unread: true,
  });
  expect(await heardOf(fixture)).toEqual([]);
  await fixture.privacy.allow('g', 'adam');
  expect(await heardOf(fixture)).toEqual(['Adam']);
  expect(fixture.of('failed')[0]).toMatchObject({ stage: 'store', code: 'store.unreadable' });
});

test('a store that never answers holds a call up for five seconds only', async () => {
  const fixture = openSessionFixture();
  fixture.consents.read = () => new Promise(() => undefined);
  const joining = fixture.sessions.join(lounge, 'adam');
  await fixture.clock.advance(5000);
  expect(await joining).toMatchObject({ kind: 'joined', unread: true });
});

test('a second call reads the store again if it could not be read', async () => {
  const fixture = openSessionFixture();
  fixture.consents.trouble = 'unreadable';
  await called(fixture);
  fixture.consents.trouble = undefined;
  expect(await fixture.sessions.join(lounge, 'adam')).toEqual({
    kind: 'already',
    company: 2,
    isAsking: true,
  });
});

test('a yes works from the next packet on, and is remembered', async () => {
  const fixture = await called(openSessionFixture());
  expect(await fixture.privacy.allow('g', 'eva')).toEqual({ saved: true });
  expect(await heardOf(fixture)).toEqual(['Adam', 'Eva']);
  expect(await fixture.consents.read('g')).toEqual(new Map([['eva', { kind: 'always' }]]));
});

test('a yes that could not be kept holds for the session, and the operator is told', async () => {
  const fixture = await called(openSessionFixture());
  fixture.consents.trouble = 'unwritable';
  expect(await fixture.privacy.allow('g', 'eva')).toEqual({ saved: false });
  expect(await heardOf(fixture)).toEqual(['Adam', 'Eva']);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'store', code: 'store.unwritable' }]);
});

test('a no in the middle of a sentence drops all of it', async () => {
  const fixture = await called(openSessionFixture());
  const said = await words(speech, adam, fixture.clock.nowMs());
  await pass(fixture, 600, said);
  expect(await fixture.privacy.deny('g', 'adam')).toEqual({ saved: true });
  await pass(
    fixture,
    4000,
    said.filter(({ atMs }) => atMs > fixture.clock.nowMs()),
  );
  expect(fixture.of('recognised')).toEqual([]);
  expect(await fixture.consents.read('g')).toEqual(new Map([['adam', { kind: 'never' }]]));
});

test('a no takes back what is being recognised', async () => {
  const clock = new VirtualClock();
  const transcriber = slowly(clock);
  const fixture = await called(openSessionFixture({ transcriber }, [adam, eva], clock));
  await pass(fixture, 2500, await words(speech, adam, clock.nowMs()));
  expect(transcriber.heard).not.toEqual([]);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 4000);
  expect([fixture.of('recognised'), fixture.of('answered'), fixture.chat.asked]).toEqual([
    [],
    [],
    [],
  ]);
  expect(fixture.of('failed')).toEqual([]);
  expect(fixture.of('left')).toEqual([]);
});

test('a no cuts the answer to it, and nothing of either is kept', async () => {
  const fixture = await called(openSessionFixture({ pipeline: talkative() }));
  await pass(fixture, 3000, await words(speech, adam, fixture.clock.nowMs()));
  const { sent } = fixture.linkOpener.link;
  expect(sent).toBeGreaterThan(10);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 2000);
  expect(fixture.linkOpener.link.sent - sent).toBeLessThanOrEqual(2);
  expect(fixture.of('answered')).toEqual([]);
});

test('a no drops the questions that wait, and leaves those of others', async () => {
  const fixture = await called(openSessionFixture({ pipeline: talkative(8) }), { kind: 'always' });
  void fixture.talk.ask('g', 'Talk.', { id: 'bob', name: 'Bob' }, 'voice');
  const from = fixture.clock.nowMs();
  const both = [await words(speech, adam, from), await words('human-goforward', eva, from)];
  await pass(fixture, 5000, both.flat());
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 5000);
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['Bob']);
  await pass(fixture, 9000);
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['Bob', 'Eva']);
});

test('what somebody said before their no is not quoted to the model any more', async () => {
  const fixture = await called(openSessionFixture());
  await pass(fixture, 4000, await words(speech, adam, fixture.clock.nowMs()));
  await fixture.privacy.deny('g', 'adam');
  await fixture.talk.ask('g', 'What did Adam say?', { id: 'eva', name: 'Eva' }, 'text');
  expect(fixture.chat.asked.at(-1)?.messages.slice(1)).toEqual([
    { role: 'user', name: 'Eva', content: 'What did Adam say?' },
  ]);
});

test('forgetting somebody deletes what is kept but that they were forgotten, which is a no', async () => {
  const fixture = await called(openSessionFixture({ consent: { policy: 'notice' } }));
  await fixture.consents.write('g', 'eva', { kind: 'always' });
  await fixture.consents.leftOutPeople.leaveOut('g', 'eva', true);
  expect(await fixture.privacy.forget('g', 'eva')).toMatchObject({ kind: 'forgotten', total: 1 });
  expect(await fixture.privacy.status('g', 'eva')).toEqual({
    kind: 'read',
    hearing: false,
    settings: 1,
    lines: 0,
    memories: 0,
  });
  expect((await fixture.consents.read('g')).get('eva')).toEqual({ kind: 'forgotten' });
  expect(await heardOf(fixture)).toEqual(['Adam']);
});

test('somebody whose forgetting failed is not heard all the same', async () => {
  const fixture = await called(openSessionFixture());
  fixture.consents.trouble = 'unwritable';
  expect(await fixture.privacy.forget('g', 'adam')).toEqual({ kind: 'failed' });
  expect(await heardOf(fixture)).toEqual([]);
});

test('in a pause nobody is heard, and afterwards those who agreed', async () => {
  const fixture = await called(openSessionFixture());
  expect(fixture.hearing.pause('g')).toBe('paused');
  expect(await heardOf(fixture)).toEqual([]);
  expect(fixture.hearing.resume('g')).toBe('resumed');
  expect(await heardOf(fixture)).toEqual(['Adam']);
});

test('what was half said when the pause began is not finished after it', async () => {
  const fixture = await called(openSessionFixture());
  const said = await words(speech, adam, fixture.clock.nowMs());
  await pass(fixture, 600, said);
  fixture.hearing.pause('g');
  await pass(fixture, 3000);
  fixture.hearing.resume('g');
  await pass(fixture, 1000);
  expect(fixture.of('recognised')).toEqual([]);
});

test('where it sits nowhere there is nothing to pause, and a yes or no is for later', async () => {
  const fixture = openSessionFixture();
  expect([fixture.hearing.pause('g'), fixture.hearing.resume('g')]).toEqual(['nowhere', 'nowhere']);
  await fixture.privacy.allow('g', 'eva');
  expect(await fixture.privacy.status('g', 'eva')).toMatchObject({ kind: 'read', hearing: true });
  await fixture.privacy.deny('g', 'eva');
  expect(await fixture.privacy.status('g', 'eva')).toMatchObject({ kind: 'read', hearing: false });
});

test('a status that cannot be read says so', async () => {
  const fixture = await called(openSessionFixture());
  fixture.consents.trouble = 'unreadable';
  expect(await fixture.privacy.status('g', 'adam')).toEqual({ kind: 'unread', hearing: true });
  expect(await fixture.privacy.status('h', 'adam')).toEqual({ kind: 'unread', hearing: false });
});
