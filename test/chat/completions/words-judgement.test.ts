import { AnswerText } from '#src/chat/completions/answer-text.ts';
import { answerStream, makeDelta } from '#test/fakes/providers/mock-audio-chat.ts';
import { countRuns, fc } from '#test/properties.ts';
import { joinText, openChatServer, stopChunk, toSaidChunk } from './chat-server.ts';

/** What is read in these pieces where a judgement is asked for. */
function readVerdicts(pieces: Iterable<string>, isThinking = false) {
  const verdicts: boolean[] = [];
  const text = new AnswerText({
    tools: ['lamp'],
    ownNames: ['Nova'],
    people: ['Ben'],
    isThinking,
    onJudged: (isWhole) => void verdicts.push(isWhole),
  });
  const shownText = [...pieces].map((piece) => text.push(piece)).join('');
  const sentence = shownText + text.flush(false);
  return { words: sentence, verdicts, calls: text.calls.map(({ name }) => name) };
}

const answer = 'Ten *miles*, "Ben".';
const heads: readonly (readonly [head: string, isWhole: boolean])[] = [
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
  ['<think>Whole? It goes on.</think>whole\n', true],
  ['<think>\nwhole\n</think>\n\ngoes on\n', false],
  ['goes on\n<think>Hm.</think>', false],
  ['whole\nNova: ', true],
  ['<think>Hm.</think>goes on\n**Nova:** ', false],
];

test('a judgement is taken out of an answer, with thoughts and the own name around it, in any pieces', async () => {
  const rows = fc.tuple(fc.constantFrom(...heads), fc.array(fc.nat(60)));
  const checkCuts = ([[head, isWhole], cuts]: readonly [
    (typeof heads)[number],
    readonly number[],
  ]) => {
    const text = `${head}${answer}`;
    const edges = [0, ...cuts.toSorted((a, b) => a - b), text.length];
    const pieces = edges.map((from, n) => text.slice(from, edges[n + 1]));
    expect(readVerdicts(pieces)).toEqual({
      words: answer,
      verdicts: [isWhole],
      calls: [],
    });
  };
  for (const row of heads) checkCuts([row, []]);
  fc.assert(fc.property(rows, checkCuts), { numRuns: countRuns(200) });
});

test.each([
  ['whole\n{"name": "lamp", "arguments": {"on": true}}', true],
  ['goes on\n```json\n{"name": "lamp", "arguments": {}}\n```', false],
  ['<think>Hm.</think>whole\n[lamp(on=True)]', true],
])('a call as text behind a judgement is no speech: %j', (text, isWhole) => {
  for (const pieces of [text, [text]])
    expect(readVerdicts(pieces)).toEqual({
      words: '',
      verdicts: [isWhole],
      calls: ['lamp'],
    });
});

test.each(['They want tea.</think>whole\nTen.', 'whole\nTen.'])(
  'a model that usually begins in a thought judges too: %j',
  (text) => {
    expect(readVerdicts(text, true)).toMatchObject({ words: 'Ten.', verdicts: [true] });
  },
);

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
])('an answer without a judgement is spoken as it is: %j', (text) => {
  expect(readVerdicts(text)).toEqual({ words: text, verdicts: [], calls: [] });
});

test('the first letter of an answer without a judgement waits for nothing', () => {
  const text = new AnswerText({
    tools: [],
    ownNames: ['Nova'],
    people: [],
    isThinking: false,
    onJudged: () => {},
  });
  expect(text.push('I')).toBe('I');
});

const order = { role: 'user', name: '', content: 'Whole?' } as const;

test.each([
  [
    'reasoning fields',
    [makeDelta({ reasoning_content: 'whole' }), toSaidChunk('goes on\nTen.')],
    'Ten.',
  ],
  ['nothing else', [toSaidChunk('goes on')], ''],
])(
  'a server that sends the judgement and %s is asked once',
  async (_, chunks, text) => {
    await using server = await openChatServer([answerStream([...chunks, stopChunk])]);
    const verdicts: boolean[] = [];
    const onJudged = (isWhole: boolean) => void verdicts.push(isWhole);
    const tools = [{ name: 'lamp', description: '', parameters: {} }];
    const { parts } = await server.ask([{ ...order, onJudged }], tools);
    expect(joinText(parts)).toBe(text);
    expect(verdicts).toEqual([false]);
    expect(server.bodies).toHaveLength(1);
    expect(JSON.stringify(server.bodies)).not.toContain('onJudged');
  },
);

test.each([
  'Goes on until ten.',
  'Whole milk is better.',
  '"Whole Lotta Love" is by them.',
  'Goes on and on.',
  'Whole\u2011grain bread.',
  'whole-ish',
])('an answer that begins like a judgement is whole: %s', (text) => {
  for (const pieces of [text, [text]])
    expect(readVerdicts(pieces)).toEqual({ words: text, verdicts: [], calls: [] });
});
