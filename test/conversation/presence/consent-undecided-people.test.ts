import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import {
  adam,
  den,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

/** Discord's ids of people are numbers. */
const cyId = '123456789012345678';
const cy: ChannelMember = { id: cyId, name: 'Cy', isBot: false, roleIds: [] };
const ben: ChannelMember = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };
const radio: ChannelMember = { id: 'radio', name: 'Radio', isBot: true, roleIds: [] };
const notice = [{ personId: 'eva', text: "I don't hear you yet. Press Hear me to talk to me." }];

/** Adam has called the bot; what he says is never sent, so whatever is opened is somebody else's. */
async function called(...how: Parameters<typeof openSessionFixture>): Promise<SessionFixture> {
  const fixture = openSessionFixture(...how);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 20);
  return fixture;
}

/** Seconds of packets from now on; `again`: their sequence numbers begin anew, as in a replay. */
async function talk(
  fixture: SessionFixture,
  { id }: Pick<ChannelMember, 'id'>,
  seconds: number,
  everyMs = 20,
  again = false,
): Promise<void> {
  const fromMs = fixture.clock.nowMs();
  const packets = Array.from({ length: (seconds * 1_000) / everyMs }, (_, n): Packet => {
    const sequence = again ? n % 100 : ((fromMs + n * everyMs) / 20) & 0xffff;
    const opus = new Uint8Array([0xf8, 1, 2, 3]);
    return { speakerId: id, sequence, timestamp: n * 960, opus, atMs: fromMs + n * everyMs };
  });
  await pass(fixture, seconds * 1_000 + 200, packets);
}

const opened = ({ of }: SessionFixture): number => of('recognised').length + of('stream').length;
/** Names on the panel of people who have not answered, and how many others there are. */
function unanswered({ faces }: SessionFixture): readonly (string | undefined)[] {
  const people = faces.at(-1)?.people.filter(({ heard }) => heard === 'unasked') ?? [];
  return people.map(({ name }) => name);
}

test('who talks for 5 s unheard reads one line, with the buttons, once a session; nothing is opened or said', async () => {
  const fixture = await called();
  await pass(fixture, 4_000);
  const said = fixture.synthesizer.asked.length;
  await talk(fixture, eva, 4);
  expect(fixture.notified).toEqual([]);
  await talk(fixture, eva, 2);
  expect(fixture.notified).toEqual([notice]);
  expect(fixture.writtenIn).toEqual(['Lounge']);
  expect(fixture.offered).toEqual(['consent.always', 'consent.never']);
  await talk(fixture, eva, 20);
  expect(fixture.notified).toHaveLength(1);
  expect(fixture.synthesizer.asked).toHaveLength(said);
  expect(opened(fixture)).toBe(0);
});

test('it stays one line over a lost link, and in another channel', async () => {
  const fixture = await called();
  await talk(fixture, eva, 6);
  fixture.linkOpener.link.lose();
  await pass(fixture, 4_000);
  await talk(fixture, eva, 12);
  fixture.sessions.news('g', { kind: 'moved', channelId: den.channelId });
  await pass(fixture, 4_000);
  await talk(fixture, eva, 12);
  expect(fixture.notified).toEqual([notice]);
});

const changes: readonly (readonly [string, (fixture: SessionFixture) => unknown])[] = [
  ['said no in this session', ({ privacy }) => privacy.deny('g', 'eva')],
  ['is left out of captions', ({ captions }) => captions.leaveOut('g', 'eva', true)],
  ['has left', ({ linkOpener }) => linkOpener.link.present.splice(1, 1)],
  ['sits in a paused channel', ({ hearing }) => hearing.pause('g')],
];

test.each(changes)('who %s reads nothing, and is not named', async (how, change) => {
  const fixture = await called();
  await change(fixture);
  await pass(fixture, 200);
  await talk(fixture, eva, 20);
  expect(fixture.notified).toEqual([]);
  const names = fixture.faces.at(-1)?.people.map(({ name }) => name);
  if (how !== 'sits in a paused channel') expect(names).not.toContain('Eva');
  expect(opened(fixture)).toBe(0);
});

