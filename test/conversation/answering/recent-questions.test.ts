import { expect, test } from 'vitest';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { ConsentPolicySettings } from '#src/conversation/session-dependencies.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const canary = 'quagga';
const question = `what is a ${canary}`;
const lecture = 'A lime is a fruit that is green. '.repeat(40);
const ben = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };

type JoinedOptions = {
  readonly rounds?: readonly (readonly ChatStep[])[];
  readonly people?: readonly ChannelMember[];
  readonly consent?: ConsentPolicySettings;
};

/** Adam called the bot in, whose panel is in the chat of the channel; `say` has one of them say what is heard as these words. */
async function joined({
  rounds = [['An animal.']],
  people = [adam, eva],
  consent = { policy: 'ask' },
}: JoinedOptions = {}) {
  let heard = '';
  const clock = new VirtualClock();
  const chat = new FakeChat(rounds, clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const transcriber = new FakeTranscriber({ texts: () => heard });
  const pipeline = chained({ chat, synthesizer });
  const parts = { chat, synthesizer, transcriber, pipeline, consent };
  const fixture = openSessionFixture(parts, people, clock);
  fixture.panelAt.place = { channelId: lounge.channelId, messageId: 'panel' };
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva');
  await pass(fixture, 3_000);
  const say = async (who: ChannelMember, text: string, ms = 4_500) => {
    heard = text;
    await pass(fixture, ms, await words('human-goforward', who, clock.nowMs()));
  };
  const shown = () => fixture.faces.at(-1)?.understood ?? [];
  const everShown = () => JSON.stringify(fixture.faces).includes(canary);
  return { ...fixture, chat, say, shown, everShown };
}

const adams = [{ name: 'Adam', words: question }];

test('the panel shows for a minute whom it answered and what it understood', async () => {
  const fixture = await joined();
  await fixture.say(adam, question);
  expect(fixture.shown()).toEqual(adams);
  await pass(fixture, 50_000);
  expect(fixture.shown()).toEqual(adams);
  await pass(fixture, 10_000);
  expect(fixture.shown()).toEqual([]);
});

test('it shows the latest question of each person', async () => {
  const fixture = await joined();
  await fixture.say(adam, 'who was that');
  await fixture.say(eva, 'and where');
  await fixture.say(adam, question);
  expect(fixture.shown()).toEqual([...adams, { name: 'Eva', words: 'and where' }]);
});

test('a person who comes changes nothing', async () => {
  const fixture = await joined();
  await fixture.say(adam, question);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 200);
  expect(fixture.shown()).toEqual(adams);
});

test.each([
  ['in another chat', { channelId: 'general', messageId: 'panel' }],
  ['nowhere', undefined],
])('a panel that is %s shows none', async (_, place) => {
  const fixture = await joined();
  if (place) fixture.panelAt.place = place;
  else delete fixture.panelAt.place;
  await fixture.say(adam, question);
  expect(fixture.of('answered')).toHaveLength(1);
  expect(fixture.everShown()).toBe(false);
});

test('nothing is shown of who is left out of captions, and it is gone once they are', async () => {
  const fixture = await joined();
  await fixture.say(adam, question);
  await fixture.captions.leaveOut('g', 'adam', true);
  await pass(fixture, 200);
  expect(fixture.shown()).toEqual([]);
  const before = fixture.faces.length;
  await fixture.say(adam, question);
  expect(JSON.stringify(fixture.faces.slice(before))).not.toContain(canary);
});

test.each(['forget', 'deny'] as const)('/privacy %s takes it off the panel', async (how) => {
  const fixture = await joined();
  await fixture.say(eva, question);
  expect(fixture.shown()).toHaveLength(1);
  const doing = fixture.privacy[how]('g', 'eva');
  await pass(fixture, 1_000);
  await doing;
  expect(fixture.shown()).toEqual([]);
});

test.each([
  ['notice', {}],
  ['role', { roleIds: ['crew'] }],
] as const)(
  'nothing is shown of who is heard unasked, by %s, until they say yes',
  async (policy, more) => {
    const consent = policy === 'role' ? ({ policy, roleId: 'crew' } as const) : { policy };
    const cleo = { ...ben, id: 'cleo', name: 'Cleo', ...more };
    const fixture = await joined({ people: [adam, cleo], consent });
    await fixture.say(cleo, question);
    expect(fixture.of('answered')).toHaveLength(1);
    expect(fixture.everShown()).toBe(false);
    await fixture.privacy.allow('g', 'cleo');
    await fixture.say(cleo, question);
    expect(fixture.shown()).toEqual([{ name: 'Cleo', words: question }]);
  },
);

test('it is gone while hearing is paused, while captions are on, and at the end', async () => {
  const fixture = await joined();
  await fixture.say(adam, question);
  fixture.hearing.pause('g');
  await pass(fixture, 200);
  expect(fixture.shown()).toEqual([]);
  fixture.hearing.resume('g');
  await pass(fixture, 200);
  expect(fixture.shown()).toEqual(adams);
  void fixture.captions.turnOn('g', {});
  await pass(fixture, 6_000);
  expect(fixture.shown()).toEqual([]);
  await fixture.sessions.leave('g');
  expect(fixture.faces.at(-1)).not.toHaveProperty('understood');
});

test('it is gone once the process is to end', async () => {
  const fixture = await joined({ rounds: [[lecture]] });
  await fixture.say(adam, question);
  expect(fixture.shown()).toEqual(adams);
  const draining = fixture.sessions.drain(5_000);
  await pass(fixture, 200);
  expect(fixture.shown()).toEqual([]);
  await pass(fixture, 6_000);
  await draining;
});

test('a typed question is not shown', async () => {
  const fixture = await joined();
  const asking = fixture.talk.ask('g', question, adam, 'voice');
  await pass(fixture, 3_000);
  await asking;
  expect(fixture.everShown()).toBe(false);
});

test('no event holds what is shown but those that did before', async () => {
  const fixture = await joined();
  await fixture.say(adam, question);
  const kinds = fixture.events
    .filter((one) => JSON.stringify(one).includes(canary))
    .map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['recognised']));
});
