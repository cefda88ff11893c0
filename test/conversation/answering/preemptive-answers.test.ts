import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { durationMs } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const goForward = 'human-goforward';

const said = 'go forward ten meters';
const goesOn = 'and stop the music';

/** A room in which `text` is understood; the model takes its time. */
async function called(
  text: string | ((pcm: Pcm) => string) = said,
  over: Parameters<typeof openSessionFixture>[0] = {},
  thinksMs = 0,
) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: thinksMs }, 'You said five.']], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const transcriber = new FakeTranscriber({ texts: typeof text === 'string' ? [text] : text });
  const pipeline = chained({ chat, synthesizer });
  const fixture = openSessionFixture(
    { transcriber, pipeline, synthesizer, ...over },
    [adam, eva],
    clock,
  );
  await fixture.sessions.join(lounge, 'adam');
  return { ...fixture, chat };
}

/** Understands the rest only where it has heard it. */
const inParts = (pcm: Pcm) => (durationMs(pcm) > 2_900 ? `${said} ${goesOn}` : said);

/** Two recordings of one person, `gapMs` of silence between the words of the first and of the second. */
async function twoParts(fixture: SessionFixture, gapMs: number): Promise<Packet[]> {
  const fromMs = fixture.clock.nowMs();
  const [endMs, startMs] = [2_200, 430];
  const first = await words(goForward, adam, fromMs);
  const second = await words(
    'synth-flite-kal16-stop-the-music',
    adam,
    fromMs + endMs + gapMs - startMs,
  );
  return [
    ...first.filter(({ atMs }) => atMs < fromMs + endMs),
    ...second.filter(({ atMs }) => atMs >= fromMs + endMs + gapMs),
  ];
}

test('the answer is prepared while the end is still being waited for', async () => {
  const fixture = await called();
  await pass(fixture, 4_000, await words('human-goforward', adam, 0));
  const { endedAtMs, recognisedAtMs, firstTokenAtMs, firstSpeechAtMs, firstSentAtMs } = fixture.of(
    'answered',
  )[0]?.instants ?? { endedAtMs: 0 };
  for (const atMs of [recognisedAtMs, firstTokenAtMs, firstSpeechAtMs]) {
    expect(atMs).toBeLessThan(endedAtMs - 100);
  }
  expect(firstSentAtMs).toBeGreaterThanOrEqual(endedAtMs);
});

/** One token each 10 ms after `firstMs`; the voice takes 60 ms. The instants of the answer. */
async function answeredIn(firstMs: number) {
  const clock = new VirtualClock();
  const tokens = ['As', ' far', ' as', ' I', ' know', ',', ' it', ' is', ' five', '.'];
  const steps = tokens.flatMap((token) => [{ waitMs: 10 }, token]);
  const chat = new FakeChat([[{ waitMs: firstMs }, ...steps]], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10, firstMs: 60, clock });
  const transcriber = new FakeTranscriber({ texts: [said], tookMs: 120, clock });
  const pipeline = chained({ chat, synthesizer });
  const fixture = openSessionFixture({ transcriber, pipeline, synthesizer }, [adam, eva], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 6_000, await words(goForward, adam, 0));
  const { instants } = fixture.of('answered')[0] ?? {};
  if (!instants) throw new Error('Nothing was answered.');
  const { recognisedAtMs = 0, endedAtMs, firstSpeechAtMs = 0, firstSentAtMs = 0 } = instants;
  return {
    endedAtMs,
    spokenMs: firstSpeechAtMs - recognisedAtMs,
    sentMs: firstSentAtMs - endedAtMs,
  };
}

test('a first clause is spoken 60 ms after its comma, whether its answer was begun before the end of the turn or not', async () => {
  const untilCommaMs = 60;
  const ahead = await answeredIn(10);
  expect(ahead.spokenMs).toBe(10 + untilCommaMs + 60);
  expect(ahead.sentMs).toBeLessThanOrEqual(20);
  const later = await answeredIn(600);
  expect(later.spokenMs).toBe(600 + untilCommaMs + 60);
  expect(later.endedAtMs).toBe(ahead.endedAtMs);
});

test('whoever goes on after a pause is answered once, to all of it', async () => {
  const fixture = await called(inParts, {}, 500);
  const packets = await twoParts(fixture, 160);
  await pass(fixture, 9_000, packets);
  expect(fixture.of('answered')).toHaveLength(1);
  const last = fixture.chat.asked.at(-1)?.messages.slice(1);
  expect(last).toEqual([{ role: 'user', name: 'Adam', content: `${said} ${goesOn}` }]);
  expect(fixture.chat.running).toBe(0);
});

