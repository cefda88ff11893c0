import { realClock } from '#src/base/clock.ts';
import type { LiveFact } from '#src/provider/live/live-protocol.ts';
import { LiveSession, liveRateHz } from '#src/provider/live/live-session.ts';
import { joinTexts } from '#test/contracts/pipeline-contract.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { openBotDoors } from '#test/speech/dialects/bot-doors.ts';

const { AIMOCK } = process.env;
const pcm = Buffer.from(makeTone('The lamp is on.', liveRateHz).buffer);
const call = { name: 'delegate', arguments: '{}', id: 'call_gemini' };

beforeAll(async () => {
  const fixtures = [
    {
      match: { toolCallId: call.id },
      response: { audio: pcm.toString('base64'), format: 'pcm' },
    },
    { match: { userMessage: 'Light the stove' }, response: { toolCalls: [call] } },
  ];
  const added = await fetch(`${AIMOCK}/__aimock/fixtures`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fixtures }),
  });
  expect(added.status).toBe(200);
});

// Proves: aimock by real (1.43.0: Gemini Live, without the sound of people)
test('aimock takes the setup, the earlier words and a result, and its call and its sound are read', async () => {
  const server = { baseUrl: `${AIMOCK}`, model: 'gemini-3.8-live' };
  const start = {
    instructions: 'Be brief.',
    voice: 'Kore',
    // It answers earlier words, which the real server only keeps.
    history: [{ role: 'user', text: 'Light the stove' }] as const,
  };
  const { signal } = new AbortController();
  const session = await LiveSession.open(server, start, realClock, signal);
  const facts: LiveFact[] = [];
  const closed: unknown[] = [];
  session.attach({
    onFact: (fact) => void facts.push(fact),
    onOver: (error) => void closed.push(error),
  });
  const listKinds = () => facts.map(({ kind }) => kind);
  await expect.poll(listKinds).toEqual(['delegated', 'silent']);
  expect(facts[0]).toEqual({ kind: 'delegated', id: call.id });
  session.append('thinking', 'The person who speaks now is Ana.');
  const result = { delegationId: call.id, text: 'The lamp is on.', isLast: true };
  session.giveResult(result);
  await expect.poll(listKinds).toContain('sound');
  expect(facts).toContainEqual({ kind: 'sound', bytes: pcm });
  expect([closed, session.isAlive]).toEqual([[], true]);
  session.close();
});

test('aimock takes no sound of people over Gemini Live and says so, and the chat model answers', async () => {
  await using chat = await openMockProviders({
    replies: [{ match: /./, text: 'The kettle is warm.' }],
  });
  await using bot = await openBotDoors({
    PIPELINE: 'live',
    LIVE_BASE_URL: `${AIMOCK}`,
    LIVE_MODEL: 'gemini-3.8-live',
    CHAT_COMPLETION_BASE_URL: chat.baseUrl,
    CHAT_COMPLETION_MODEL: 'writes',
    TRANSCRIPTION_BASE_URL: chat.baseUrl,
    SPEECH_BASE_URL: chat.baseUrl,
  });
  const { error, parts } = await bot.answer('Warm the kettle, please.');
  expect([error, joinTexts(parts)]).toEqual([undefined, 'The kettle is warm.']);
  expect(bot.news.filter(({ kind }) => kind === 'fallback-on')).toHaveLength(1);
});
