import { readFile } from 'node:fs/promises';
import { noGuild } from '#src/base/ids.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { Synthesizer, Transcriber } from '#src/speech/speech-engine.ts';
import type { Answering, PaidEngine, PaidPipeline } from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { sourceFiles } from '#test/source-files.ts';

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
  Accepts<PaidEngine<ChatModel>['withReservation'], undefined>,
  Accepts<PaidEngine<ChatModel>['withReservation'], ForgedReservation>,
  Accepts<PaidPipeline['withReservation'], ForgedReservation>,
] = [false, false, false, false, false, false, false];
/** And where one of these becomes false. */
const allowed: readonly [
  Accepts<PaidEngine<ChatModel>['withReservation'], Reservation>,
  Has<Answering, 'answer'>,
] = [true, true];

test('the compiler refuses a request without a reservation, and one with a forged one', () =>
  expect([refused.some(Boolean), allowed.every(Boolean)]).toEqual([false, true]));

/** Files outside the tests that match, and are not among those that may. */
async function strays(pattern: RegExp, may: readonly RegExp[]) {
  const found: string[] = [];
  for await (const path of sourceFiles('{src,commands,sandbox,doctor,setup}/**/*.ts')) {
    if (
      pattern.test(await readFile(path, 'utf8')) &&
      !may.some((one) => one.test(path))
    )
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
  /import[^;]*\b(open(ChatModel|AudioChat|Transcriber|Synthesizer|Realtime\w+)|RealtimeConversation)\b[^;]*from '#src/;

test('engines are opened for sessions, which pay, and by doctor with the operator’s own money', async () =>
  expect(
    (
      await strays(openers, [/^src\/(chat|speech)\//, /^src\/app\/engines\//])
    ).toSorted(),
  ).toEqual(['doctor/examine-role.ts']));

test('an engine is made to be paid for in one place, and asked raw by no session', async () => {
  const places = [/^src\/spending\/paid-engine\.ts$/];
  expect(await strays(/\bcreatePaidEngines\(/, places)).toEqual([
    'src/app/shards/shard-bot.ts',
  ]);
  expect(
    await strays(/\b(new PaidEngine|createPaid(Chat|Voice|Recogniser))\(/, places),
  ).toEqual([]);
  const meters = /\b(withMeter|withVoiceMeter|meterTranscriber)\b/;
  expect(await strays(meters, [/^src\/(spending|pipeline|chat|speech)\//])).toEqual([]);
});

test('a reservation that is watched is the same one: its turn and its end count once', () => {
  const reported: string[] = [];
  const reservation = new Reservation({
    guildId: noGuild,
    pay: () => undefined,
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
