import { expect, test } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const question = 'human-goforward';
const story =
  'Here is the story you asked for. It began a long time ago in a small town by the sea.';

/** Adam asks, and is told a long story; from then on `understood` is what is heard. */
async function listening(over: Parameters<typeof openSessionFixture>[0] = {}, thinksMs = 0) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: thinksMs }, story]], clock);
  const synthesizer = new FakeSynthesizer();
  const heard = { understood: 'go forward ten meters' };
  const transcriber = new FakeTranscriber({ texts: (_pcm: Pcm) => heard.understood });
  const pipeline = chained({ chat, synthesizer });
  const parts = { transcriber, pipeline, synthesizer, ...over };
  const fixture = openSessionFixture(parts, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.sessions.join(lounge, 'eva');
  await pass(fixture, 4_200, await words(question, adam, 0));
  return { ...fixture, chat, synthesizer, heard };
}

type Listening = Awaited<ReturnType<typeof listening>>;

/** Somebody says so much of a recording into it, understood as `text`; then `afterMs` pass. */
async function interject(
  fixture: Listening,
  text: string,
  { ms = 700, who = adam, afterMs = 3_000 } = {},
): Promise<void> {
  fixture.heard.understood = text;
  const nowMs = fixture.clock.nowMs();
  const all = await words(question, who, nowMs - 480);
  const some = all.filter(({ atMs }) => atMs >= nowMs && atMs < nowMs + ms);
  const shut = Array.from({ length: 5 }, (_, n) => ({
    speakerId: who.id,
    opus: Buffer.of(0xf8, 0xff, 0xfe),
    sequence: ((some.at(-1)?.sequence ?? 0) + 1 + n) & 0xffff,
    timestamp: ((some.at(-1)?.timestamp ?? 0) + (1 + n) * 960) >>> 0,
    atMs: nowMs + ms + n * 20,
  }));
  await pass(fixture, ms + afterMs, [...some, ...shut]);
}

test.each(['stop', 'Nova, stop please.', 'para', 'やめて', 'хватит', 'basta', '그만', 'توقف'])(
  'somebody who says "%s" silences it, and is not answered',
  async (text) => {
    const fixture = await listening();
    expect(fixture.linkOpener.link.sent).toBeGreaterThan(20);
    await interject(fixture, text);
    const { sent } = fixture.linkOpener.link;
    await pass(fixture, 2_000);
    expect(fixture.linkOpener.link.sent).toBe(sent);
    expect(fixture.of('answered')).toMatchObject([{ finish: 'cancelled' }]);
    expect(fixture.of('ignored')).toMatchObject([{ why: 'interjection' }]);
    expect(fixture.chat.asked).toHaveLength(1);
  },
);

test('history holds what was heard of an answer that was stopped', async () => {
  const fixture = await listening();
  await interject(fixture, 'stop');
  const [answered] = fixture.of('answered');
  expect(answered?.heardText).not.toBe('');
  expect(story.startsWith(answered?.heardText.replace(/[—.…-]+$/u, '').trim() ?? '?')).toBe(true);
  expect(answered?.heardText.length).toBeLessThan(story.length);
});

test('a stop counts from anybody who is heard, also who was not answered', async () => {
  const fixture = await listening();
  await interject(fixture, 'stop', { who: eva });
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam', finish: 'cancelled' }]);
});

test('a backchannel does not stop it: all of the answer is heard', async () => {
  const fixture = await listening();
  await interject(fixture, 'mhm', { ms: 360, afterMs: 12_000 });
  expect(fixture.of('answered')).toMatchObject([{ finish: 'completed', heardText: story }]);
  expect(fixture.of('ignored')).toMatchObject([{ why: 'interjection' }]);
});

test('a longer backchannel pauses it at most, and it goes on where it was cut', async () => {
  const fixture = await listening();
  await interject(fixture, 'yeah yeah', { ms: 900, afterMs: 14_000 });
  expect(fixture.of('answered')).toMatchObject([{ finish: 'completed', heardText: story }]);
});

test('a new question of the person it answers gets the turn and is answered', async () => {
  const fixture = await listening();
  await interject(fixture, 'no what about the other one', { ms: 1_200, afterMs: 12_000 });
  expect(fixture.of('answered').map(({ finish }) => finish)).toEqual(['cancelled', 'completed']);
  const asked = fixture.chat.asked.at(-1)?.messages ?? [];
  expect(asked.at(-1)).toMatchObject({ content: 'no what about the other one' });
  const heard = asked.find(({ role }) => role === 'assistant');
  expect(heard?.content.length).toBeLessThan(story.length);
});

test('somebody else who talks to others only makes it quieter for a while', async () => {
  const fixture = await listening({ addressing: 'auto' });
  fixture.talk.openAskWindow('g', 'adam');
  fixture.heard.understood = 'go forward ten meters';
  await pass(fixture, 4_200, await words(question, adam, fixture.clock.nowMs()));
  await interject(fixture, 'did you see that film', { who: eva, ms: 900, afterMs: 14_000 });
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam', finish: 'completed' }]);
  expect(fixture.of('ignored').at(-1)).toMatchObject({ name: 'Eva', why: 'not-named' });
});

test('never mind cancels an answer that is still being thought about', async () => {
  const fixture = await listening({}, 30_000);
  await interject(fixture, 'never mind', { afterMs: 2_000 });
  expect(fixture.chat.running).toBe(0);
  expect(fixture.of('ignored')).toMatchObject([{ why: 'interjection' }]);
  await pass(fixture, 35_000);
  expect(fixture.synthesizer.asked.map(({ text }) => text)).not.toContain(story);
});

test('whoever waits hears a tick, and "One moment." once', async () => {
  const fixture = await listening({}, 6_000);
  await pass(fixture, 5_000);
  const said = fixture.synthesizer.asked.map(({ text }) => text);
  expect(said.filter((text) => text === 'One moment.')).toHaveLength(1);
  expect(said).toContain('Here is the story you asked for.');
});
