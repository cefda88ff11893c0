import {
  AnswerText,
  type AnswerTextOptions,
  listRows,
} from '#src/chat/completions/answer-text.ts';
import streamEnds from '#src/chat/marks/stream-ends.json' with { type: 'json' };
import templateTokens from '#src/chat/marks/template-tokens.json' with { type: 'json' };
import thoughts from '#src/chat/marks/thoughts.json' with { type: 'json' };
import wrappers from '#src/chat/marks/wrappers.json' with { type: 'json' };
import writtenCalls from '#src/chat/marks/written-calls.json' with { type: 'json' };
import metMarks from '#test/fakes/dialects/met-marks.json' with { type: 'json' };
import { answerStream, makeDelta } from '#test/fakes/providers/mock-audio-chat.ts';
import { cutText } from '#test/fakes/providers/send-paced.ts';
import { findSuperlinear, repeatUnit } from '#test/regexps/measure-growth.ts';
import { joinText, openChatServer, toSaidChunk } from './chat-server.ts';

const talk: AnswerTextOptions = {
  tools: ['lamp', 'door'],
  ownNames: ['Nova'],
  people: ['Ben', 'Ana'],
  isThinking: false,
};

/** What is made of a text that comes in these pieces. */
function readIn(
  pieces: readonly Uint8Array[],
  options: Partial<AnswerTextOptions> = {},
) {
  const answer = new AnswerText({ ...talk, ...options });
  const decoder = new TextDecoder();
  const shownTexts = pieces.map((piece) =>
    answer.push(decoder.decode(piece, { stream: true })),
  );
  const text = `${shownTexts.join('')}${answer.flush(false)}`;
  return { words: text, calls: answer.calls, faults: answer.faults };
}

/** The same for every cut of a text. */
function readCut(text: string, options?: Partial<AnswerTextOptions>) {
  const [first, ...others] = [...cutText(text)].map((pieces) =>
    readIn(pieces, options),
  );
  for (const other of others) expect(other).toEqual(first);
  if (!first) throw new Error('a text without bytes');
  return first;
}

const allThoughts = [
  ...listRows(thoughts),
  ...listRows<{ open: string; close: string }>(metMarks.thoughts),
];

test.each(allThoughts)(
  'nothing between $open and $close is said, cut at every byte',
  ({ open, close }) =>
    expect(
      readCut(`${open}They want tea.\nBe brief.${close}\n\nEarl Grey.`).words,
    ).toBe('Earl Grey.'),
);

test.each(allThoughts)(
  'of thoughts that only $close ends, nothing is said once that is known',
  ({ close }) => {
    const text = `They want tea. Be brief.${close}\n\nEarl Grey.`;
    expect(readCut(text).faults).toContain('thoughts');
    expect(readCut(text, { isThinking: true }).words).toBe('Earl Grey.');
    expect(readCut('Earl Grey.', { isThinking: true })).toMatchObject({
      words: 'Earl Grey.',
      faults: ['no thoughts'],
    });
  },
);

test('of the channels of gpt-oss only the last is said', () => {
  const text =
    '<|channel|>analysis<|message|>They want tea.<|end|><|start|>assistant<|channel|>final<|message|>Earl Grey.<|return|>';
  expect(readCut(text).words).toBe('Earl Grey.');
});

test.each([...listRows(templateTokens), ...listRows<string>(metMarks.ends)])(
  'an answer ends before %s, cut at every byte',
  (mark) => {
    const { words, faults } = readCut(`It is four.${mark}\nuser\nAnd what is five?`);
    expect([words, faults]).toEqual(['It is four.', ['template']]);
  },
);

test.each([...listRows(wrappers.before), ...listRows<string>(metMarks.wrappers)])(
  '%s around an answer is not said, cut at every byte',
  (mark) => expect(readCut(`${mark}\nIt is four.`).words).toBe('It is four.'),
);

test.each(writtenCalls)(
  'a call behind $open is one, and no words, cut at every byte',
  ({ like, parser }) => {
    const { words, calls, faults } = readCut(like);
    expect([words, faults]).toEqual(['', [{ parser }]]);
    expect(
      calls.map(({ name, argumentsJson }) => [name, JSON.parse(argumentsJson)]),
    ).toEqual([['lamp', { on: true }]]);
    // Without such a tool it is dropped all the same.
    expect(readCut(like, { tools: [] })).toMatchObject({ words: '', calls: [] });
  },
);

