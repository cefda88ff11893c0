import { expect, test } from 'vitest';
import { turnOn } from '#test/conversation/setup/captioned.ts';
import {
  asked,
  ben,
  openNarration,
  overheard,
  reported,
  talked,
} from '#test/conversation/setup/narration.ts';
import { adam, eva, pass } from '#test/conversation/setup/session-fixture.ts';

test('an answer that has not sounded when somebody new comes is begun anew with what they may know', async () => {
  const setup = await talked(await openNarration());
  const { chat, fixture } = setup;
  chat.pace = { waitMs: 1_500, times: 1 };
  const asking = asked(setup, adam, 'What did you tell us?');
  await fixture.clock.advance(0);
  const coming = fixture.clock.sleep(500, new AbortController().signal).then(() => {
    fixture.linkOpener.link.present.push(ben);
  });
  const [{ read, spoken }] = await Promise.all([asking, coming]);
  expect([read, spoken].map((text) => text.includes(reported))).toEqual([false, false]);
  expect(spoken).toContain('I know nothing');
  expect(fixture.of('answered').at(-1)).toMatchObject({ finish: 'completed' });
});

test('an answer that sounds when somebody new comes ends with its clause, and no chat has the rest', async () => {
  const { chat, fixture } = await talked(await openNarration());
  chat.pace = { waitMs: 0, times: 20 };
  const { link } = fixture.linkOpener;
  const [sent, written] = [link.sent, fixture.written.length];
  const asking = fixture.talk.ask('g', 'What did you tell us?', adam, 'voice');
  while (link.sent === sent) await pass(fixture, 20);
  await pass(fixture, 2_000);
  link.present.push(ben);
  await pass(fixture, 4_000);
  await asking;
  const answer = fixture.of('answered').at(-1);
  expect(answer).toMatchObject({ finish: 'cancelled' });
  expect(answer?.heardText.split('. ').length).toBeLessThan(8);
  expect(fixture.written.slice(written).filter((one) => one.includes(reported))).toEqual([]);
});

test('lines that are being said end with their clause once somebody comes who may not know them', async () => {
  const { fixture, say } = await openNarration();
  await turnOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  const { sent } = fixture.linkOpener.link;
  const request = { question: 'What is decided?', about: 'all', isAloud: true } as const;
  const found = fixture.transcriptFor.ask('g', adam, request);
  while (fixture.linkOpener.link.sent === sent) await pass(fixture, 20);
  await found;
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 40_000);
  const [clause, all] = [125, 250]; // frames
  expect(fixture.linkOpener.link.sent - sent).toBeLessThan((clause + all) / 2);
});
