import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import type { LiveReply } from '#test/fakes/providers/live-model.ts';
import { openLiveServer } from '#test/fakes/providers/live-sockets.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { openBotDoors } from '#test/speech/dialects/bot-doors.ts';
import { startAimock } from './start-aimock.ts';

let replies: readonly LiveReply[] = [];
/** Stands where OpenAI would: aimock judges both of us, and passes on what is right. */
const vendor = await openLiveServer({ answer: (n) => replies[n] ?? {} });
const chat = await openMockProviders({
  replies: [
    { match: 'done', text: 'The lamp is on.' },
    { match: /./, call: { name: 'lamp', argumentsJson: '{"on":true}' } },
  ],
});
const aimock = await startAimock(new URL(vendor.baseUrl).origin);
afterAll(async () => {
  await aimock[Symbol.asyncDispose]();
  await vendor[Symbol.asyncDispose]();
  await chat[Symbol.asyncDispose]();
});

function openBot(overrides: Readonly<Record<string, string>> = {}) {
  return openBotDoors({
    PIPELINE: 'live',
    LIVE_BASE_URL: aimock.baseUrl,
    CHAT_COMPLETION_BASE_URL: chat.baseUrl,
    CHAT_COMPLETION_MODEL: 'writes',
    TRANSCRIPTION_BASE_URL: chat.baseUrl,
    SPEECH_BASE_URL: chat.baseUrl,
    LIVE_SILENCE_SECONDS: '1',
    ...overrides,
  });
}

/** Refusals that aimock tells instead of passing an event on end a session. */
async function expectWholeSession(sessions: number) {
  await expect
    .poll(() => vendor.sessions.at(-1)?.isClosed, { timeout: 10_000 })
    .toBe(true);
  expect(vendor.sessions).toHaveLength(sessions);
  const types = vendor.sessions.at(-1)?.commands.map(({ type }) => type) ?? [];
  expect(types.at(0)).toBe('session.start');
  expect(types.at(-1)).toBe('session.close');
  return types;
}

// Proves: aimock by real (1.43.0: talking live)
test('aimock takes all that a spoken question sends, and the answer is heard', async () => {
  replies = [{ says: 'It is four.', hears: 'What time is it?' }];
  await using bot = await openBot();
  const { error, parts } = await bot.answer('What time is it?');
  expect([error, joinTexts(parts)]).toEqual([undefined, 'It is four.']);
  expect(parts.some(({ kind }) => kind === 'audio')).toBe(true);
  expect(bot.news.filter(({ kind }) => kind === 'fallback-on')).toEqual([]);
  await expectWholeSession(1);
});

test('aimock takes a result of work, whose tool ran once', async () => {
  replies = [{ delegates: true, says: 'One moment.', hears: 'Lamp on, please.' }];
  await using bot = await openBot();
  const { error, parts } = await bot.answer('Lamp on, please.');
  expect(error).toBeUndefined();
  expect(joinTexts(parts)).toMatch(/^One moment\.\s*The lamp is on\.$/);
  expect(bot.host.ran).toMatchObject([{ name: 'lamp', argumentsJson: '{"on":true}' }]);
  expect(await expectWholeSession(2)).toContain('session.commentary.append');
});

test('a model that aimock does not know ends the session, and the chat model answers', async () => {
  await using bot = await openBot({ LIVE_MODEL: 'gpt-live-9' });
  const { error, parts } = await bot.answer('Lamp on, please.');
  expect([error, joinTexts(parts)]).toEqual([undefined, 'The lamp is on.']);
  expect(bot.news.filter(({ kind }) => kind === 'fallback-on')).toHaveLength(1);
});
