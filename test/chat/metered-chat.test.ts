import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import { chatWithFallbacks } from '#src/chat/chat-fallbacks.ts';
import { meteredChat } from '#src/chat/metered-chat.ts';
import type { ChatModel, Usage } from '#src/chat/ports.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';

const never = new AbortController().signal;
const question = [{ role: 'user', name: 'Ana', content: 'Four letters: why?' }] as const;
const reported: Usage = { inputTokens: 9, outputTokens: 2 };

/** Fails, stays silent, or says `Well.` and what it took. */
function model(outcome: BotError | 'silent' | 'answer', clock: VirtualClock): ChatModel {
  return {
    async *reply(_messages, _tools, signal) {
      if (outcome instanceof BotError) throw outcome;
      if (outcome === 'silent') await clock.sleep(3_600_000, signal);
      yield { kind: 'text', text: 'Well.' };
      yield { kind: 'usage', usage: reported };
    },
  };
}

async function spentOn(...outcomes: Parameters<typeof model>[0][]): Promise<readonly Usage[]> {
  const clock = new VirtualClock();
  const models = outcomes.map((outcome) => model(outcome, clock));
  const spent: Usage[] = [];
  const { chain } = chainOf<ChatModel>('chat', models, clock);
  const metered = meteredChat(chatWithFallbacks(chain), (usage) => void spent.push(usage));
  const answer = Array.fromAsync(metered.reply(question, [], never));
  await clock.advance(301_000);
  await answer;
  return spent;
}

test('a chat model that is given up as late is paid for what it was asked, beside the one that answers', async () => {
  const asked: Usage = { inputTokens: 5, outputTokens: 0, isEstimate: true };
  const spent = await spentOn('silent', 'answer');
  expect(spent).toHaveLength(2);
  expect(spent).toContainEqual(asked);
  expect(spent).toContainEqual(reported);
});

test('a chat model that refuses costs nothing, and the one that answers in its place what it took', async () => {
  const no = new BotError('provider.bad_key', false, 'No.');
  expect(await spentOn(no, 'answer')).toEqual([reported]);
});

test('an answer that broke off before it is asked for once more is paid twice', async () => {
  const broken = new BotError('provider.truncated', true, 'It broke off.');
  const clock = new VirtualClock();
  let asked = 0;
  const failing: ChatModel = {
    reply: (...args) => model(asked++ === 0 ? broken : 'answer', clock).reply(...args),
  };
  const spent: Usage[] = [];
  const two = [failing, model('answer', clock)];
  const { chain } = chainOf<ChatModel>('chat', two, clock);
  const metered = meteredChat(chatWithFallbacks(chain), (usage) => void spent.push(usage));
  const answer = Array.fromAsync(metered.reply(question, [], never));
  await clock.advance(1_000);
  await answer;
  expect(spent).toEqual([{ inputTokens: 5, outputTokens: 0, isEstimate: true }, reported]);
});
