import { toGuildId } from '#src/base/ids.ts';
import type { PromptBeginning } from '#src/chat/chat-model.ts';
import {
  PendingAnswer,
  PreemptiveBudget,
} from '#src/conversation/mouth/pending-answer.ts';
import { postTextTool } from '#src/features/tools/post-text-tool.ts';
import { lastingSources } from '#src/people/owned.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import type { Listening, OnPartial, Transcriber } from '#src/speech/speech-engine.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import { makeTurn } from '#test/contracts/pipeline-contract.ts';
import {
  adam,
  type FixtureOptions,
  hearSpeech,
  joinLounge,
  lounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { boundlessBudget, reserveAnswer } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const utterance = 'go forward ten meters';
const thinksMs = 300;

/** Partial text of the recogniser at once, and its final text `tookMs` after the request. */
type Understanding = {
  partial: string;
  final: string;
  tookMs: number;
  /** Told with the final words. */
  language?: string;
  /** Told 40 ms after the pause was noticed. */
  late?: string;
};

function makeStreamingTranscriber(
  clock: VirtualClock,
  now: Understanding,
): Transcriber {
  const startListening = (onPartial: OnPartial): Listening => {
    let early = now.partial;
    const reportPartial = (text: string) => {
      early = text;
      onPartial(text);
    };
    return {
      push: () => queueMicrotask(() => onPartial(early)),
      async settle(signal) {
        const { late } = now;
        if (late !== undefined) clock.later(40, () => reportPartial(late));
        await clock.sleep(now.tookMs, signal);
        return { text: now.final, ...(now.language && { language: now.language }) };
      },
      [Symbol.dispose]: () => undefined,
    };
  };
  return {
    transcribe: (pcm, signal) =>
      new FakeTranscriber({ texts: [now.final] }).transcribe(pcm, signal),
    listen: startListening,
  };
}

/** Adam alone with a bot whose recogniser streams. */
async function callBot(
  now: Understanding,
  isKnownStable: boolean,
  overrides: FixtureOptions = {},
) {
  const clock = new VirtualClock();
  const transcriber = makeStreamingTranscriber(clock, now);
  const partialTrust = new PartialTrust(isKnownStable);
  const rounds = [[{ waitMs: thinksMs }, 'You said five.']];
  const deps = { transcriber, partialTrust, rounds, ...overrides };
  const fixture = await joinLounge(deps, [adam], clock);
  const askQuestion = async () =>
    passTime(fixture, 6_000, await sayWords('human-goforward', adam, clock.nowMs()));
  return { fixture, ask: askQuestion };
}

type TrustSetup = Awaited<ReturnType<typeof callBot>>;

/** Time from the last voice to the first sent frame of each answer, in ms. */
function delaysMs({ fixture }: TrustSetup) {
  return fixture
    .of('answered')
    .map(({ instants }) => (instants.firstSentAtMs ?? Number.NaN) - instants.heardAtMs);
}

/** Whether the model was asked before the words were final, for each answer. */
function begunAhead({ fixture }: TrustSetup) {
  return fixture.of('answered').map(({ instants }) => {
    const { firstTokenAtMs = 0, recognisedAtMs = 0 } = instants;
    return firstTokenAtMs - thinksMs < recognisedAtMs;
  });
}

test('the first turn with a recogniser known to keep its words is as fast as later ones', async () => {
  const setup = await callBot(
    { partial: utterance, final: utterance, tookMs: 150 },
    true,
  );
  for (let turn = 0; turn < 3; turn++) await setup.ask();
  const [first, ...later] = delaysMs(setup);
  expect(begunAhead(setup)).toEqual([true, true, true]);
  expect(first).toBeLessThanOrEqual(Math.max(...later));
  const unknown = await callBot(
    { partial: utterance, final: utterance, tookMs: 150 },
    false,
  );
  await unknown.ask();
  expect(first).toBeLessThan((delaysMs(unknown)[0] ?? 0) - 100);
});

test('a partial that was taken back costs its trust at once, and three that stay earn it again', async () => {
  const now = { partial: utterance, final: 'go forward two meters', tookMs: 200 };
  const setup = await callBot(now, true);
  await setup.ask();
  now.final = utterance;
  for (let turn = 0; turn < 4; turn++) await setup.ask();
  expect(begunAhead(setup)).toEqual([false, false, false, false, true]);
});

test('an answer begun on partial words in another language than the final ones are in is never heard', async () => {
  const textLanguage = { detect: async () => ({ language: 'en', probability: 0.9 }) };
  const understood = {
    partial: utterance,
    final: utterance,
    tookMs: 200,
    language: 'nl',
  };
  const { fixture, ask } = await callBot(understood, true, { textLanguage });
  await ask();
  expect(
    fixture.chat.asked
      .map(({ messages }) => messages.map(({ content }) => content).join('\n'))
      .map((prompt) => /\(Answer in (\w+)/.exec(prompt)?.[1]),
  ).toEqual(['English', 'Dutch']);
  expect(fixture.of('answered')).toHaveLength(1);
  const [{ instants } = { instants: undefined }] = fixture.of('answered');
  expect(instants?.firstSentAtMs).toBeGreaterThan(
    instants?.recognisedAtMs ?? Number.NaN,
  );
});

/** An answer that cost 9 000 tokens before its first sound. */
function beginCostlyAnswer(preemptiveBudget: PreemptiveBudget) {
  const reservation = reserveAnswer(boundlessBudget) ?? expect.fail('It is refused.');
  return new PendingAnswer(
    {
      turn: makeTurn(),
      pipeline: {
        withReservation: (meter) => ({
          async *answer() {
            meter.recordUsage({ inputTokens: 9_000, outputTokens: 0 });
            yield { kind: 'text', text: 'Nine.' };
          },
          feed: () => undefined,
        }),
      },
      isWritten: false,
      preemptiveBudget,
      tools: {
        quote: undefined,
        runningStep: undefined,
        takeFailures: () => [],
        isTold: () => false,
        run: () => Promise.reject(new Error('It calls no tool.')),
      },
      origin: { owner: 'given', sources: lastingSources },
      nowMs: () => 0,
      reservation,
    },
    new AbortController().signal,
  );
}

test('after an answer that nobody wanted, however whole it was, no further one begins ahead', async () => {
  const budget = new PreemptiveBudget();
  const answer = beginCostlyAnswer(budget);
  await answer.ready;
  expect(budget.allows).toBe(true);
  answer.discardUnheard();
  expect(budget.allows).toBe(false);
});

test('an answer that was wanted lets further ones begin ahead', async () => {
  const budget = new PreemptiveBudget();
  const answer = beginCostlyAnswer(budget);
  await answer.ready;
  answer.markWanted();
  expect(budget.allows).toBe(true);
});

const g = toGuildId('g');

/** A chat model that keeps what it has read, as one of this machine does. */
class KeepingChat extends FakeChat {
  readonly read: PromptBeginning[] = [];

  prepare(create: () => PromptBeginning) {
    this.read.push(create());
  }

  /** What it was given last, as texts. */
  get newest() {
    return this.read.at(-1)?.messages.map(({ content }) => content) ?? [];
  }
}

async function openKeepingChat() {
  const chat = new KeepingChat([['You said five.']]);
  const fixture = await joinLounge({ chat, tools: [postTextTool] });
  await passTime(fixture, 100);
  return { chat, fixture };
}

test('once the bot is in the channel, the model reads the tools and instructions with which the first question begins', async () => {
  const { chat, fixture } = await openKeepingChat();
  expect(chat.asked).toEqual([]);
  const [instructions = ''] = chat.newest;
  expect(chat.newest).toHaveLength(1);
  await hearSpeech(fixture, 4_000);
  const [question] = chat.asked;
  expect(question?.messages[0]?.content.startsWith(instructions)).toBe(true);
  expect(instructions).toContain('Call a tool only if');
  expect(question?.tools).toHaveLength(1);
  expect(question?.tools).toEqual(chat.read[0]?.tools);
});

test('where no model reads ahead, no beginning is made', () => {
  const create = vi.fn();
  const chat = new FakeChat([['You said five.']]);
  createChainedPipeline({ chat, synthesizer: new FakeSynthesizer() }).prepare?.(create);
  expect(create).not.toHaveBeenCalled();
});

test('after an exchange the model reads it, as the next question will begin', async () => {
  const { chat, fixture } = await openKeepingChat();
  await hearSpeech(fixture, 8_000);
  const beginning = chat.newest;
  expect(beginning.slice(1)).toEqual(['five five', 'Adam, You said five.']);
  await hearSpeech(fixture, 8_000);
  const asked = chat.asked.at(-1)?.messages.map(({ content }) => content);
  expect(asked?.slice(0, beginning.length)).toEqual(beginning);
});

test('a changed persona, and changed instructions, are read before the next question', async () => {
  const { chat, fixture } = await openKeepingChat();
  await fixture.personas.savePersona(g, lounge.channelId, {
    instructions: 'You are a pirate.',
  });
  await passTime(fixture, 100);
  expect(chat.newest[0]).toContain('You are a pirate.');
  await fixture.personas.savePersona(g, lounge.channelId, {});
  await fixture.settings.setSetting(g, 'instructions', 'Speak in rhymes.');
  await passTime(fixture, 100);
  expect(chat.newest[0]).toContain('Speak in rhymes.');
});

test('nothing is read twice, and nobody wants it once the bot has left', async () => {
  const { chat, fixture } = await openKeepingChat();
  const count = chat.read.length;
  await passTime(fixture, 5_000);
  expect(chat.read).toHaveLength(count);
  await fixture.sessions.leave(g);
  expect(chat.read.map(({ signal }) => signal.aborted)).not.toContain(false);
});
