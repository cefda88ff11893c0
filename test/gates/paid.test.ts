import { readFile } from 'node:fs/promises';
import { LiveSound } from '#src/audio/live-sound.ts';
import { noGuild, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { Pipeline, PipelineRegistry, Turn } from '#src/pipeline/pipeline.ts';
import {
  createPaidEngines,
  type PaidEngines,
  type PaidPipeline,
  silentHost,
} from '#src/spending/paid-engine.ts';
import { Reservation, toAnswerRequest } from '#src/spending/reservation.ts';
import { makeGreedyChat, openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { sourceFiles } from '#test/source-files.ts';

const never = new AbortController().signal;
const [guildId, personId] = [toGuildId('10'), toPersonId('1')];

declare const raw: {
  readonly chat: ChatModel;
  readonly pipeline: Pipeline;
  readonly turn: Turn;
  readonly sound: LiveSound;
};
declare const paid: PaidEngines;
declare const pipeline: PaidPipeline;
/** All that a reservation has to show, written down by somebody else. */
declare const forged: { readonly [Key in keyof Reservation]: Reservation[Key] };

/** Compiled, and never called. */
function leakRequests() {
  // @ts-expect-error: A request to a model shows a reservation first.
  paid.chat.reply([], [], never);
  // @ts-expect-error: A text is spoken with a reservation only.
  paid.synthesizer.synthesize;
  // @ts-expect-error: Sound is recognised with a reservation only.
  paid.transcriber.transcribe;
  // @ts-expect-error: Sound is streamed to a recogniser with a reservation only.
  paid.transcriber.listen;
  // @ts-expect-error: A turn is answered with a reservation only.
  pipeline.answer(raw.turn, silentHost, never);
  // @ts-expect-error: Sound is sent ahead with a reservation only.
  pipeline.feed(raw.turn, raw.sound);
  // @ts-expect-error: No reservation is none.
  paid.chat.withReservation(undefined);
  // @ts-expect-error: Only the ledger makes reservations.
  pipeline.withReservation(forged);
  // @ts-expect-error: An engine without a meter is no paid one.
  const engines: PaidEngines['chat'] = raw.chat;
  // @ts-expect-error: Neither is a pipeline without one.
  const unpaid: PaidPipeline = raw.pipeline;
  return [engines, unpaid];
}

test('no engine or pipeline takes a request without a reservation of the ledger', () => {
  expect(leakRequests).toBeTypeOf('function');
});

/** A model that is sent sound while it is spoken, with a cap of the day for its person. */
function openFed(personUsd: number) {
  const fed: number[] = [];
  const registry: PipelineRegistry = {
    names: ['realtime'],
    getEngineNames: () => 'realtime',
    open: () => ({
      async *answer() {},
      feed: (_, sound) =>
        sound.startPassing(({ samples }) => void fed.push(samples.length / 16)),
    }),
  };
  const { pipelines } = createPaidEngines({
    chat: makeGreedyChat(async () => undefined),
    transcriber: { async *transcribe() {} },
    synthesizer: { async *synthesize() {} },
    pipelines: registry,
  });
  const { budgets, ledger } = openBudgets(new VirtualClock(), {
    caps: { personDay: toUsd(personUsd) },
    tariff: {
      think: {
        kind: 'priced',
        usd: {
          perMillionInputTokens: 1,
          perMillionOutputTokens: 1,
          perMillionAudioInputTokens: 100,
          perMillionAudioOutputTokens: 1,
        },
      },
    },
  });
  const sound = new LiveSound();
  const turn: Turn = {
    utterances: [
      {
        speakerId: personId,
        name: 'Ana',
        fromMs: 0,
        transcript: async () => ({ text: '' }),
      },
    ],
    style: { instructions: '', voice: {} },
    history: [],
    tools: [],
  };
  const request = toAnswerRequest(turn, guildId, 'sound sent ahead');
  const feedSound = () => {
    const opened = budgets.open(request);
    if (opened.kind === 'open')
      pipelines.open('realtime').withReservation(opened.reservation).feed(turn, sound);
  };
  feedSound();
  const speakFor = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) sound.push({ samples: new Int16Array(16_000) });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { fed, feed: feedSound, ledger, sound, speak: speakFor };
}

test('sound that is sent ahead is set aside before, and given back at its end', async () => {
  const { fed, ledger, sound, speak } = openFed(1);
  expect(fed).toEqual([]);
  await speak(3);
  expect(fed).toEqual([1_000, 1_000, 1_000]);
  // 65 s of sound are 650 tokens.
  expect(ledger.getReserved(guildId, personId)).toBeGreaterThan(650 * 100_000);
  sound.end();
  expect(ledger.getReserved(guildId)).toBe(0);
});

test('who speaks on after the money for the sound is used leaves none set aside', async () => {
  const { feed, ledger, sound, speak } = openFed(0.01);
  await speak(0);
  await speak(30);
  expect(sound.signal.aborted).toBe(true);
  feed();
  await speak(1);
  expect(ledger.getReserved(guildId)).toBe(0);
});

test('sound that is sent ahead ends where no money is left for it, and is not begun without any', async () => {
  const { fed, ledger, sound, speak } = openFed(0.01);
  await speak(0);
  await speak(30);
  const tokens = fed.length * 10;
  expect(tokens).toBeGreaterThan(0);
  expect(tokens * 100_000).toBeLessThanOrEqual(toUsd(0.01));
  expect(sound.signal.aborted).toBe(true);
  expect(ledger.getReserved(guildId)).toBe(0);
  const poor = openFed(0.0001);
  await poor.speak(3);
  expect(poor.fed).toEqual([]);
});

/** Files outside the tests that match, and are not among those that may. */
async function listStrays(pattern: RegExp, may: readonly RegExp[]) {
  const matches: string[] = [];
  for await (const path of sourceFiles('{src,commands,sandbox,doctor,setup}/**/*.ts')) {
    if (
      pattern.test(await readFile(path, 'utf8')) &&
      !may.some((item) => item.test(path))
    )
      matches.push(path);
  }
  return matches;
}

test('only the ledger makes reservations', async () => {
  const ledger = [/^src\/spending\/(session-budgets|reservation)\.ts$/];
  expect(await listStrays(/\bnew Reservation\b/, ledger)).toEqual([]);
});

/** Engines at servers that cost money. */
const openers =
  /import[^;]*\b(open(ChatModel|AudioChat|Transcriber|Synthesizer|Realtime\w+)|RealtimeConversation)\b[^;]*from '#src/;

test('engines are opened for sessions, which pay, and by doctor with the operator’s own money', async () =>
  expect(
    (
      await listStrays(openers, [/^src\/(chat|speech)\//, /^src\/app\/engines\//])
    ).toSorted(),
  ).toEqual(['doctor/examine-role.ts']));

test('an engine is made to be paid for in one place, and asked raw by no session', async () => {
  const places = [/^src\/spending\/paid-engine\.ts$/];
  expect(await listStrays(/\bcreatePaidEngines\(/, places)).toEqual([
    'src/app/shards/shard-bot.ts',
  ]);
  expect(
    await listStrays(/\b(new PaidEngine|createPaid(Chat|Voice|Recogniser))\(/, places),
  ).toEqual([]);
  const meters = /\b(withMeter|withVoiceMeter|meterTranscriber)\b/;
  expect(await listStrays(meters, [/^src\/(spending|pipeline|chat|speech)\//])).toEqual(
    [],
  );
});

test('a reservation that is watched is the same one: its turn and its end count once', () => {
  const reported: string[] = [];
  const reservation = new Reservation({
    guildId: noGuild,
    pay: () => undefined,
    hold: async () => undefined,
    turn: () => void reported.push('turn'),
    done: () => void reported.push('done'),
  });
  const watched = reservation.watchUsage(
    (usage) => void reported.push(`${usage.inputTokens}`),
  );
  watched.recordUsage({ inputTokens: 3, outputTokens: 1 });
  for (const one of [watched, reservation]) {
    one.markWanted();
    one.close();
  }
  expect(reported).toEqual(['3', 'turn', 'done']);
});
