import {
  AnswerText,
  type AnswerTextOptions,
  listRows,
} from '#src/chat/completions/answer-text.ts';
import { AnswerWords } from '#src/chat/completions/answer-words.ts';
import streamEnds from '#src/chat/marks/stream-ends.json' with { type: 'json' };
import templateTokens from '#src/chat/marks/template-tokens.json' with { type: 'json' };
import thoughts from '#src/chat/marks/thoughts.json' with { type: 'json' };
import wrappers from '#src/chat/marks/wrappers.json' with { type: 'json' };
import writtenCalls from '#src/chat/marks/written-calls.json' with { type: 'json' };
import metMarks from '#test/fakes/dialects/met-marks.json' with { type: 'json' };
import { answerStream, makeDelta } from '#test/fakes/providers/mock-audio-chat.ts';
import { cutText } from '#test/fakes/providers/send-paced.ts';
import { countRuns, fc } from '#test/properties.ts';
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

const timerTalk: AnswerTextOptions = {
  tools: ['lamp', 'set_timer'],
  ownNames: ['Nova'],
  people: ['Ben', 'Ana'],
  isThinking: false,
};

/** Reads a text that comes in these pieces. */
function readPieces(pieces: readonly string[], options: Partial<AnswerTextOptions>) {
  const answer = new AnswerText({ ...timerTalk, ...options });
  const text = pieces.map((piece) => answer.push(piece)).join('') + answer.flush(false);
  const calls = answer.calls.map(({ name, argumentsJson }) => [
    name,
    JSON.parse(argumentsJson),
  ]);
  return { words: text, calls, faults: answer.faults };
}

