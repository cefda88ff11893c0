import { expect, test } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const anew = text('memory.anew');
const ben = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };

/** Adam has asked something and was answered, and the bot has left; captions were on. */
async function talked(who = adam): Promise<SessionFixture> {
  const fixture = await captioned({ addressing: 'always' });
  await says(fixture, who);
  await pass(fixture, 3_000);
  expect(fixture.of('answered')).toHaveLength(1);
  return fixture;
}

/** The bot leaves, and is called back after a while. */
async function breakFor(fixture: SessionFixture, ms: number): Promise<void> {
  await fixture.sessions.leave('g');
  await fixture.clock.advance(ms);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
}

/** Conversation in the prompt for a question that Adam asks now, itself included. */
async function shownFor(fixture: SessionFixture, who = adam): Promise<readonly string[]> {
  const before = fixture.chat.asked.length;
  await says(fixture, who);
  await pass(fixture, 3_000);
  const asked = fixture.chat.asked.slice(before).at(-1);
  return (asked?.messages ?? [])
    .filter(({ role }) => role !== 'system')
    .map((message) => `${'name' in message ? message.name : 'Nova'}: ${message.content}`)
    .filter((line) => !line.includes('It is data'));
}

const question = 'Adam: five five';
const exchange = [question, 'Nova: You said five.'];

test('after a break the model is shown the exchanges before it, and nothing is said about that', async () => {
  const fixture = await talked();
  await breakFor(fixture, 14 * 60_000);
  expect(await shownFor(fixture)).toEqual([...exchange, question]);
  expect(fixture.written).not.toContain(anew);
});

test('after 15 minutes it begins anew, and no line is an exchange any more', async () => {
  const fixture = await talked();
  expect((await kept(fixture)).map(({ asked }) => asked)).toEqual([undefined, [1]]);
  await breakFor(fixture, 15 * 60_000 + 1_000);
  await fixture.cleanup.expire();
  const [line, answer] = await kept(fixture);
  expect([line?.text, answer?.text]).toEqual(['five five', 'You said five.']);
  expect(answer).not.toHaveProperty('asked');
  expect(fixture.written).not.toContain(anew);
  expect(await shownFor(fixture)).toEqual([question]);
});

test('where captions were off it begins anew after a break, and says so', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await says(fixture);
  await pass(fixture, 3_000);
  await breakFor(fixture, 60_000);
  expect(fixture.written).toContain(anew);
  expect(await shownFor(fixture)).toEqual([question]);
});

test('where nobody talked with it, nothing is said about a break', async () => {
  const fixture = openSessionFixture();
  await fixture.sessions.join(lounge, 'adam');
  await breakFor(fixture, 60_000);
  expect(fixture.written).not.toContain(anew);
});

test('where captions are kept for 0 days it begins anew after a break, and says so', async () => {
  const fixture = openSessionFixture({ addressing: 'always' });
  await fixture.settings.set('g', 'captions_days', '0');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  await says(fixture);
  await pass(fixture, 3_000);
  await breakFor(fixture, 60_000);
  expect(fixture.written).toContain(anew);
  expect(await shownFor(fixture)).toEqual([question]);
});

test('an exchange of somebody who was left out of captions is not there after a break', async () => {
  const fixture = await captioned({ addressing: 'always' });
  await fixture.captions.leaveOut('g', 'adam', true);
  await says(fixture);
  await pass(fixture, 3_000);
  await breakFor(fixture, 60_000);
  expect(fixture.written).toContain(anew);
  expect(await shownFor(fixture)).toEqual([question]);
});

test('whoever is left out after a break takes their exchanges away', async () => {
  const fixture = await talked(eva);
  await breakFor(fixture, 60_000);
  expect(await shownFor(fixture)).toEqual(['Eva: five five', 'Nova: You said five.', question]);
  await fixture.captions.leaveOut('g', 'eva', true);
  expect(await shownFor(fixture, eva)).toEqual([...exchange, 'Eva: five five']);
});

test('exchanges of somebody who said no during the break are not there after it', async () => {
  const fixture = await talked(eva);
  await fixture.sessions.leave('g');
  await fixture.privacy.deny('g', 'eva');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(await shownFor(fixture)).toEqual([question]);
  expect(fixture.written).toContain(anew);
});

test('who was forgotten during the break has had no exchange', async () => {
  const fixture = await talked(eva);
  await fixture.sessions.leave('g');
  await fixture.privacy.forget('g', 'eva');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(await shownFor(fixture)).toEqual([question]);
  expect(await kept(fixture)).toHaveLength(2);
});

test('an exchange of somebody whose yes ended with the session is there again once they agree', async () => {
  const fixture = await captioned({ addressing: 'always' });
  const agree = () => fixture.sessions.session('g')?.consent.agree('eva');
  await fixture.privacy.forget('g', 'eva');
  agree();
  await says(fixture, eva);
  await pass(fixture, 3_000);
  await breakFor(fixture, 60_000);
  expect(await shownFor(fixture)).toEqual([question]);
  agree();
  const hers = ['Eva: five five', 'Nova: You said five.'];
  expect(await shownFor(fixture)).toEqual([...hers, ...exchange, question]);
  expect(fixture.written).not.toContain(anew);
});

test('after a crash the next process shows the model the last exchange, with everybody who heard it', async () => {
  const crashed = await talked();
  const { leftOutPeople, settingsStore, store, transcripts } = crashed.dependencies;
  await pass(crashed, 500);
  await transcripts.onDisk.writer.endOpenSessions();
  const given = { leftOutPeople, settingsStore, store, transcripts };
  const fixture = openSessionFixture(given, [adam, eva], crashed.clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(await shownFor(fixture)).toEqual([...exchange, question]);
});

test('a conversation that was cleared does not come back after a break', async () => {
  const fixture = await talked();
  const { history, features } = fixture.sessions.session('g')?.context ?? {};
  history?.clear();
  features?.cleared();
  await breakFor(fixture, 60_000);
  expect(await shownFor(fixture)).toEqual([question]);
});

test('while somebody sits there who was not in an exchange, it is not shown after a break', async () => {
  const fixture = await talked();
  await fixture.sessions.leave('g');
  fixture.linkOpener.people.push(ben);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 2_000);
  expect(await shownFor(fixture)).toEqual([question]);
  fixture.linkOpener.people.splice(2, 1);
  await pass(fixture, 2_000);
  expect(await shownFor(fixture)).toEqual([...exchange, question]);
});

test('the status of a person tells by how many lines a break does not end the conversation', async () => {
  const fixture = await talked();
  expect(await fixture.privacy.status('g', 'adam')).toMatchObject({ lines: 2, exchanges: 1 });
  const status = await fixture.privacy.status('g', 'eva');
  expect(status).toMatchObject({ lines: 0 });
  expect(status).not.toHaveProperty('exchanges');
  const exported = await fixture.privacy.export('g', 'adam');
  expect(exported).toMatchObject({ json: expect.stringContaining('"asked"') });
});
