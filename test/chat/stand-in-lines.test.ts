import { expect, test } from 'vitest';
import type { ChatMessage } from '#src/chat/ports.ts';
import { openStandIn } from '#src/chat/stand-in.ts';
import { recap } from '#src/features/captions/answers/make-recap.ts';
import {
  citedAnswerPrompt,
  citedLines,
} from '#src/features/captions/answers/numbered-prompt-lines.ts';
import type { ModelPrompt } from '#src/pipeline/prompt-data-block.ts';
import { foundIn, lineAt, numberedLines } from '#test/features/captions/transcript-lines.ts';

const never = new AbortController().signal;
const standIn = openStandIn({ wallMs: () => 0, timeZone: 'UTC', random: () => 0, botName: 'Nova' });

async function reply(messages: readonly ChatMessage[]) {
  const parts = await Array.fromAsync(standIn.reply(messages, [], never));
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
const ask = ({ system, user }: ModelPrompt) =>
  reply([
    { role: 'system', content: system },
    { role: 'user', name: '', content: user },
  ]);

const talk = foundIn(
  lineAt(0, 'When do we meet on Friday?'),
  lineAt(10_000, 'We decided on Friday at eight, my place', { name: 'Ben' }),
  lineAt(20_000, 'The Millau Viaduct is 343 metres high.', { name: 'Cleo' }),
  lineAt(30_000, 'I will book a table for us.', { name: 'Cleo' }),
  lineAt(40_000, 'mhm'),
  lineAt(50_000, 'Bring bread and butter.', { name: 'Ben' }),
);

const numbered = numberedLines(talk);
const cited = async (question: string) =>
  citedLines(await ask(citedAnswerPrompt(question, numbered)), numbered).map(
    ({ line }) => line.text,
  );

test('the stand-in cites the lines that share most words with a question', async () => {
  expect(await cited('what did we decide about Friday?')).toEqual([talk[1]?.line.text]);
  expect(await cited('What about Friday?')).toEqual([talk[1]?.line.text]);
  expect(await cited('How high is the viaduct?')).toEqual([talk[2]?.line.text]);
  expect(await cited('Who stole the cookies?')).toEqual([]);
});

test('the stand-in makes a recap whose points are lines', async () => {
  const points = await recap(talk, { maxChars: 10_000 }, ask);
  expect(points.map(({ text }) => text)).toEqual([
    'We decided on Friday at eight, my place',
    'The Millau Viaduct is 343 metres high.',
    'I will book a table for us.',
    'Bring bread and butter.',
  ]);
  const long = foundIn(
    ...Array.from({ length: 60 }, (_, n) => lineAt(n * 1_000, `This is the sentence number ${n}.`)),
  );
  const made = await recap(long, { maxChars: 700 }, ask);
  expect(made).toHaveLength(5);
});
