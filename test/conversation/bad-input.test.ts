import { expect, test } from 'vitest';
import type { Packet } from '#src/audio/packet.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import { FlakyRecogniser, type Mood } from '#test/conversation/setup/flaky-engines.ts';
import { type CrowdAct, enact } from '#test/conversation/setup/random-crowd.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat, untilAborted } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const asks: readonly CrowdAct[] = [{ kind: 'talk', ms: 1_500, frames: 5 }];

/** Begins an utterance, and is too little voice for one. */
const cough: CrowdAct = { kind: 'talk', ms: 140, frames: 5 };

/** A room whose clock its recogniser shares; everybody is heard. */
async function called(
  over: FixtureOptions = {},
  people: readonly ChannelMember[] = [adam, eva],
  clock = new VirtualClock(),
) {
  const chat = new FakeChat([['You said five.']], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const pipeline = chained({ chat, synthesizer });
  const more = { pipeline, synthesizer, consent: { policy: 'notice' } as const, ...over };
  const fixture = openSessionFixture(more, people, clock);
  await fixture.sessions.join(lounge, people[0]?.id ?? 'adam');
  return { ...fixture, chat };
}

/** Packets of a person who does all these acts from now on. */
function sent(
  { clock }: SessionFixture,
  who: ChannelMember,
  acts = asks,
  voice = 0,
): readonly Packet[] {
  return enact(who.id, acts, clock.nowMs() + 20, voice).packets;
}

/** A recogniser of that mood, and a room it listens in. */
async function slowly(tookMs: number, people?: readonly ChannelMember[]) {
  const clock = new VirtualClock();
  const recogniser = new FlakyRecogniser([{ tookMs, end: 'fine' }], clock);
  const fixture = await called({ transcriber: recogniser }, people, clock);
  return { ...fixture, recogniser };
}

test.each([1, 2, 4])(
  'a sound of %i packets is no turn, and nobody is asked what it was',
  async (n) => {
    const transcriber = new FakeTranscriber({ texts: ['hello'] });
    const fixture = await called({ transcriber });
    await pass(fixture, 3_000, sent(fixture, adam, [{ kind: 'talk', ms: 20 * n, frames: 0 }]));
    expect([transcriber.heard, fixture.chat.asked, fixture.of('answered')]).toEqual([[], [], []]);
    expect(fixture.of('failed')).toEqual([]);
  },
);

test('a monologue of a minute is cut, said to be, and answered once', async () => {
  const fixture = await slowly(100);
  const monologue = enact('adam', [{ kind: 'talk', ms: 61_000, frames: 5 }]).packets;
  await pass(fixture, 66_000, monologue);
  const [cut, ...rest] = fixture.of('recognised');
  expect(cut).toMatchObject({ name: 'Adam', cut: 'too-long' });
  expect(rest.every((one) => one.cut === undefined)).toBe(true);
  expect(fixture.of('answered')).toHaveLength(1);
});

test('whoever leaves in the middle of a word is answered to what was said, once', async () => {
  const fixture = await called();
  const packets = sent(fixture, adam).slice(0, 50);
  await pass(fixture, 1_000, packets);
  fixture.linkOpener.link.present.splice(0, 1);
  await pass(fixture, 4_000);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam' }]);
});

test('a no in the middle of a word leaves no word of it', async () => {
  const fixture = await slowly(300);
  const packets = sent(fixture, adam);
  await pass(fixture, 1_000, packets);
  await fixture.privacy.deny('g', 'adam');
  await pass(
    fixture,
    4_000,
    packets.filter(({ atMs }) => atMs > fixture.clock.nowMs()),
  );
  expect([fixture.of('recognised'), fixture.of('ignored'), fixture.chat.asked]).toEqual([
    [],
    [],
    [],
  ]);
  expect(fixture.recogniser.open).toBe(0);
});

const zalgo = `Z${'\u0338\u035b\u0321'.repeat(10)}!`;

test.each(['🦊🎉', '**bold** `code` @everyone', zalgo, 'عمر', ' '])(
  'somebody called %j is heard and answered like anybody',
  async (name) => {
    const fixture = await called({}, [{ ...adam, name }]);
    await pass(fixture, 4_000, sent(fixture, adam));
    expect(fixture.of('answered')).toMatchObject([{ name, finish: 'completed' }]);
    const { messages = [] } = fixture.chat.asked[0] ?? {};
    expect(messages.at(-1)).toEqual({ role: 'user', name, content: 'five five' });
  },
);

test('texts of nothing are no turns, however often they come', async () => {
  const fixture = await called({
    transcriber: new FakeTranscriber({ texts: ['', ' ', '\n\t', ''] }),
  });
  for (let n = 0; n < 4; n++) await pass(fixture, 4_000, sent(fixture, adam));
  expect(fixture.of('ignored').map(({ why }) => why)).toEqual(Array(4).fill('empty'));
  expect([fixture.chat.asked, fixture.linkOpener.link.sent]).toEqual([[], 0]);
});

test.each(['Сколько времени?', '今何時ですか', 'كم الساعة الآن؟', 'กี่โมงแล้ว'])(
  'words in another script are answered as they are: %s',
  async (text) => {
    const fixture = await called({ transcriber: new FakeTranscriber({ texts: [text] }) });
    await pass(fixture, 4_000, sent(fixture, adam));
    expect(fixture.of('answered')).toHaveLength(1);
    expect(fixture.chat.asked[0]?.messages.at(-1)).toMatchObject({ content: text });
  },
);

test('a recogniser slower than speech is waited for: all is answered, in order, and once', async () => {
  const fixture = await slowly(2_500);
  const acts: CrowdAct[] = [...asks, { kind: 'pause', ms: 3_000 }, ...asks];
  await pass(fixture, 16_000, [
    ...sent(fixture, adam, acts),
    ...enact('eva', asks, 400, 1).packets,
  ]);
  const answered = fixture.of('answered');
  expect(answered.map(({ name }) => name)).toEqual(['Adam', 'Eva', 'Adam']);
  for (const { instants } of answered) {
    expect(instants.endedAtMs - instants.heardAtMs).toBeLessThanOrEqual(600);
  }
  expect(fixture.recogniser.open).toBe(0);
});

/** Never says a word; gives up after so long. */
function deaf(clock: VirtualClock, deadlineMs: number): Transcriber {
  return {
    async *transcribe(_pcm, signal) {
      yield { kind: 'partial', text: '' };
      await Promise.race([clock.sleep(deadlineMs, signal), untilAborted(signal)]);
      throw new BotError('provider.late', true, `The recogniser took over ${deadlineMs} ms.`);
    },
  };
}

test('a recogniser that never answers is named, and keeps nobody from being answered', async () => {
  const clock = new VirtualClock();
  const fixture = await called({ transcriber: deaf(clock, 10_000) }, [adam], clock);
  await pass(fixture, 16_000, sent(fixture, adam));
  expect(fixture.of('failed')).toMatchObject([{ stage: 'recognise', code: 'provider.late' }]);
  expect(fixture.chat.asked).toEqual([]);
  expect(fixture.sessions.session('g')?.context.queue.isFree).toBe(true);
});

test('packets of somebody nobody announced are heard as of someone, where everybody is', async () => {
  const fixture = await called();
  const stranger = { ...adam, id: 'nobody', name: '' };
  await pass(fixture, 4_000, sent(fixture, stranger));
  expect(fixture.of('answered')).toMatchObject([{ speakerId: 'nobody', name: 'Someone' }]);
});

test('packets of somebody nobody announced are nothing, where people are asked first', async () => {
  const transcriber = new FakeTranscriber({ texts: ['hello'] });
  const fixture = await called({ transcriber, consent: { policy: 'ask' } });
  await pass(fixture, 4_000, sent(fixture, { ...adam, id: 'nobody' }));
  expect([transcriber.heard, fixture.of('answered'), fixture.of('ignored')]).toEqual([[], [], []]);
});

test('words in company that cannot be recognised are owned up to in writing, once until one is answered', async () => {
  let isDown = true;
  const fine = new FakeTranscriber({ texts: ['Nova, five.'] });
  const sometimes: Transcriber = {
    async *transcribe(pcm, signal) {
      if (isDown) throw new BotError('provider.unreachable', true, 'It is away.');
      yield* fine.transcribe(pcm, signal);
    },
  };
  const fixture = await called({ transcriber: sometimes, addressing: 'auto' });
  const before = fixture.written.length;
  const reported = () => fixture.written.slice(before);
  for (let n = 0; n < 2; n++) await pass(fixture, 5_000, sent(fixture, adam));
  expect(reported()).toEqual([text('fail.unrecognised')]);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'recognise' }, { stage: 'recognise' }]);
  isDown = false;
  await pass(fixture, 5_000, sent(fixture, adam));
  expect(fixture.of('answered')).toHaveLength(1);
  isDown = true;
  await pass(fixture, 15_000, sent(fixture, eva));
  expect(reported()).toEqual([text('fail.unrecognised'), text('fail.unrecognised')]);
});