test('speech that goes on within 1.5 s of its end is answered together with it, once', async () => {
  const fixture = await called(said, {}, 1_500);
  const packets = await twoParts(fixture, 800);
  await pass(fixture, 11_000, packets);
  expect(fixture.of('recognised')).toHaveLength(2);
  expect(fixture.of('answered')).toHaveLength(1);
  const { messages } = fixture.chat.asked.at(-1) ?? { messages: [] };
  expect(messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: said },
    { role: 'user', name: 'Adam', content: said },
  ]);
});

test('speech long after its end is a question of its own', async () => {
  const fixture = await called();
  await pass(fixture, 6_000, await words(goForward, adam, 0));
  await pass(fixture, 6_000, await words(goForward, adam, fixture.clock.nowMs()));
  expect(fixture.of('answered')).toHaveLength(2);
});

test('too many answers in vain and it waits for the end before it thinks', async () => {
  const fixture = await called(
    inParts,
    { style: { instructions: 'word '.repeat(2_000), voice: {} } },
    500,
  );
  const packets = await twoParts(fixture, 160);
  await pass(fixture, 9_000, packets);
  const before = fixture.chat.asked.length;
  await pass(fixture, 5_000, await words(goForward, adam, fixture.clock.nowMs()));
  expect(fixture.chat.asked.length).toBe(before + 1);
  const { endedAtMs = 0, firstTokenAtMs } = fixture.of('answered').at(-1)?.instants ?? {};
  expect(firstTokenAtMs).toBeGreaterThanOrEqual(endedAtMs);
  expect(fixture.of('answered').at(-1)?.vainShare).toBeGreaterThan(0.15);
});

test.each([
  ['empty', ''],
  ['hallucination', 'Thank you for watching!'],
])('what is heard as %s starts no turn and costs no call of the model', async (why, text) => {
  const fixture = await called(text);
  await pass(fixture, 5_000, await words(goForward, adam, 0));
  expect(fixture.of('ignored')).toMatchObject([{ name: 'Adam', why }]);
  expect(fixture.chat.asked).toEqual([]);
  expect(fixture.of('answered')).toEqual([]);
});

test('among several people it answers whoever says its name, and no one else', async () => {
  let text = 'what time is it';
  const fixture = await called(() => text, { addressing: 'auto' });
  await pass(fixture, 5_000, await words('synth-flite-slt-what-time-is-it', adam, 0));
  expect(fixture.of('ignored')).toMatchObject([{ name: 'Adam', why: 'not-named' }]);
  expect(fixture.chat.asked).toEqual([]);
  text = 'Nova, what time is it';
  const again = await words('synth-flite-slt-what-time-is-it', adam, fixture.clock.nowMs());
  await pass(fixture, 5_000, again);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam' }]);
});

test('whoever pressed Ask needs no name, and goes on without one after the answer', async () => {
  const fixture = await called('what time is it', { addressing: 'auto' });
  fixture.talk.openAskWindow('g', 'adam');
  for (const answers of [1, 2]) {
    await pass(
      fixture,
      5_000,
      await words('synth-flite-slt-what-time-is-it', adam, fixture.clock.nowMs()),
    );
    expect(fixture.of('answered')).toHaveLength(answers);
  }
  await pass(fixture, 12_000);
  await pass(
    fixture,
    5_000,
    await words('synth-flite-slt-what-time-is-it', adam, fixture.clock.nowMs()),
  );
  expect(fixture.of('answered')).toHaveLength(2);
});

test('two who finish at nearly the same time are answered in the order they finished', async () => {
  const fixture = await called();
  await fixture.sessions.join(lounge, 'eva');
  const both = [await words(goForward, adam, 0), await words(goForward, eva, 100)];
  await pass(fixture, 9_000, both.flat());
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Eva']);
});

test('what somebody began to say alone is answered, whoever comes in meanwhile', async () => {
  const fixture = await called('what time is it', { addressing: 'auto' });
  const { present } = fixture.linkOpener.link;
  present.splice(present.indexOf(eva), 1);
  const packets = await words('synth-flite-slt-what-time-is-it', adam, 0);
  await pass(fixture, 1_000, packets);
  present.push(eva);
  const rest = packets.filter(({ atMs }) => atMs > 1_000);
  await pass(fixture, 4_000, rest);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam' }]);
  await pass(fixture, 10_000);
  await pass(fixture, 5_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  expect(fixture.of('ignored')).toMatchObject([{ name: 'Adam', why: 'not-named' }]);
});
