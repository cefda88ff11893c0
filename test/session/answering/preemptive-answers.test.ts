import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import { durationMs } from '#src/audio/pcm.ts';
import { chained } from '#src/pipeline/chained.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import {
  adam,
  eva,
  type House,
  lounge,
  openHouse,
  pass,
  words,
} from '#test/session/setup/session-fixture.ts';

const goForward = 'human-goforward';

const said = 'go forward ten meters';
const goesOn = 'and stop the music';

/** A room in which `text` is understood; the model takes its time. */
async function called(
  text: string | ((pcm: Pcm) => string) = said,
  over: Parameters<typeof openHouse>[0] = {},
  thinksMs = 0,
) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: thinksMs }, 'You said five.']], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const transcriber = new FakeTranscriber({ texts: typeof text === 'string' ? [text] : text });
  const pipeline = chained({ chat, synthesizer });
  const house = openHouse({ transcriber, pipeline, synthesizer, ...over }, [adam, eva], clock);
  await house.rooms.join(lounge, 'adam');
  return { ...house, chat };
}

/** Understands the rest only where it has heard it. */
const inParts = (pcm: Pcm) => (durationMs(pcm) > 2_900 ? `${said} ${goesOn}` : said);

/** Two recordings of one person, `gapMs` of silence between the words of the first and of the second. */
async function twoParts(house: House, gapMs: number): Promise<Packet[]> {
  const fromMs = house.clock.nowMs();
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
  const house = await called();
  await pass(house, 4_000, await words('human-goforward', adam, 0));
  const { endedAtMs, recognisedAtMs, firstTokenAtMs, firstSpeechAtMs, firstSentAtMs } = house.of(
    'answered',
  )[0]?.instants ?? { endedAtMs: 0 };
  for (const atMs of [recognisedAtMs, firstTokenAtMs, firstSpeechAtMs]) {
    expect(atMs).toBeLessThan(endedAtMs - 100);
  }
  expect(firstSentAtMs).toBeGreaterThanOrEqual(endedAtMs);
});

test('whoever goes on after a pause is answered once, to all of it', async () => {
  const house = await called(inParts, {}, 500);
  const packets = await twoParts(house, 160);
  await pass(house, 9_000, packets);
  expect(house.of('answered')).toHaveLength(1);
  const last = house.chat.asked.at(-1)?.messages.slice(1);
  expect(last).toEqual([{ role: 'user', name: 'Adam', content: `${said} ${goesOn}` }]);
  expect(house.chat.running).toBe(0);
});

test('speech that goes on within 1.5 s of its end is answered together with it, once', async () => {
  const house = await called(said, {}, 1_500);
  const packets = await twoParts(house, 800);
  await pass(house, 11_000, packets);
  expect(house.of('recognised')).toHaveLength(2);
  expect(house.of('answered')).toHaveLength(1);
  const { messages } = house.chat.asked.at(-1) ?? { messages: [] };
  expect(messages.slice(1)).toEqual([
    { role: 'user', name: 'Adam', content: said },
    { role: 'user', name: 'Adam', content: said },
  ]);
});

test('speech long after its end is a question of its own', async () => {
  const house = await called();
  await pass(house, 6_000, await words(goForward, adam, 0));
  await pass(house, 6_000, await words(goForward, adam, house.clock.nowMs()));
  expect(house.of('answered')).toHaveLength(2);
});

test('too many answers in vain and it waits for the end before it thinks', async () => {
  const house = await called(
    inParts,
    { style: { instructions: 'word '.repeat(2_000), voice: {} } },
    500,
  );
  const packets = await twoParts(house, 160);
  await pass(house, 9_000, packets);
  const before = house.chat.asked.length;
  await pass(house, 5_000, await words(goForward, adam, house.clock.nowMs()));
  expect(house.chat.asked.length).toBe(before + 1);
  const { endedAtMs = 0, firstTokenAtMs } = house.of('answered').at(-1)?.instants ?? {};
  expect(firstTokenAtMs).toBeGreaterThanOrEqual(endedAtMs);
  expect(house.of('answered').at(-1)?.vainShare).toBeGreaterThan(0.15);
});

test.each([
  ['empty', ''],
  ['hallucination', 'Thank you for watching!'],
])('what is heard as %s starts no turn and costs no call of the model', async (why, text) => {
  const house = await called(text);
  await pass(house, 5_000, await words(goForward, adam, 0));
  expect(house.of('ignored')).toMatchObject([{ name: 'Adam', why }]);
  expect(house.chat.asked).toEqual([]);
  expect(house.of('answered')).toEqual([]);
});

test('among several people it answers whoever says its name, and no one else', async () => {
  let text = 'what time is it';
  const house = await called(() => text, { addressing: 'auto' });
  await pass(house, 5_000, await words('synth-flite-slt-what-time-is-it', adam, 0));
  expect(house.of('ignored')).toMatchObject([{ name: 'Adam', why: 'not-named' }]);
  expect(house.chat.asked).toEqual([]);
  text = 'Nova, what time is it';
  const again = await words('synth-flite-slt-what-time-is-it', adam, house.clock.nowMs());
  await pass(house, 5_000, again);
  expect(house.of('answered')).toMatchObject([{ name: 'Adam' }]);
});

test('whoever pressed Ask needs no name, and goes on without one after the answer', async () => {
  const house = await called('what time is it', { addressing: 'auto' });
  house.talk.openFloor('g', 'adam');
  for (const answers of [1, 2]) {
    await pass(
      house,
      5_000,
      await words('synth-flite-slt-what-time-is-it', adam, house.clock.nowMs()),
    );
    expect(house.of('answered')).toHaveLength(answers);
  }
  await pass(house, 12_000);
  await pass(
    house,
    5_000,
    await words('synth-flite-slt-what-time-is-it', adam, house.clock.nowMs()),
  );
  expect(house.of('answered')).toHaveLength(2);
});

test('two who finish at nearly the same time are answered in the order they finished', async () => {
  const house = await called();
  await house.rooms.join(lounge, 'eva');
  const both = [await words(goForward, adam, 0), await words(goForward, eva, 100)];
  await pass(house, 9_000, both.flat());
  expect(house.of('answered').map(({ name }) => name)).toEqual(['Adam', 'Eva']);
});

test('what somebody began to say alone is answered, whoever comes in meanwhile', async () => {
  const house = await called('what time is it', { addressing: 'auto' });
  const { present } = house.door.link;
  present.splice(present.indexOf(eva), 1);
  const packets = await words('synth-flite-slt-what-time-is-it', adam, 0);
  await pass(house, 1_000, packets);
  present.push(eva);
  const rest = packets.filter(({ atMs }) => atMs > 1_000);
  await pass(house, 4_000, rest);
  expect(house.of('answered')).toMatchObject([{ name: 'Adam' }]);
  await pass(house, 10_000);
  await pass(house, 5_000, await words('human-goforward', adam, house.clock.nowMs()));
  expect(house.of('ignored')).toMatchObject([{ name: 'Adam', why: 'not-named' }]);
});