test('who is blocked in the server reads nothing, and is not named or counted', async () => {
  const fixture = await called({}, [adam, cy]);
  await fixture.settings.set('g', 'blocked', `<@${cyId}>`);
  await pass(fixture, 200);
  await talk(fixture, cy, 20);
  expect(fixture.notified).toEqual([]);
  expect(fixture.faces.at(-1)?.people).toEqual([{ name: 'Adam', heard: 'yes' }]);
});

test('a stored no counts, and while no store has told it nobody is told or named', async () => {
  const fixture = openSessionFixture();
  await fixture.consents.write('g', 'eva', { kind: 'never' });
  await fixture.sessions.join(lounge, 'adam');
  await talk(fixture, eva, 20);
  expect(fixture.notified).toEqual([]);
  expect(JSON.stringify(fixture.faces)).not.toContain('Eva');
  const unread = openSessionFixture();
  unread.consents.trouble = 'unreadable';
  await unread.sessions.join(lounge, 'adam');
  await talk(unread, eva, 20);
  expect(unread.notified).toEqual([]);
  expect(JSON.stringify(unread.faces)).not.toContain('Eva');
});

test('another bot, a replay, and who talks now and then read nothing', async () => {
  const fixture = await called({}, [adam, eva, radio]);
  await talk(fixture, radio, 20);
  await talk(fixture, eva, 20, 10, true);
  await talk(fixture, eva, 20, 60);
  expect(fixture.notified).toEqual([]);
  expect(JSON.stringify(fixture.faces)).not.toContain('Radio');
});

test('who answers before the 5 s are over reads nothing, and a yes is heard from then on', async () => {
  const fixture = await called();
  await talk(fixture, eva, 4);
  await fixture.privacy.allow('g', 'eva');
  await fixture.privacy.deny('g', 'eva');
  await fixture.privacy.forget('g', 'eva');
  await talk(fixture, eva, 4);
  expect(fixture.notified).toEqual([]);
});

test('who has read the line is not mentioned as a newcomer, too', async () => {
  const fixture = await called({}, [adam]);
  await pass(fixture, 100);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 3_500);
  expect(fixture.invited).toEqual(['ben']);
  fixture.linkOpener.link.present.push(eva);
  await talk(fixture, eva, 8);
  expect(fixture.notified).toEqual([notice]);
  await pass(fixture, 120_000);
  expect(fixture.invited).toEqual(['ben']);
});

test('a chat that is shut is told to the operator, without a name', async () => {
  const failure = new BotError('discord.forbidden', false, 'Nothing could be written in Lounge.');
  const fixture = openSessionFixture();
  fixture.dependencies.messages.notify = async () => Promise.reject(failure);
  await fixture.sessions.join(lounge, 'adam');
  await talk(fixture, eva, 20);
  const failed = fixture.of('failed').map(({ code }) => code);
  expect(failed).toEqual(['discord.forbidden']);
  expect(JSON.stringify(fixture.events)).not.toMatch(/eva/iu);
});

test('the panel names who has not answered, until they answer or leave, and once a session', async () => {
  const fixture = await called({}, [adam, eva, ben, radio]);
  expect(unanswered(fixture)).toEqual(['Eva', 'Ben']);
  const { present } = fixture.linkOpener.link;
  present.splice(1, 1);
  await pass(fixture, 200);
  expect(unanswered(fixture)).toEqual(['Ben']);
  present.push(eva);
  await pass(fixture, 200);
  expect(unanswered(fixture)).toEqual(['Ben', undefined]);
  await fixture.privacy.deny('g', 'ben');
  await pass(fixture, 200);
  expect(JSON.stringify(fixture.faces.at(-1))).not.toContain('Ben');
});

test('each may take their name out, which lasts over a lost link', async () => {
  const fixture = await called({}, [adam, eva, ben]);
  fixture.privacy.hideName('g', 'eva');
  await pass(fixture, 200);
  expect(unanswered(fixture)).toEqual([undefined, 'Ben']);
  fixture.linkOpener.link.lose();
  await pass(fixture, 4_000);
  expect(unanswered(fixture)).toEqual([undefined, 'Ben']);
});
