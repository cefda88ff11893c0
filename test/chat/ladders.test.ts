import { expect, test } from 'vitest';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { AudioChatModel } from '#src/chat/audio-chat-ports.ts';
import { ladderedAudioChat, ladderedChat } from '#src/chat/chat-ladder.ts';
import type { ChatModel } from '#src/chat/ports.ts';
import { audioModelStandIn } from '#src/pipeline/audio-model-stand-in.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { ladderOf } from '#test/fakes/ladders.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

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
  const { ladder } = ladderOf('chat', engines, new VirtualClock());
  const parts = await Array.fromAsync(ladderedChat(ladder).reply([], [], never));
  expect(parts).toEqual([
    { kind: 'usage', usage: count },
    { kind: 'text', text: 'Yes.' },
  ]);
});

test('where a model that hears fails, one that reads is shown the words', async () => {
  const failing = new FakeChat([[{ error: dead }]]);
  const hears: AudioChatModel = {
    reply: (_, tools, _voice, signal) => failing.reply([], tools, signal),
  };
  const chat = new FakeChat([['Five.']]);
  const standIn = audioModelStandIn(chat, new FakeTranscriber({ texts: ['two and three'] }));
  const { ladder } = ladderOf('chat', [hears, standIn], new VirtualClock());
  const samples = new Int16Array(16_000).fill(1000);
  const wav = writeWav({ samples, rateHz: 16_000, channels: 1 });
  const asked = [{ role: 'user', name: 'Ana', content: '', wav }] as const;
  const parts = await Array.fromAsync(ladderedAudioChat(ladder).reply(asked, [], 'alloy', never));
  expect(parts).toEqual([{ kind: 'text', text: 'Five.' }]);
  expect(chat.asked[0]?.messages).toEqual([
    { role: 'user', name: 'Ana', content: 'two and three' },
  ]);
});