test('words of one person that cannot be recognised disturb nobody else', async () => {
  let calls = 0;
  const fine = new FakeTranscriber({ texts: ['five five'] });
  const fails: Transcriber = {
    async *transcribe(pcm, signal) {
      if (pcm.samples.length / 16 < 1_500) {
        calls++;
        throw new BotError('provider.refused', false, 'No.');
      }
      yield* fine.transcribe(pcm, signal);
    },
  };
  const fixture = await called({ transcriber: fails });
  await pass(fixture, 9_000, [
    ...sent(fixture, adam, [{ kind: 'talk', ms: 700, frames: 5 }]),
    ...sent(fixture, eva, [{ kind: 'talk', ms: 2_400, frames: 5 }], 1),
  ]);
  expect(calls).toBeGreaterThan(0);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'recognise' }]);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Eva', finish: 'completed' }]);
});

test('of ten people who ask at once the first is answered, three wait, and the last of them count', async () => {
  const people = Array.from({ length: 10 }, (_, n) => ({ ...adam, id: `p${n}`, name: `P${n}` }));
  const fixture = await slowly(100, people);
  const packets = people.flatMap((one, n) =>
    sent(fixture, one, [{ kind: 'talk', ms: 700 + 40 * n, frames: 5 }]),
  );
  await pass(fixture, 15_000, packets);
  expect(fixture.of('recognised')).toHaveLength(10);
  expect(fixture.of('answered').map(({ name }) => name)).toEqual(['P0', 'P7', 'P8', 'P9']);
  expect(fixture.recogniser.open).toBe(0);
});

