import type { ChatMessage, ChatModel, ChatPart } from '#src/chat/chat-model.ts';
import { judgeOrder, withWordsJudge } from '#src/pipeline/words-judge.ts';

const said = [{ role: 'user', name: 'Ben', content: 'How far is it?' }] as const;
const shownTexts = ['How far is it?'];
const ten = { kind: 'text', text: 'Ten.' } as const;
const by = { kind: 'remote', model: 'other', host: 'localhost' } as const;
const usage: ChatPart = {
  kind: 'usage',
  usage: { inputTokens: 0, outputTokens: 0, by },
};
const call: ChatPart = {
  kind: 'tool',
  call: { id: 'a', name: 'clock', argumentsJson: '{}' },
};

type Step = ChatPart | boolean | Error;

/** A step of a model: a part of its answer, a judgement or an error. */
function* performStep(step: Step, last: ChatMessage | undefined) {
  if (step instanceof Error) throw step;
  if (typeof step === 'object') yield step;
  else if (last && 'onJudged' in last) last.onJudged?.(step);
}

/** A model of these rounds that judges, and what it was shown and judged. */
function openJudging(...rounds: readonly (readonly Step[])[]) {
  const requests: string[][] = [];
  const verdicts: unknown[] = [];
  const wanted = Promise.withResolvers<void>();
  const chat: ChatModel = {
    async *reply(messages) {
      requests.push(messages.map(({ content }) => content));
      for (const step of rounds[requests.length - 1] ?? [])
        yield* performStep(step, messages.at(-1));
    },
  };
  const judging = withWordsJudge(chat, {
    awaitJudgement: () => (isWhole, model) => void verdicts.push([isWhole, model]),
    waitUntilWanted: () => wanted.promise,
  });
  const readJudged = () =>
    Array.fromAsync(judging.reply(said, [], new AbortController().signal));
  return { asked: requests, read: readJudged, verdicts, want: wanted.resolve };
}

test('the order stands behind the newest words, in the first request alone', async () => {
  const { asked, read, verdicts } = openJudging([true, call], [ten]);
  expect([await read(), await read()]).toEqual([[call], [ten]]);
  expect(asked).toEqual([[...shownTexts, judgeOrder.content], shownTexts]);
  expect(verdicts).toEqual([[true, undefined]]);
});

test.each<readonly [string, readonly Step[], unknown]>([
  ['names the model, where another stands in', [usage, true, ten], [true, 'other']],
  ['is known to miss at the first word', [ten, ten], [undefined, undefined]],
])('a judgement %s', async (_, round, verdict) => {
  const { read, verdicts } = openJudging(round);
  await read();
  expect(verdicts).toEqual([verdict]);
});

test('a model that only judges is asked for its answer once that is wanted, and counts as one without a judgement', async () => {
  const { asked, read, verdicts, want } = openJudging([false], [ten]);
  const reading = read();
  await expect.poll(() => verdicts).toHaveLength(2);
  expect(verdicts).toEqual([
    [false, undefined],
    [undefined, undefined],
  ]);
  expect(asked).toHaveLength(1);
  want();
  expect(await reading).toEqual([ten]);
  expect(asked[1]).toEqual(shownTexts);
});

test.each<readonly [string, readonly Step[]]>([
  ['fails', [usage, new Error('away')]],
  ['ends without an answer', [usage]],
])('a request that %s will not be judged any more', async (_, round) => {
  const { read, verdicts } = openJudging(round);
  await read().catch(() => undefined);
  expect(verdicts).toEqual([['unanswered', 'other']]);
});
