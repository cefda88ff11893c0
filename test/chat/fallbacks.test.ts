import { writeWav } from '#src/audio/formats/wav.ts';
import { BotError } from '#src/base/errors.ts';
import type { ChatModel, Usage } from '#src/chat/chat-model.ts';
import { createChatChain, withMeter } from '#src/chat/metered-chat.ts';
import { createAudioModelStandIn } from '#src/pipeline/audio-model/audio-model-stand-in.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const dead = new BotError(
  'provider.refused',
  false,
  'No such model.',
  undefined,
  undefined,
  {
    status: 404,
  },
);
test('if a model that hears sound fails, a text model gets the words', async () => {
  const failing = new FakeChat([[{ error: dead }]]);
  const hears: ChatModel = {
    reply: (_, tools, signal) => failing.reply([], tools, signal),
  };
  const chat = new FakeChat([['Five.']]);
  const standIn = createAudioModelStandIn(chat);
  const { chain } = makeChain('chat', [hears, standIn], new VirtualClock());
  const samples = new Int16Array(16_000).fill(1000);
  const wav = writeWav({ samples, rateHz: 16_000, channels: 1 });
  const getWords = async () => 'two and three';
  const request = [
    { role: 'user', name: 'Ana', content: '', wav, words: getWords },
  ] as const;
  const chatParts = await Array.fromAsync(
    createChatChain(chain).reply(request, [], never, undefined, 'alloy'),
  );
  expect(chatParts).toEqual([{ kind: 'text', text: 'Five.' }]);
  expect(chat.asked[0]?.messages).toEqual([
    { role: 'user', name: 'Ana', content: 'two and three' },
  ]);
});

const question = [
  { role: 'user', name: 'Ana', content: 'Four letters: why?' },
] as const;
const reported: Usage = { inputTokens: 9, outputTokens: 2 };

/** Fails, stays silent, or says `Well.` and what it took. */
function makeModel(
  outcome: BotError | 'silent' | 'answer',
  clock: VirtualClock,
): ChatModel {
  return {
    async *reply(_messages, _tools, signal) {
      if (outcome instanceof BotError) throw outcome;
      if (outcome === 'silent') await clock.sleep(3_600_000, signal);
      yield { kind: 'text', text: 'Well.' };
      yield { kind: 'usage', usage: reported };
    },
  };
}

async function spentOn(
  ...outcomes: Parameters<typeof makeModel>[0][]
): Promise<readonly Usage[]> {
  const clock = new VirtualClock();
  const models = outcomes.map((outcome) => makeModel(outcome, clock));
  const spent: Usage[] = [];
  const { chain } = makeChain<ChatModel>('chat', models, clock);
  const metered = withMeter(createChatChain(chain), {
    recordUsage: (usage) => void spent.push(usage),
  });
  const answer = Array.fromAsync(metered.reply(question, [], never));
  await clock.advance(301_000);
  await answer;
  return spent;
}

test('a chat model that is given up as late is paid for what it was asked, beside the one that answers', async () => {
  const usage: Usage = { inputTokens: 5, outputTokens: 0, isEstimate: true };
  const spent = await spentOn('silent', 'answer');
  expect(spent).toHaveLength(2);
  expect(spent).toContainEqual(usage);
  expect(spent).toContainEqual(reported);
});
