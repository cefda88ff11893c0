import { expect, test } from 'vitest';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { audioChatWithFallbacks, chatWithFallbacks } from '#src/chat/chat-fallbacks.ts';
import type { AudioChatModel } from '#src/chat/completions/audio-chat-ports.ts';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel, Usage } from '#src/chat/ports.ts';
import { announced } from '#src/chat/usage.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { writeAnswer } from '#src/pipeline/written.ts';
import { servedBy } from '#src/provider/models/served-by.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';

const never = new AbortController().signal;
const dead = new BotError('provider.refused', false, 'No such model.', undefined, undefined, {
  status: 404,
});
const count = { inputTokens: 1, outputTokens: 1 };

test('a model that fails before its first word is replaced by the next one', async () => {
  const engines: ChatModel[] = [
    new FakeChat([[{ usage: count }, { error: dead }]]),
    new FakeChat([['Yes.']]),
  ];
  const { chain } = chainOf('chat', engines, new VirtualClock());
  const parts = await Array.fromAsync(chatWithFallbacks(chain).reply([], [], never));
  expect(parts).toEqual([
    { kind: 'usage', usage: count },
    { kind: 'text', text: 'Yes.' },
  ]);
});

test('who stands in says so first, so that an answer cut short is estimated as theirs, and a report counts alone', async () => {
  const by = servedBy('other', 'http://127.0.0.1:1');
  const asked = { role: 'user', name: 'Ana', content: 'Four?' } as const;
  const engines = (...steps: readonly ChatStep[]) => [
    new FakeChat([[{ error: dead }]]),
    announced(new FakeChat([steps]), by),
  ];
  const spentOn = async (all: readonly ChatModel[], isCut: boolean) => {
    const { chain } = chainOf('chat', all, new VirtualClock());
    const spent: Usage[] = [];
    const chat = meteredChat(chatWithFallbacks(chain), (usage) => void spent.push(usage));
    const writing = { chat, prompt: [asked], tools: [], host: { run: fail } };
    for await (const { kind } of writeAnswer(writing, never)) if (kind === 'text' && isCut) break;
    return spent;
  };
  const reported = { ...count, by };
  const estimated = { inputTokens: 2, outputTokens: 1, isEstimate: true };
  expect(await spentOn(engines('Yes.', { usage: reported }), false)).toEqual([reported]);
  expect(await spentOn(engines('Yes.', { usage: reported }), true)).toEqual([{ ...estimated, by }]);
  expect(await spentOn([new FakeChat([['Yes.', { usage: count }]])], true)).toEqual([estimated]);
});

test('a stand-in that refuses, too, takes nothing', async () => {
  const by = servedBy('other', 'http://127.0.0.1:1');
  const spent: Usage[] = [];
  const refusing = announced(new FakeChat([[{ error: dead }]]), by);
  const chat = meteredChat(refusing, (usage) => void spent.push(usage));
  const parts = writeAnswer({ chat, prompt: [], tools: [], host: { run: fail } }, never);
  await expect(Array.fromAsync(parts)).rejects.toMatchObject({ code: dead.code });
  expect(spent).toEqual([]);
});

async function fail(): Promise<never> {
  throw new Error('There are no tools.');
}

test('where a model that hears fails, one that reads is shown the words', async () => {
  const failing = new FakeChat([[{ error: dead }]]);
  const hears: AudioChatModel = {
    reply: (_, tools, _voice, signal) => failing.reply([], tools, signal),
  };
  const chat = new FakeChat([['Five.']]);
  const standIn = audioModelStandIn(chat);
  const { chain } = chainOf('chat', [hears, standIn], new VirtualClock());
  const samples = new Int16Array(16_000).fill(1000);
  const wav = writeWav({ samples, rateHz: 16_000, channels: 1 });
  const words = async () => 'two and three';
  const asked = [{ role: 'user', name: 'Ana', content: '', wav, words }] as const;
  const parts = await Array.fromAsync(
    audioChatWithFallbacks(chain).reply(asked, [], 'alloy', never),
  );
  expect(parts).toEqual([{ kind: 'text', text: 'Five.' }]);
  expect(chat.asked[0]?.messages).toEqual([
    { role: 'user', name: 'Ana', content: 'two and three' },
  ]);
});

test('each of several models that are announced as one is counted, under its own name', async () => {
  const [first, second] = ['one', 'other'].map((name) => servedBy(name, 'http://127.0.0.1:1'));
  if (!first || !second) throw new Error('There are two.');
  const broken = new BotError('provider.truncated', true, 'It broke off.');
  const engines = [
    new FakeChat([[{ error: broken }]]),
    announced(new FakeChat([['Yes.']]), second),
  ];
  const clock = new VirtualClock();
  const { chain } = chainOf<ChatModel>('chat', engines, clock);
  const spent: Usage[] = [];
  const laddered = announced(chatWithFallbacks(chain), first);
  const chat = meteredChat(laddered, (usage) => void spent.push(usage));
  const answer = Array.fromAsync(chat.reply([], [], never));
  await clock.advance(1_000);
  await answer;
  expect(spent.map(({ by }) => by)).toEqual([first, first, second]);
});
