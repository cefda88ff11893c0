import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ChatModel } from '#src/chat/ports.ts';
import { asking } from '#src/speech/hints.ts';
import type { Synthesizer, Transcriber } from '#src/speech/ports.ts';
import {
  type Answering,
  type PaidEngine,
  type PaidPipeline,
  paidChat,
  paidRecogniser,
  paidVoice,
} from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';
import { sourceFiles } from '#test/source-files.ts';

const never = new AbortController().signal;

/** Whether a call with this is let through by the compiler. */
type Accepts<
  Call extends (reservation: never) => unknown,
  TalkOptions,
> = TalkOptions extends Parameters<Call>[0] ? true : false;
/** Whether an engine can be asked as it stands. */
type Has<Engine, Request extends string> = Request extends keyof Engine ? true : false;
/** All that a reservation has to show, written down by somebody else. */
type ForgedReservation = { readonly [Key in keyof Reservation]: Reservation[Key] };

/** `npm run types` fails where one of these becomes true. */
const refused: readonly [
  Has<PaidEngine<ChatModel>, 'reply'>,
  Has<PaidEngine<Synthesizer>, 'synthesize'>,
  Has<PaidEngine<Transcriber>, 'transcribe' | 'listen'>,
  Has<PaidPipeline, 'answer'>,
  Accepts<PaidEngine<ChatModel>['paidBy'], undefined>,
  Accepts<PaidEngine<ChatModel>['paidBy'], ForgedReservation>,
  Accepts<PaidPipeline['paidBy'], ForgedReservation>,
] = [false, false, false, false, false, false, false];
/** And where one of these becomes false. */
const allowed: readonly [
  Accepts<PaidEngine<ChatModel>['paidBy'], Reservation>,
  Has<Answering, 'answer'>,
] = [true, true];

test('the compiler refuses a request without a reservation, and one with a forged one', () => {
  expect([refused.some(Boolean), allowed.every(Boolean)]).toEqual([false, true]);
});

/** Files outside the tests that match, and are not among those that may. */
async function strays(pattern: RegExp, may: readonly RegExp[]): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const path of sourceFiles('{src,commands,sandbox,doctor,setup}/**/*.ts')) {
    if (pattern.test(await readFile(path, 'utf8')) && !may.some((one) => one.test(path)))
      found.push(path);
  }
  return found;
}

test('only the ledger makes reservations', async () => {
  const ledger = [/^src\/spending\/(session-budgets|reservation)\.ts$/];
  expect(await strays(/\bnew Reservation\b/, ledger)).toEqual([]);
});

/** Engines at servers that cost money. */
const openers =
  /import[^;]*\b(open(ChatModel|AudioChat|Transcriber|Synthesizer|Realtime\w+)|RealtimeTalk)\b[^;]*from '#src/;

test('engines are opened for sessions, which pay, and by doctor with the operator’s own money', async () => {
  const engines = [/^src\/(chat|speech)\//, /^src\/app\/engines\//];
  expect((await strays(openers, engines)).toSorted()).toEqual(['doctor/roles.ts']);
});

test('an engine is made to be paid for in one place, and asked raw by no session', async () => {
  const places = [/^src\/spending\/paid-engine\.ts$/];
  expect(await strays(/\bpaidEngines\(/, places)).toEqual(['src/app/shards/shard-bot.ts']);
  expect(await strays(/\b(new PaidEngine|paid(Chat|Voice|Recogniser))\(/, places)).toEqual([]);
  const meters = /\bmetered(Chat|Voice|Transcriber)\b/;
  expect(await strays(meters, [/^src\/(spending|pipeline|chat|speech)\//])).toEqual([]);
});

test('all that an engine is asked is counted to the reservation in hand', async () => {
  const paid: string[] = [];
  const reservation = new Reservation({ pay: (what) => void paid.push(what) });
  const chat = paidChat(new FakeChat([['Yes.']])).paidBy(reservation);
  await Array.fromAsync(chat.reply([{ role: 'user', name: '', content: 'Really?' }], [], never));
  const voice = paidVoice(new FakeSynthesizer({ pieces: 2 })).paidBy(reservation);
  await Array.fromAsync(voice.synthesize('Yes.', {}, never));
  const recogniser = paidRecogniser(new FakeTranscriber({ texts: ['yes'] })).paidBy(reservation);
  const pcm = { samples: new Int16Array(16_000).fill(1), rateHz: 16_000, channels: 1 } as const;
  await Array.fromAsync(recogniser.transcribe(pcm, never));
  expect(paid).toEqual(['think', 'speak', 'recognise']);
});

test('a recogniser with a language or words to expect is still paid for', async () => {
  const paid: string[] = [];
  const reservation = new Reservation({ pay: (what) => void paid.push(what) });
  const plain = new FakeTranscriber({ texts: ['yes'] });
  const asked = { hints: ['Nova'], language: 'de' };
  const reported = asking(paidRecogniser(plain).paidBy(reservation), asked);
  const pcm = { samples: new Int16Array(16_000).fill(1), rateHz: 16_000, channels: 1 } as const;
  for await (const _ of reported.transcribe(pcm, never));
  expect(plain.asked).toEqual([asked]);
  expect(paid).toEqual(['recognise']);
});

test('a reservation that is watched is the same one: its turn and its end count once', () => {
  const reported: string[] = [];
  const account = {
    pay: () => undefined,
    turn: () => void reported.push('turn'),
    done: () => void reported.push('done'),
  };
  const reservation = new Reservation(account);
  const watched = reservation.watched((usage) => void reported.push(`${usage.inputTokens}`));
  watched.used({ inputTokens: 3, outputTokens: 1 });
  for (const one of [watched, reservation]) {
    one.wanted();
    one.close();
  }
  expect(reported).toEqual(['3', 'turn', 'done']);
});
