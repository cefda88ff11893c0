import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { adam, eva, lounge, openHouse, pass, words } from '#test/session/setup/session-fixture.ts';

const question = 'human-goforward';
const story =
  'Here is the story you asked for. It began a long time ago in a small town by the sea.';

/** Adam asks, and is told a long story; from then on `understood` is what is heard. */
async function listening(over: Parameters<typeof openHouse>[0] = {}, thinksMs = 0) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: thinksMs }, story]], clock);
  const synthesizer = new FakeSynthesizer();
  const heard = { understood: 'go forward ten meters' };
  const transcriber = new FakeTranscriber({ texts: (_pcm: Pcm) => heard.understood });
  const pipeline = chained({ chat, synthesizer });
  const parts = { transcriber, pipeline, synthesizer, ...over };
  const house = openHouse(parts, [adam, eva], clock);
  await house.rooms.join(lounge, 'adam');
  await house.rooms.join(lounge, 'eva');
  await pass(house, 4_200, await words(question, adam, 0));
  return { ...house, chat, synthesizer, heard };
}

type Listening = Awaited<ReturnType<typeof listening>>;

/** Somebody says so much of a recording into it, understood as `text`; then `afterMs` pass. */
async function interject(
  house: Listening,
  text: string,
  { ms = 700, who = adam, afterMs = 3_000 } = {},
): Promise<void> {
  house.heard.understood = text;
  const nowMs = house.clock.nowMs();
  const all = await words(question, who, nowMs - 480);
  const some = all.filter(({ atMs }) => atMs >= nowMs && atMs < nowMs + ms);
  const shut = Array.from({ length: 5 }, (_, n) => ({
    speakerId: who.id,
    opus: Buffer.of(0xf8, 0xff, 0xfe),
    sequence: ((some.at(-1)?.sequence ?? 0) + 1 + n) & 0xffff,
    timestamp: ((some.at(-1)?.timestamp ?? 0) + (1 + n) * 960) >>> 0,
    atMs: nowMs + ms + n * 20,
  }));
  await pass(house, ms + afterMs, [...some, ...shut]);
}

test.each(['stop', 'Nova, stop please.', 'para', 'やめて', 'хватит'])(
  'somebody who says "%s" silences it, and is not answered',
  async (text) => {
    const house = await listening();
    expect(house.door.link.sent).toBeGreaterThan(20);
    await interject(house, text);
    const { sent } = house.door.link;
    await pass(house, 2_000);
    expect(house.door.link.sent).toBe(sent);
    expect(house.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
    expect(house.of('ignored')).toMatchObject([{ why: 'interjection' }]);
    expect(house.chat.asked).toHaveLength(1);
  },
);

test('history holds what was heard of an answer that was stopped', async () => {
  const house = await listening();
  await interject(house, 'stop');
  const [answered] = house.of('answered');
  expect(answered?.heardText).not.toBe('');
  expect(story.startsWith(answered?.heardText.replace(/[—.…-]+$/u, '').trim() ?? '?')).toBe(true);
  expect(answered?.heardText.length).toBeLessThan(story.length);
});

test('a stop counts from anybody who is heard, also who was not answered', async () => {
  const house = await listening();
  await interject(house, 'stop', { who: eva });
  expect(house.of('answered')).toMatchObject([{ name: 'Adam', finish: 'cancelled' }]);
});

test('a backchannel does not stop it: all of the answer is heard', async () => {
  const house = await listening();
  await interject(house, 'mhm', { ms: 360, afterMs: 12_000 });
  expect(house.of('answered')).toMatchObject([{ finish: 'completed', heardText: story }]);
  expect(house.of('ignored')).toMatchObject([{ why: 'interjection' }]);
});

test('a longer backchannel pauses it at most, and it goes on where it was cut', async () => {
  const house = await listening();
  await interject(house, 'yeah yeah', { ms: 900, afterMs: 14_000 });
  expect(house.of('answered')).toMatchObject([{ finish: 'completed', heardText: story }]);
});

test('a new question of the person it answers takes the floor and is answered', async () => {
  const house = await listening();
  await interject(house, 'no what about the other one', { ms: 1_200, afterMs: 12_000 });
  expect(house.of('answered').map(({ finish }) => finish)).toEqual(['cancelled', 'completed']);
  const asked = house.chat.asked.at(-1)?.messages ?? [];
  expect(asked.at(-1)).toMatchObject({ content: 'no what about the other one' });
  const heard = asked.find(({ role }) => role === 'assistant');
  expect(heard?.content.length).toBeLessThan(story.length);
});

test('somebody else who talks to others only makes it quieter for a while', async () => {
  const house = await listening({ addressing: 'auto' });
  house.talk.openFloor('g', 'adam');
  house.heard.understood = 'go forward ten meters';
  await pass(house, 4_200, await words(question, adam, house.clock.nowMs()));
  await interject(house, 'did you see that film', { who: eva, ms: 900, afterMs: 14_000 });
  expect(house.of('answered')).toMatchObject([{ name: 'Adam', finish: 'completed' }]);
  expect(house.of('ignored').at(-1)).toMatchObject({ name: 'Eva', why: 'not-named' });
});

test('never mind cancels an answer that is still being thought about', async () => {
  const house = await listening({}, 30_000);
  await interject(house, 'never mind', { afterMs: 2_000 });
  expect(house.chat.running).toBe(0);
  expect(house.of('ignored')).toMatchObject([{ why: 'interjection' }]);
  await pass(house, 35_000);
  expect(house.synthesizer.asked.map(({ text }) => text)).not.toContain(story);
});

test('say that again repeats the answer without asking the model', async () => {
  const house = await listening();
  await pass(house, 12_000);
  expect(house.of('answered')).toHaveLength(1);
  const { sent } = house.door.link;
  await interject(house, 'say that again please', { afterMs: 12_000 });
  expect(house.door.link.sent - sent).toBeGreaterThan(200);
  expect(house.chat.asked).toHaveLength(1);
});

test('whoever waits hears a tick, and "One moment." once', async () => {
  const house = await listening({}, 6_000);
  await pass(house, 5_000);
  const said = house.synthesizer.asked.map(({ text }) => text);
  expect(said.filter((text) => text === 'One moment.')).toHaveLength(1);
  expect(said).toContain('Here is the story you asked for.');
});
