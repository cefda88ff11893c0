import type { ChatMessage } from '#src/chat/chat-model.ts';
import { createStandIn } from '#src/chat/chat-stand-in-model.ts';
import {
  buildCitedAnswerPrompt,
  findCitedLines,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import { requestRecap } from '#src/features/captions/answers/recap.ts';
import type { ModelPrompt } from '#src/pipeline/prompt.ts';
import {
  makeLine,
  numberLines,
  toFound,
} from '#test/features/captions/transcript-lines.ts';

const never = new AbortController().signal;
const standIn = createStandIn({
  wallMs: () => 0,
  timeZone: 'UTC',
  random: () => 0,
  botName: 'Nova',
});

async function replyTo(messages: readonly ChatMessage[]) {
  const chatParts = await Array.fromAsync(standIn.reply(messages, [], never));
  return chatParts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
const askStandIn = ({ system, user }: ModelPrompt) =>
  replyTo([
    { role: 'system', content: system },
    { role: 'user', name: '', content: user },
  ]);

const talk = toFound(
  makeLine(0, 'When do we meet on Friday?'),
  makeLine(10_000, 'We decided on Friday at eight, my place', { name: 'Ben' }),
  makeLine(20_000, 'The Millau Viaduct is 343 metres high.', { name: 'Cleo' }),
  makeLine(30_000, 'I will book a table for us.', { name: 'Cleo' }),
  makeLine(40_000, 'mhm'),
  makeLine(50_000, 'Bring bread and butter.', { name: 'Ben' }),
);

const numbered = numberLines(talk);
const listCitedLines = async (question: string) =>
  findCitedLines(
    await askStandIn(buildCitedAnswerPrompt(question, numbered)),
    numbered,
  ).map(({ line }) => line.text);

test('the stand-in cites the lines that share most words with a question', async () => {
  expect(await listCitedLines('what did we decide about Friday?')).toEqual([
    talk[1]?.line.text,
  ]);
  expect(await listCitedLines('What about Friday?')).toEqual([talk[1]?.line.text]);
  expect(await listCitedLines('How high is the viaduct?')).toEqual([
    talk[2]?.line.text,
  ]);
  expect(await listCitedLines('Who stole the cookies?')).toEqual([]);
});

test('the stand-in makes a recap whose points are lines', async () => {
  expect(
    (await requestRecap(talk, { maxChars: 10_000 }, askStandIn)).map(
      ({ text }) => text,
    ),
  ).toEqual([
    'We decided on Friday at eight, my place',
    'The Millau Viaduct is 343 metres high.',
    'I will book a table for us.',
    'Bring bread and butter.',
  ]);
  const long = toFound(
    ...Array.from({ length: 60 }, (_, n) =>
      makeLine(n * 1_000, `This is the sentence number ${n}.`),
    ),
  );
  expect(await requestRecap(long, { maxChars: 700 }, askStandIn)).toHaveLength(5);
});

test('a recap of the stand-in leaves out what it says of itself', async () => {
  const own = ['Hallo!', 'What is the capital of France?', 'And what can you do?'];
  const answers: string[] = [];
  const messages: ChatMessage[] = [];
  for (const content of [...own, 'And the capital of Spain?']) {
    messages.push({ role: 'user', name: 'Adam', content });
    const utterance = await replyTo(messages);
    messages.push({ role: 'assistant', content: utterance });
    answers.push(utterance);
  }
  const lines = toFound(
    ...answers.map((text, n) => makeLine(n * 1_000, text, { name: 'Nova' })),
    makeLine(9_000, 'I will book a table for us.', { name: 'Cleo' }),
  );
  const points = await requestRecap(lines, { maxChars: 10_000 }, askStandIn);
  expect(points.map(({ text }) => text)).toEqual(['I will book a table for us.']);
});