test.each([
  '{"name": "lamp", "parameters": {"on": true}}',
  '```json\n{"name": "lamp", "arguments": {"on": true}}\n```',
  '[{"function": {"name": "lamp", "arguments": "{\\"on\\": true}"}}]',
  '[lamp(on=True)]',
  // https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/tokens/tokenizers/instruct.py
  '[TOOL_CALLS]lamp[CALL_ID]a1b2c3d4e[ARGS]{"on": true}',
  '<tool_call>lamp\n<arg_key>on</arg_key>\n<arg_value>true</arg_value>\n</tool_call>',
  '<tool_call>\n<function=lamp>\n<parameter=on>\ntrue\n</parameter>\n</function>\n</tool_call>',
  '<think>The lamp.\n<tool_call>{"name": "lamp", "arguments": {"on": true}}</tool_call>',
])('%s is a call', (text) => {
  const { words, calls } = readCut(text);
  expect([
    words,
    calls.map(({ name, argumentsJson }) => [name, JSON.parse(argumentsJson)]),
  ]).toEqual(['', [['lamp', { on: true }]]]);
});

test.each([
  '{"name": "Ben", "age": 4}',
  '[laughs] It is four.',
  'Use `<b>` and a < b.',
  'They said:\nBen: tea\nAna: coffee',
  'Ben, for Lima: it is four.',
])('%s is said as it is', (text) =>
  expect(readCut(text)).toMatchObject({ words: text, calls: [] }),
);

test.each([
  ['Nova: It is four.', 'It is four.'],
  ['**Nova:** It is four.', 'It is four.'],
  ['It is four.\nBen: and now?\nNova: Five.', 'It is four.'],
])('names that the model wrote as in the history are not said: %j', (text, sentence) =>
  expect(readCut(text).words).toBe(sentence),
);

test('no mark of the tables stands for two things', () => {
  const marks = [
    ...new Set(listRows(thoughts).flatMap(({ open, close }) => [open, close])),
    ...listRows(wrappers.before),
    ...listRows(templateTokens),
    ...writtenCalls.map(({ open }) => open),
  ].map((mark) => mark.toLowerCase());
  expect(marks.length).toBe(new Set(marks).size);
});

const means = {
  whole: undefined,
  cut: undefined,
  filtered: undefined,
  failed: 'provider.truncated',
} as Readonly<Record<string, string | undefined>>;

test.each(Object.values(streamEnds).flatMap((reasons) => Object.entries(reasons)))(
  'a stream that ends with %s is %s',
  async (reason, end) => {
    await using server = await openChatServer([
      answerStream([toSaidChunk('Hi.'), makeDelta({}, reason)], { end: 'close' }),
    ]);
    const { parts, error } = await server.ask();
    expect(joinText(parts)).toBe('Hi.');
    expect((error as { code?: string } | undefined)?.code).toBe(means[end]);
    expect(parts.some(({ kind }) => kind === 'cut')).toBe(end === 'cut');
  },
);

// An error inside a stream of Ollama comes as an empty chunk and a break:
// https://github.com/ollama/ollama/blob/main/middleware/openai.go
test.each([null, '', 'null', 'unknown', { toString: 1 }])(
  '%j is no end of a stream, but [DONE] is one',
  async (reason) => {
    const chunks = [
      makeDelta({ content: 'Hi' }, reason),
      makeDelta({ content: ' Ana.' }, reason),
      makeDelta({ content: '' }),
    ];
    for (const end of ['close', 'done'] as const) {
      await using server = await openChatServer([answerStream(chunks, { end })]);
      const { parts, error } = await server.ask();
      expect(joinText(parts)).toBe('Hi Ana.');
      const broken = end === 'close' ? { code: 'provider.truncated' } : undefined;
      if (broken) expect(error).toMatchObject(broken);
      else expect(error).toBeUndefined();
    }
  },
);

test.each([
  '<',
  '<think>',
  '<|im_',
  '<tool_call>lamp(',
  '\nBen',
  '{"name"',
  '[lamp(on=',
])('a text of %j again and again is read in linear time', (unit) => {
  const readText = (text: string) => readIn([Buffer.from(text)]);
  expect(findSuperlinear(readText, repeatUnit(unit, ''))).toBeUndefined();
});