/** Reads a text whole and cut at every byte, which has to make no difference. */
function readAtEveryByte(text: string, options: Partial<AnswerTextOptions> = {}) {
  const whole = readPieces([text], options);
  for (const bytes of cutText(text)) {
    const decoder = new TextDecoder();
    const pieces = bytes.map((piece) => decoder.decode(piece, { stream: true }));
    expect(readPieces(pieces, options)).toEqual(whole);
  }
  return whole;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const anyWord = fc.string({
  unit: fc.constantFrom(...letters, ...letters.toUpperCase()),
  minLength: 1,
  maxLength: 8,
});
/** Words of marks that were met, and others. */
const markWord = fc.oneof(
  anyWord,
  fc.constantFrom(
    ...'think thought reason end begin start of turn tool call calls user assistant final text im eot response channel sep'.split(
      ' ',
    ),
  ),
);
const markName = fc
  .tuple(
    fc.array(markWord, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('_', '\u2581', ':', ' '),
  )
  .map(([words, between]) => words.join(between));
const shapes: readonly ((name: string) => string)[] = [
  (name) => `<|${name}|>`,
  (name) => `<\uff5c${name}\uff5c>`,
  (name) => `<|/${name}|>`,
  (name) => `</\uff5c${name}\uff5c>`,
  (name) => `<|${name.replaceAll(' ', '_')}>`,
  (name) => `<${name.replaceAll(' ', '_')}|>`,
  (name) => `[|${name}|]`,
  (name) => `\u25c1${name}\u25b7`,
];
const anyMark = fc
  .tuple(markName, fc.constantFrom(...shapes))
  .map(([name, shape]) => shape(name));
const removeSpace = (text: string) => text.replace(/\s+/g, '');
const sentences = 'It is four. They want tea, I guess. No.';

test('no mark of the shape is said, wherever it stands and however it is cut', () => {
  fc.assert(
    fc.property(
      anyMark,
      fc.nat(sentences.length),
      fc.boolean(),
      (mark, at, hasTools) => {
        const [before, behind] = [sentences.slice(0, at), sentences.slice(at)];
        const { words } = readAtEveryByte(
          before + mark + behind,
          hasTools ? {} : { tools: [] },
        );
        // A mark leaves words out, or none. It adds nothing.
        const possible = [before + behind, before, behind, ''].map(removeSpace);
        expect(possible).toContain(removeSpace(words));
      },
    ),
    { numRuns: countRuns(60) },
  );
});

test('half a mark at the end of an answer is not said', () => {
  fc.assert(
    fc.property(anyMark, fc.integer({ min: 2, max: 8 }), (mark, length) => {
      const start = [...mark].slice(0, length).join('');
      fc.pre(/^(?:<\/?[|\uff5c]|\[\||\u25c1)/.test(start) && start !== mark);
      expect(readAtEveryByte(`It is four.${start}`).words).toBe('It is four.');
    }),
    { numRuns: countRuns(40) },
  );
});

const capitals = fc.string({
  unit: fc.constantFrom(...letters.toUpperCase()),
  minLength: 2,
  maxLength: 9,
});

test('a name in capitals and brackets at the very start is not said', () => {
  fc.assert(
    fc.property(
      fc.array(capitals, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('_', ' '),
      (names, between) => {
        const { words } = readAtEveryByte(`[${names.join(between)}] It is four.`);
        expect(['It is four.', '']).toContain(words);
      },
    ),
    { numRuns: countRuns(40) },
  );
});

/** Ways to write a call of a tool, which no table has. */
const callForms: readonly ((frame: string, tool: string) => string)[] = [
  (frame, tool) => `<${frame}>${tool}{"on": true}</${frame}>`,
  (frame, tool) =>
    `<${frame}>{"name": "${tool}", "arguments": {"on": true}}</${frame}>`,
  (frame, tool) => `<${frame}>{"tool": "${tool}", "on": true}</${frame}>`,
  (frame, tool) => `<${frame}>${tool}(on=True)</${frame}>`,
  (frame, tool) => `<${frame} name="${tool}"><arg name="on">true</arg></${frame}>`,
  (frame, tool) => `<${frame} name="${tool}" on="true"/>`,
  (frame, tool) => `<${frame}><name>${tool}</name><on>true</on></${frame}>`,
  (frame, tool) => `<|${frame}|>${tool}{"on": true}<|/${frame}|>`,
  (frame, tool) => `<|${frame}>call:${tool}{on:true}<${frame}|>`,
  (frame, tool) =>
    `<\uff5c${frame}\uff5c>{"name": "${tool}", "input": {"on": true}}<\uff5c${frame}\uff5c>`,
  (frame, tool) =>
    `\u25c1${frame}\u25b7{"name": "${tool}", "args": {"on": true}}\u25c1/${frame}\u25b7`,
  (frame, tool) => `[${frame.toUpperCase()}]${tool}{"on": true}`,
  (_, tool) => `{"name": "${tool}", "parameters": {"on": true}}`,
  (_, tool) => `\`\`\`json\n[{"name": "${tool}", "arguments": {"on": true}}]\n\`\`\``,
];
const frames = fc
  .string({ unit: fc.constantFrom(...letters), minLength: 3, maxLength: 9 })
  .filter((frame) => !/^(?:think|reason|user|human|no|off|end)/.test(frame))
  .map((frame) => `q${frame}`);

test('a tool call between unknown marks runs, and none of its text is spoken', () => {
  fc.assert(
    fc.property(
      frames,
      fc.constantFrom(...timerTalk.tools),
      fc.constantFrom(...callForms),
      (frame, tool, form) => {
        const { words, calls, faults } = readAtEveryByte(form(frame, tool));
        expect([words, calls]).toEqual(['', [[tool, { on: true }]]]);
        expect(faults.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: countRuns(60) },
  );
});

test.each([
  // https://github.com/ollama/ollama/blob/main/model/parsers/solar.go
  [
    '<|think|>They want tea.<|end|><|begin|>assistant<|content|>Earl Grey.<|end|>',
    'Earl Grey.',
  ],
  // https://github.com/meituan-longcat/LongCat-Flash-Chat
  [
    '<longcat_think>They want tea.\nBe brief.</longcat_think>\n\nEarl Grey.',
    'Earl Grey.',
  ],
  ['<|channel>thought\nThey want tea.<channel|>Earl Grey.<turn|>', 'Earl Grey.'],
  ['<scratchpad>They want tea.</scratchpad>\nEarl Grey.', 'Earl Grey.'],
  ['<qwerty>They want tea.</qwerty>\nEarl Grey.', 'Earl Grey.'],
  ['<qwerty>Earl Grey.</qwerty>', 'Earl Grey.'],
  [
    'Have <|quote_start|>Earl Grey.<|quote_end|> It is tea.',
    'Have Earl Grey. It is tea.',
  ],
  ['<|muse_start|>They want tea.<|muse_end|>Earl Grey.', 'Earl Grey.'],
  ['<|muse>They want tea.<muse|>Earl Grey.', 'Earl Grey.'],
  ['<|muse_start|>Earl Grey.', 'Earl Grey.'],
  ['<qwerty>Earl Grey.<|im_end|>', 'Earl Grey.'],
  ['<qwerty>They want tea.<|end|>Earl Grey.', 'Earl Grey.'],
  ['It is four.<|unheard_end|>And what is five?', 'It is four.'],
  ['It is four.<|im_end|>\n<|im_start|>user\nAnd five?', 'It is four.'],
  ['<|im_start|>assistantIt is four.', 'It is four.'],
  ['<<HINT>>It is four.', 'It is four.'],
  ['[[THOUGHT]]They want tea.[[/THOUGHT]]Earl Grey.', 'Earl Grey.'],
  ['\u3010think\u3011They want tea.\u3010/think\u3011Earl Grey.', 'Earl Grey.'],
  ['<unused5>It is <unused7>four.', 'It is four.'],
])('of %j only the answer is said', (text, sentence) =>
  expect(readAtEveryByte(text).words).toBe(sentence),
);

test.each([
  '<|tool_call>call:lamp{on:true}<tool_call|>',
  '<\uff5cDSML\uff5ctool_calls>\n<\uff5cDSML\uff5cinvoke name="lamp">\n<\uff5cDSML\uff5cparameter name="on" string="false">true</\uff5cDSML\uff5cparameter>\n</\uff5cDSML\uff5cinvoke>\n</\uff5cDSML\uff5ctool_calls>',
  '<\uff5ctool_calls_begin\uff5c><\uff5ctool_call_begin\uff5c>function<\uff5ctool_sep\uff5c><steptml:invoke name="lamp"><steptml:parameter name="on">true</steptml:parameter></steptml:invoke><\uff5ctool_call_end\uff5c><\uff5ctool_calls_end\uff5c>',
  '<function=lamp{"on":true}</function>',
  '<lamp><on>true</on></lamp>',
  '<fn>lamp</fn><args>{"on":true}</args>',
  '[TOOL_REQUEST]{"name":"lamp","arguments":{"on":true}}[END_TOOL_REQUEST]',
  '\u273fFUNCTION\u273f: lamp\n\u273fARGS\u273f: {"on":true}\n\u273fRESULT\u273f',
  '```tool_code\nlamp(on=True)\n```',
  'lamp({"on": true})',
])('%s is a call without a row of a table', (text) =>
  expect(readAtEveryByte(text)).toMatchObject({
    words: '',
    calls: [['lamp', { on: true }]],
  }),
);

test('the texts of a call keep what a model puts between its own quotation marks', () => {
  const text =
    '<|tool_call>call:lamp{place:<|"|>the "red" room<|"|>,minutes:5}<tool_call|>';
  expect(readAtEveryByte(text).calls).toEqual([
    ['lamp', { place: 'the "red" room', minutes: 5 }],
  ]);
});

/** What people get to read and hear as it is. */
const ordinary = [
  'It is four.',
  'I <3 you.',
  'If a < b and b > c, then a<b too.',
  'See [1] and [2, 3].',
  'Read [the page](https://example.org/a_b?c=d).',
  'As [Ben] said, no.',
  'I use <b>bold</b> and <i>italic</i> words.',
  '`<think>` and `</think>` are tags.',
  'Run `lamp on`, or ask the lamp.',
  'Ping <@123456>, or <https://example.org>.',
  'x | y |> z <- w',
  'The set_timer tool is at hand.',
  '{braces} and [brackets] stay.',
  'F\u00fcr \u201eAna\u201c \u2026 \u4f60\u597d\u3002',
  '\n```html\n<think>a</think>\n<tool>b</tool>\n<p>c</p>\n```\n',
  '\n```json\n{"price": [4, 5]}\n```\n',
  'She said: <quietly> no.',
];

test('ordinary words stay as they are, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...ordinary), { minLength: 1, maxLength: 4 }),
      (pieces) => {
        const text = pieces.join(' ').trimStart();
        expect(readAtEveryByte(text)).toEqual({ words: text, calls: [], faults: [] });
      },
    ),
    { numRuns: countRuns(60) },
  );
});

/** Words as an answer of any pipeline yields them. */
function readWords(pieces: readonly string[]) {
  const answer = new AnswerWords({ ...timerTalk, tools: [] });
  const chatParts = pieces.flatMap((piece) => [...answer.push('text', piece)]);
  const text = [...chatParts, ...answer.release(false)]
    .map((part) => ('text' in part ? part.text : ''))
    .join('');
  return { text, faults: answer.faults };
}

test('sound in base64 is not said, in one line or in many', () => {
  const sound = fc
    .uint8Array({ minLength: 150, maxLength: 900 })
    .map((bytes) => Buffer.from(bytes).toString('base64'));
  fc.assert(
    fc.property(
      sound,
      fc.boolean(),
      fc.integer({ min: 1, max: 90 }),
      (base64, isWrapped, size) => {
        const encoded = isWrapped ? base64.replace(/.{76}/g, '$&\n') : base64;
        const text = `Listen: ${encoded}\nDid you hear it?`;
        const pieces = text.match(RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
        expect(readWords(pieces).text.replace(/\s+/g, ' ')).toBe(
          'Listen: Did you hear it?',
        );
        expect(readWords(pieces).faults).toEqual([{ unknownMark: 'base64' }]);
      },
    ),
    { numRuns: countRuns(40) },
  );
  const address = `https://example.org/${'aB3'.repeat(100)}`;
  for (const text of [`See ${address}.`, `${'word '.repeat(100)}.`])
    expect(readWords([text]).text).toBe(text);
});
