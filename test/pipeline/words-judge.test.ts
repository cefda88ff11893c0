import {
  judgeOrder,
  type WordsVerdict,
  withWordsJudge,
} from '#src/pipeline/words-judge.ts';
import { type ChatStep, FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';
import { countRuns, fc } from '#test/properties.ts';

const never = new AbortController().signal;
const said = [{ role: 'user', name: 'Ben', content: 'How far is it?' }] as const;
const served = { kind: 'remote', model: 'other', host: 'localhost' } as const;

/** What a judging model of these rounds says in each of so many requests, and what it judged. */
async function ask(rounds: readonly (readonly ChatStep[])[], requests = 1) {
  const chat = new FakeChat(rounds);
  const verdicts: WordsVerdict[] = [];
  const wanted = Promise.withResolvers<void>();
  const judging = withWordsJudge(chat, {
    onJudged: (verdict) => void verdicts.push(verdict),
    waitUntilWanted: () => wanted.promise,
  });
  const texts: string[] = [];
  const reading = (async () => {
    for (let n = 0; n < requests; n++) {
      let text = '';
      for await (const part of judging.reply(said, [], never))
        if (part.kind === 'text') text += part.text;
      texts.push(text);
    }
  })();
  return { chat, reading, texts, verdicts, want: () => wanted.resolve() };
}

async function askOnce(...steps: readonly ChatStep[]) {
  const { reading, texts, verdicts } = await ask([steps]);
  await reading;
  expect(verdicts).toHaveLength(1);
  return { text: texts[0], isWhole: verdicts[0]?.isWhole };
}

const answer = 'Ten *miles*, "Ben".';
const judged: readonly (readonly [head: string, isWhole: boolean])[] = [
  ['whole\n', true],
  ['goes on\n', false],
  ['Whole.\n\n', true],
  ['GOES ON!\n', false],
  ['\n "whole"\n', true],
  ['\u201cgoes on\u201d \n', false],
  ['**whole**\n', true],
  ['`goes-on`\n', false],
  ['goes_on: ', false],
  ['[whole] ', true],
  ['(Whole) - ', true],
  ['<whole>\n', true],
  ['{"goes on"}\n', false],
  ['whole \u2014 ', true],
  ['- whole\n', true],
  ['# Goes on\r\n', false],
  ['whole | ', true],
  ['Goes on\u2026 ', false],
];

test.each(judged)(
  'the judgement %j is taken out of an answer',
  async (head, isWhole) => {
    expect(await askOnce(`${head}${answer}`)).toEqual({ text: answer, isWhole });
  },
);

test('a judgement that comes in any pieces is the same', async () => {
  const rows = fc.tuple(fc.constantFrom(...judged), fc.array(fc.nat(40)));
  const property = fc.asyncProperty(rows, async ([[head, isWhole], cuts]) => {
    const text = `${head}${answer}`;
    const edges = [0, ...cuts.sort((a, b) => a - b), text.length];
    const pieces = edges.map((from, n) => text.slice(from, edges[n + 1]));
    expect(await askOnce(...pieces)).toEqual({ text: answer, isWhole });
  });
  await fc.assert(property, { numRuns: countRuns(200) });
});

test.each([
  'Wholesome food is here.',
  'Whole-grain bread.',
  'Go on, tell me!',
  'Goes online.',
  'It is the whole of it.',
  '"Ben" is a name.',
  '... and so on.',
  '- one\n- two',
  '42.',
  '',
  '\u5168\u90e8\u3002',
])('an answer without a judgement is spoken as it is: %j', async (text) => {
  expect(await askOnce(...text)).toEqual({ text, isWhole: undefined });
});

test('the first letter of an answer without a judgement waits for nothing', async () => {
  const { texts, verdicts } = await ask([['It', 'stall']]);
  await vi.waitFor(() => expect(verdicts).toHaveLength(1));
  expect(texts).toEqual([]);
});

test('the order stands behind the newest words, in the first request alone', async () => {
  const rounds = [['whole\n', makeToolCall('clock')], ['It is noon.']];
  const { chat, reading, texts, verdicts } = await ask(rounds, 2);
  await reading;
  const [first, second] = chat.asked.map(({ messages }) => messages);
  expect(first).toEqual([...said, judgeOrder]);
  expect(second).toEqual(said);
  expect(texts).toEqual(['', 'It is noon.']);
  expect(verdicts.map(({ isWhole }) => isWhole)).toEqual([true]);
});

test('a model that only judges is asked for its answer once that is wanted', async () => {
  const { chat, reading, texts, verdicts, want } = await ask([['goes on'], ['Ten.']]);
  await vi.waitFor(() => expect(verdicts).toHaveLength(1));
  expect(chat.asked).toHaveLength(1);
  want();
  await reading;
  expect(texts).toEqual(['Ten.']);
  expect(chat.asked[1]?.messages).toEqual(said);
});

test('the model that answered is named, where another stands in', async () => {
  const usage = { inputTokens: 0, outputTokens: 0, by: served };
  const { reading, verdicts } = await ask([[{ usage }, 'whole\nTen.']]);
  await reading;
  expect(verdicts).toEqual([{ isWhole: true, model: 'other' }]);
});

test('a request that fails judges nothing', async () => {
  const { reading, verdicts } = await ask([[{ error: new Error('away') }]]);
  await expect(reading).rejects.toThrow('away');
  expect(verdicts).toEqual([]);
});