test('a cough before the words disturbs neither them nor the session', async () => {
  const fixture = await slowly(100);
  const acts: CrowdAct[] = [cough, { kind: 'pause', ms: 500 }, ...asks];
  await pass(fixture, 5_000, sent(fixture, adam, acts));
  expect(fixture.of('ignored')).toMatchObject([{ why: 'no-voice' }]);
  expect(fixture.of('failed')).toEqual([]);
  expect(fixture.of('answered')).toHaveLength(1);
  expect(fixture.recogniser.open).toBe(0);
});

/** Understood late, and followed by a sound in which there are no words. */
const thenHums: readonly CrowdAct[] = [
  ...asks,
  { kind: 'pause', ms: 800 },
  { kind: 'talk', ms: 260, frames: 5 },
];
const lateThenNothing: readonly Mood[] = [
  { tookMs: 2_500, end: 'fine' },
  { tookMs: 0, end: 'empty' },
];

test('a hum while words are being understood takes no answer away, and gives none twice', async () => {
  const clock = new VirtualClock();
  const transcriber = new FlakyRecogniser(lateThenNothing, clock);
  const fixture = await called({ transcriber }, [adam], clock);
  await pass(fixture, 9_000, sent(fixture, adam, thenHums));
  expect(fixture.of('ignored')).toMatchObject([{ why: 'empty' }]);
  expect(fixture.of('answered')).toMatchObject([{ name: 'Adam', finish: 'completed' }]);
  expect(fixture.chat.asked).toHaveLength(1);
});

test('a hum after words that were not meant for it gets them no answer', async () => {
  const clock = new VirtualClock();
  const transcriber = new FlakyRecogniser(lateThenNothing, clock);
  const fixture = await called({ transcriber, addressing: 'auto' }, [adam, eva], clock);
  await pass(fixture, 9_000, sent(fixture, adam, thenHums));
  // Each is judged by its own words, as soon as they are there.
  expect(fixture.of('ignored').map(({ why }) => why)).toEqual(['empty', 'not-named']);
  expect([fixture.chat.asked, fixture.of('answered')]).toEqual([[], []]);
});
