import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

type Understanding = { readonly text?: string; readonly tookMs?: number };

/** Understands what it is told to at the moment an utterance ends; without a text it fails. */
class Recogniser implements Transcriber {
  now: Understanding = {};
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async *transcribe(...[, signal]: Parameters<Transcriber['transcribe']>) {
    const { text: understood, tookMs = 0 } = this.now;
    await this.#clock.sleep(tookMs, signal);
    if (understood === undefined) throw new BotError('provider.late', true, 'It stalled.');
    yield { kind: 'final', transcript: { text: understood } } as const;
  }
}

async function called(
  people: readonly ChannelMember[],
  over: Parameters<typeof openSessionFixture>[0] = {},
) {
  const clock = new VirtualClock();
  const transcriber = new Recogniser(clock);
  const settings = {
    transcriber,
    names: ['Nova'],
    consent: { policy: 'notice' },
    ...over,
  } as const;
  const fixture = openSessionFixture(settings, people, clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 5_000);
  return { fixture, transcriber };
}

type ContinuationSetup = Awaited<ReturnType<typeof called>>;

/** Somebody says it, and `pauseMs` pass. */
async function say(
  { fixture, transcriber }: ContinuationSetup,
  who: ChannelMember,
  now: Understanding,
  pauseMs: number,
): Promise<void> {
  transcriber.now = now;
  const packets = await words('human-goforward', who, fixture.clock.nowMs());
  await pass(fixture, packets.length * 20 + pauseMs, packets);
}

/** Words of people in each request to the chat model, history included. */
function asked({ chat }: SessionFixture): readonly (readonly string[])[] {
  return chat.asked.map(({ messages }) =>
    messages.filter(({ role }) => role === 'user').map(({ content }) => content),
  );
}

const byName = { addressing: 'name' } as const;
const soon = 100;
const later = 5_000;

test('what was said before the bot was named reaches neither the model nor its memory', async () => {
  const setup = await called([adam, eva], byName);
  for (const n of [1, 2, 3]) await say(setup, eva, { text: `Private remark ${n}.` }, soon);
  await say(setup, eva, { text: 'Nova, what time is it?' }, later);
  await say(setup, adam, { text: 'Nova, what day is it?' }, later);
  expect(asked(setup.fixture)).toEqual([
    ['Nova, what time is it?'],
    ['Nova, what time is it?', 'Nova, what day is it?'],
  ]);
});

test('a call is heard without punctuation in the talk before it', async () => {
  const setup = await called([adam, eva], byName);
  await say(setup, eva, { text: 'private remark number one' }, soon);
  await say(setup, eva, { text: 'nova what time is it' }, later);
  expect(asked(setup.fixture)).toEqual([['nova what time is it']]);
});

test('what goes on with a question to the bot needs no name, and is answered with it', async () => {
  const setup = await called([adam, eva], byName);
  await say(setup, eva, { text: 'Nova, tell me' }, soon);
  await say(setup, eva, { text: 'about the moon.' }, later);
  expect(asked(setup.fixture).at(-1)).toEqual(['Nova, tell me', 'about the moon.']);
  await say(setup, adam, { text: 'Nova, and Mars?' }, later);
  expect(asked(setup.fixture).at(-1)).toEqual(['Nova, tell me about the moon.', 'Nova, and Mars?']);
});

test('whoever turns to somebody else right after a question is not quoted to the model', async () => {
  const setup = await called([adam, eva], byName);
  await say(setup, eva, { text: 'Nova, what time is it?' }, soon);
  await say(setup, eva, { text: 'Adam, this stays between us.' }, soon);
  await say(setup, eva, { text: 'I have lost my keys.' }, later);
  await say(setup, adam, { text: 'Nova, what day is it?' }, later);
  expect(asked(setup.fixture).flat()).not.toContainEqual(expect.stringMatching(/between|keys/));
  expect(setup.fixture.of('answered').map(({ finish }) => finish)).toEqual([
    'completed',
    'completed',
  ]);
});

test('a noise that is still being recognised does not part the halves of a question', async () => {
  const setup = await called([adam, eva], byName);
  await say(setup, eva, { text: 'Nova, tell me' }, soon);
  await say(setup, eva, { text: '', tookMs: 2_000 }, soon);
  await say(setup, eva, { text: 'about the moon.' }, later);
  expect(asked(setup.fixture).at(-1)).toEqual(['Nova, tell me', 'about the moon.']);
});

const stalled = { tookMs: 5_000 };
const fine = { text: 'What time is it?', tookMs: 162 };

test.each([100, 600, 1_200, 3_000, 7_000])(
  'a question %i ms after one over which the recogniser stalls is recognised and answered',
  async (pauseMs) => {
    const setup = await called([adam], { addressing: 'auto' });
    await say(setup, adam, stalled, pauseMs);
    await say(setup, adam, fine, later);
    const { fixture } = setup;
    expect(asked(fixture)).toEqual([['What time is it?']]);
    expect(fixture.of('answered').filter(({ finish }) => finish === 'completed')).toHaveLength(1);
  },
);

test('the next question is answered while the recogniser stalls, which is told afterwards', async () => {
  const setup = await called([adam], { addressing: 'auto' });
  await say(setup, adam, { tookMs: 15_000 }, soon);
  await say(setup, adam, fine, 3_000);
  const { fixture } = setup;
  expect(fixture.of('answered')).toMatchObject([{ finish: 'completed' }]);
  await pass(fixture, 30_000);
  expect(fixture.of('failed')).toMatchObject([{ stage: 'recognise', code: 'provider.late' }]);
  expect(fixture.synthesizer.asked.map((one) => one.text)).toContain(text('fail.stt'));
});

test('what is understood late, after the next question was answered, is answered on its own', async () => {
  const setup = await called([adam], { addressing: 'auto' });
  await say(setup, adam, { text: 'What day is it?', tookMs: 6_000 }, soon);
  await say(setup, adam, fine, 10_000);
  expect(asked(setup.fixture)).toEqual([
    ['What time is it?'],
    ['What time is it?', 'What day is it?'],
  ]);
});
