import { expect, test } from 'vitest';
import type { ModelPrompt } from '#src/conversation/answering/data-block.ts';
import { numberedLines } from '#src/features/captions/answers/numbered-lines.ts';
import {
  recap,
  recapPoints,
  recapPrompt,
  shownPoint,
} from '#src/features/captions/answers/recap.ts';
import { foundIn, lineAt } from '#test/features/captions/transcript-lines.ts';

import { fc, runs } from '#test/properties.ts';

import { hostileWords } from './hostile-words.ts';

const never = new AbortController().signal;
const talk = foundIn(
  lineAt(0, 'The bridge is 343 metres high.'),
  lineAt(60_000, "Friday at eight, then, that's decided.", { name: 'Ben' }),
  lineAt(120_000, 'I book a table.', { name: 'Cleo' }),
);
const numbered = numberedLines(talk, { maxChars: 10_000 });
const read = (reply: string) => recapPoints(reply, numbered).map((point) => shownPoint(point));

test('decisions and to-dos come first, and each point ends with name and time of its line', () => {
  const reply = [
    'point [1] The bridge is 343 metres high.',
    '- **To-do** [3]: Cleo books a table.',
    'Decision: They meet on Friday [2, 3].',
  ];
  expect(read(reply.join('\n'))).toEqual([
    'They meet on Friday. (Ben, 20:15)',
    'Cleo books a table. (Cleo, 20:16)',
    'The bridge is 343 metres high. (Ana, 20:14)',
  ]);
});

test.each([
  'decision They meet on Friday.',
  'decision [7] They meet on Friday.',
  'decision [0] They meet on Friday.',
  'decision (2) They meet on Friday.',
  'decision [2]',
  'Sure, here is your recap [2]:',
  '',
])('the point %j has no source line, or no words, and is dropped', (reply) => {
  expect(read(reply)).toEqual([]);
});

test('at most six points are shown, each on one line of at most 200 characters', () => {
  const many = Array.from({ length: 20 }, () => `point [1] ${'long '.repeat(100)}\u202e`).join(
    '\n',
  );
  const points = read(many);
  expect(points).toHaveLength(6);
  for (const point of points) {
    expect(point.length).toBeLessThan(230);
    expect(point).not.toMatch(/\n|\u202e/);
  }
});

/** Fifty sentences, and a model that finds a point in every fifth line and chooses the last ones. */
const long = foundIn(
  ...Array.from({ length: 50 }, (_, n) =>
    lineAt(n * 10_000, `This is sentence ${n} of a long evening.`, { number: n + 1 }),
  ),
);
function scripted() {
  const asked: ModelPrompt[] = [];
  const ask = async (prompt: ModelPrompt) => {
    asked.push(prompt);
    const rows = [...prompt.user.matchAll(/^\[(\d+)\] (.*)$/gm)];
    if (prompt.user.startsWith('<points>'))
      return rows
        .slice(-6)
        .map(([, number]) => `[${number}]`)
        .join(' ');
    return rows
      .filter((_, n) => n % 5 === 0)
      .map(([, number, words = '']) => `point [${number}] ${words.replace(/^.*?: /, '')}`)
      .join('\n');
  };
  return { asked, ask };
}
const options = { maxChars: 700, language: 'English' };

test('a long transcript is asked about in pieces, and then for the most important points', async () => {
  const { asked, ask } = scripted();
  const points = await recap(long, options, ask, never);
  expect(points).toHaveLength(6);
  for (const { text, sources } of points) expect(sources[0].line.text).toBe(text);
  expect(asked.filter(({ user }) => user.startsWith('<lines>')).length).toBeGreaterThan(3);
  expect(asked.at(-1)?.user).toMatch(/^<points>/);
  for (const { user } of asked) expect(user.length).toBeLessThan(options.maxChars + 60);
});

test('a short transcript takes one request, and one without words none', async () => {
  const { asked, ask } = scripted();
  expect(await recap(talk, options, ask, never)).toHaveLength(1);
  expect(asked).toHaveLength(1);
  expect(await recap(foundIn(lineAt(0, '')), options, ask, never)).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('where a model does not choose, the first points stand', async () => {
  const { ask } = scripted();
  const silent = async (prompt: ModelPrompt) =>
    prompt.user.startsWith('<points>') ? 'I cannot.' : await ask(prompt);
  expect(await recap(long, options, silent, never)).toHaveLength(6);
  expect(await recap(long, { ...options, maxChars: 60 }, silent, never)).toHaveLength(6);
});

test('a recap that is taken back asks nothing more, and what a model throws is told', async () => {
  const stop = new AbortController();
  const { asked, ask } = scripted();
  const reason = new Error('left');
  const leaving = async (prompt: ModelPrompt) => {
    stop.abort(reason);
    return await ask(prompt);
  };
  await expect(recap(long, options, leaving, stop.signal)).rejects.toBe(reason);
  expect(asked).toHaveLength(1);
  const broken = new Error('no server');
  await expect(recap(talk, options, () => Promise.reject(broken), never)).rejects.toBe(broken);
});

test('whatever is said and replied, a point names lines that were shown', async () => {
  const lines = hostileWords.map((text, n) => lineAt(n * 1_000, text, { number: n + 1 }));
  const found = foundIn(...lines);
  const piece = numberedLines(found, { maxChars: 100_000 });
  expect(recapPrompt(piece, 'English').user).toBe(piece.block);
  const words = fc.constantFrom('decision ', 'todo', ': ', '[1]', '[2, 99]', '\n', ...hostileWords);
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 30 }), async (parts) => {
      const ask = async () => parts.join('');
      const points = await recap(found, { maxChars: 2_000, language: 'English' }, ask, never);
      expect(points.length).toBeLessThanOrEqual(6);
      for (const { sources, text } of points) {
        expect(sources.every((source) => found.includes(source))).toBe(true);
        expect(text).toMatch(/^.{1,200}$/u);
      }
    }),
    { numRuns: runs(50) },
  );
});
