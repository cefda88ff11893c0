import { expect, test } from 'vitest';
import { ask as askCommand } from '#commands/ask.ts';
import type { CommandCall } from '#src/conversation/command.ts';
import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import { ports } from '#test/commands/ports.ts';
import { atAllTimes } from '#test/conversation/setup/audience-rules.ts';
import { turnOn } from '#test/conversation/setup/captioned.ts';
import {
  asked,
  ben,
  type Narration,
  openNarration,
  overheard,
  reported,
  talked,
} from '#test/conversation/setup/narration.ts';
import { adam, eva, lounge, pass } from '#test/conversation/setup/session-fixture.ts';
import { sqliteIn } from '#test/conversation/setup/stores-on-disk.ts';

atAllTimes(sqliteIn);

test('what was said rests while somebody new is there, which is told once, and is back when they are gone', async () => {
  const setup = await talked(await openNarration());
  const { fixture } = setup;
  const rests = 'Ben came: until they leave, I don’t use what was said to me before.';
  const { present } = fixture.linkOpener.link;
  present.push(ben);
  await pass(fixture, 40_000);
  expect((await asked(setup, adam, 'And before?')).read).not.toContain(reported);
  expect((await asked(setup, adam, 'The axolotl again.')).read).not.toContain(reported);
  expect((await asked(setup, adam, 'What is it?')).read).toContain(reported);
  const plain = (text: string) => text.replaceAll("'", '’');
  expect(fixture.written.filter((one) => plain(one) === rests)).toHaveLength(1);
  present.splice(present.indexOf(ben), 1);
  await pass(fixture, 1_000);
  expect((await asked(setup, adam, 'What was it?')).spoken).toContain(reported);
});

const none = 'There is nothing I can say again.';

/** Whether something sounds when the last answer is to be said again, and what was made for it last. */
async function again({ fixture, synthesizer }: Narration) {
  const { queue } = fixture.sessions.session('g')?.context ?? {};
  queue?.repeat({ kind: 'repeat', handle: new TurnHandle() });
  const { sent } = fixture.linkOpener.link;
  await pass(fixture, 4_000);
  return [fixture.linkOpener.link.sent > sent, synthesizer.asked.at(-1)?.text];
}

test.each(['adam', 'eva'])(
  'the last answer is not said again once %s, whom it answers or quotes, is forgotten',
  async (id) => {
    const setup = await talked(await openNarration());
    expect((await again(setup))[1]).not.toBe(none);
    await setup.fixture.privacy.forget('g', id);
    expect(await again(setup)).toEqual([true, none]);
  },
);

test('an answer that is cut off by the no of its asker is not said again', async () => {
  const setup = await talked(await openNarration());
  const { chat, fixture } = setup;
  chat.pace = { waitMs: 0, times: 20 };
  void fixture.talk.ask('g', 'What did you tell us?', adam, 'voice');
  await pass(fixture, 3_000);
  await fixture.privacy.deny('g', 'adam');
  expect(await again(setup)).toEqual([true, none]);
});

test('the last answer is not said again to who was not there', async () => {
  const setup = await talked(await openNarration());
  const { fixture } = setup;
  const [, before] = await again(setup);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 2_000);
  expect(before).not.toBe(none);
  expect(await again(setup)).toEqual([true, none]);
});

test('lines that were to be said are not said once somebody came who may not know them, and their asker reads them', async () => {
  const setup = await openNarration();
  const { fixture, say, synthesizer } = setup;
  await turnOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  await fixture.talk.say('g', 'A text that takes a while. '.repeat(15), 'queue');
  await pass(fixture, 1_000);
  const before = synthesizer.asked.length;
  const request = { question: 'What is decided?', about: 'all', isAloud: true } as const;
  const found = fixture.transcriptFor.ask('g', adam, request);
  await pass(fixture, 500);
  expect(JSON.stringify(await found)).toContain(overheard);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 90_000);
  expect(JSON.stringify(synthesizer.asked.slice(before))).not.toContain(overheard);
});

test('a quote is shown to its asker alone, and is in no chat, also while the voice is out', async () => {
  for (const isOut of [false, true]) {
    const { fixture, say, voice } = await openNarration();
    await turnOn(fixture);
    await say(eva, `the ${overheard} is decided`);
    voice.isOut = isOut;
    const call: CommandCall = {
      guildId: 'g',
      callerId: 'adam',
      callerName: 'Adam',
      callerLocale: 'en',
      callerRoleIds: [],
      mayManage: false,
      placeId: 'lounge',
      callerChannel: lounge,
      words: { question: 'What was decided?' },
    };
    const { features } = fixture.sessions;
    const served = { ...ports({ at: () => lounge }), port: features.port.bind(features) };
    const running = askCommand.run(call, served);
    await pass(fixture, 8_000);
    const [reply] = await running;
    expect([reply.to, JSON.stringify(reply).includes(overheard)]).toEqual(['caller', true]);
    expect(fixture.written.filter((one) => one.includes(overheard))).toEqual([]);
  }
});
