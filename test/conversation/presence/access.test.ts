import { expect, test } from 'vitest';
import { GuildAccess } from '#src/conversation/presence/access-control.ts';
import {
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

const benId = '111111111111111111';
const memberRole = '222222222222222222';
const ben = { id: benId, name: 'Ben', isBot: false, roleIds: [] };
const speech = 'human-cards-004';

/** Ben has called the bot, and sits there with Eva. */
async function called(
  over: Parameters<typeof openSessionFixture>[0] = {},
  clock = new VirtualClock(),
): Promise<SessionFixture> {
  const fixture = openSessionFixture(over, [ben, eva], clock);
  await fixture.sessions.join(lounge, benId);
  await pass(fixture, 20);
  return fixture;
}

const gateOf = ({ sessions }: SessionFixture) => sessions.session('g')?.context.gate;

test('who is blocked in mid-sentence is cut from the next packet, and all of the sentence is dropped', async () => {
  const fixture = await called();
  const said = await words(speech, ben, fixture.clock.nowMs());
  await pass(fixture, 600, said);
  expect(gateOf(fixture)?.mayHear(benId)).toBe(true);
  expect(await fixture.settings.set('g', 'blocked', `<@${benId}>`)).toMatchObject({ kind: 'set' });
  expect(gateOf(fixture)?.mayHear(benId)).toBe(false);
  const nowMs = fixture.clock.nowMs();
  await pass(
    fixture,
    4000,
    said.filter(({ atMs }) => atMs > nowMs),
  );
  expect([fixture.of('recognised'), fixture.chat.asked]).toEqual([[], []]);
});

test('what is being recognised of a blocked person is dropped', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: ['five five'], clock, tookMs: 2000 });
  const fixture = await called({ transcriber }, clock);
  await pass(fixture, 2500, await words(speech, ben, clock.nowMs()));
  expect(transcriber.heard).not.toEqual([]);
  await fixture.settings.set('g', 'blocked', benId);
  await pass(fixture, 4000);
  expect([fixture.of('recognised'), fixture.of('answered'), fixture.chat.asked]).toEqual([
    [],
    [],
    [],
  ]);
  expect(fixture.of('failed')).toEqual([]);
});

test('the answer to a blocked person falls silent', async () => {
  const fixture = await called({ pipeline: talkative() });
  await pass(fixture, 3000, await words(speech, ben, fixture.clock.nowMs()));
  const { sent } = fixture.linkOpener.link;
  expect(sent).toBeGreaterThan(10);
  await fixture.settings.set('g', 'blocked', benId);
  await pass(fixture, 2000);
  expect(fixture.linkOpener.link.sent - sent).toBeLessThanOrEqual(2);
});

test('being blocked wins over any yes, also one said later, and ends with the list', async () => {
  const fixture = await called();
  await fixture.settings.set('g', 'blocked', benId);
  await fixture.privacy.allow('g', benId);
  await fixture.sessions.join(lounge, benId);
  expect([gateOf(fixture)?.mayHear(benId), gateOf(fixture)?.standing(benId)]).toEqual([
    false,
    'no',
  ]);
  expect(await fixture.privacy.status('g', benId)).toMatchObject({
    hearing: false,
    isBlocked: true,
  });
  await fixture.settings.set('g', 'blocked', 'none');
  expect(gateOf(fixture)?.mayHear(benId)).toBe(true);
});

test('forgetting keeps the bare id of a blocked person and says so, and the export names it', async () => {
  const fixture = await called();
  await fixture.settings.set('g', 'blocked', benId);
  expect(await fixture.privacy.forget('g', benId)).toMatchObject({ staysBlocked: true });
  const after = await fixture.settingsStore.read('g');
  expect(after.get('blocked')).toBe(benId);
  const exported = await fixture.privacy.export('g', benId);
  expect('json' in exported && JSON.parse(exported.json)).toMatchObject({ isBlocked: true });
  const others = await fixture.privacy.forget('g', 'eva');
  expect(others).not.toHaveProperty('staysBlocked');
});

test('where roles are set only their members are heard, as soon as the role is given', async () => {
  const fixture = await called();
  await fixture.settings.set('g', 'roles', `<@&${memberRole}>`);
  expect(gateOf(fixture)?.mayHear(benId)).toBe(false);
  fixture.linkOpener.link.roles.set(benId, [memberRole]);
  await pass(fixture, 6000);
  expect(gateOf(fixture)?.mayHear(benId)).toBe(true);
});

test('commands of people whom the server does not let use the bot are turned away with a reason', async () => {
  const fixture = openSessionFixture();
  const access = new GuildAccess(fixture.sessions.settings);
  const denied = async (callerId: string, callerRoleIds: readonly string[] = []) =>
    (await access.denied({ guildId: 'g', callerId, callerRoleIds, mayManage: false }))?.id;
  expect(await denied(benId)).toBeUndefined();
  await fixture.settings.set('g', 'roles', memberRole);
  await fixture.settings.set('g', 'blocked', benId);
  expect(await denied(benId, [memberRole])).toBe('access.blocked');
  expect(await denied('eva')).toBe('access.role');
  expect(await denied('eva', [memberRole])).toBeUndefined();
});
