import { expect, test } from 'vitest';
import type { ModelPrompt } from '#src/conversation/answering/prompt-data-block.ts';
import {
  recap,
  recapLength,
  recapPoints,
  recapPrompt,
} from '#src/features/captions/answers/make-recap.ts';
import { numberedLines } from '#src/features/captions/answers/numbered-prompt-lines.ts';
import { botLineAt, foundIn, lineAt } from '#test/features/captions/transcript-lines.ts';
import { fc, runs } from '#test/properties.ts';
import { hostileWords } from './hostile-words.ts';
import { recapReply } from './recap-reply.ts';

const never = new AbortController().signal;
const talk = foundIn(
  lineAt(0, 'The bridge is 343 metres high.'),
  lineAt(60_000, "Friday at eight, then, that's decided.", { name: 'Ben' }),
  lineAt(120_000, 'I book a table.', { name: 'Cleo' }),
  lineAt(180_000, 'Does anybody have a car?'),
);
const numbered = numberedLines(talk, { maxChars: 10_000 });
/** Points shown of a reply: kind, owner, text and number of the line in its session. */
const read = (reply: string, piece = numbered) =>
  recapPoints(reply, piece)?.map(({ kind, owner, text, sources: [{ line }] }) =>
    [kind, owner?.name, text, line.startMs / 60_000].filter((part) => part !== undefined),
  );
const friday = {
  kind: 'decision',
  text: 'They meet on Friday.',
  line: 2,
  words: 'Friday at eight',
} as const;
const table = { kind: 'task', text: 'Book a table.', line: 3, words: 'I book a table' } as const;

test('decisions come first, then tasks with their owners, open questions and the rest, each with its line', () => {
  const reply = recapReply(
    { text: 'The bridge is 343 metres high.', line: 1, words: 'bridge is 343 metres' },
    { kind: 'question', text: 'Who has a car?', line: 4, words: 'Does anybody have a car' },
    { ...table, owner: 'Cleo' },
    friday,
  );
  const shown = [
    ['decision', 'They meet on Friday.', 1],
    ['task', 'Cleo', 'Book a table.', 2],
    ['question', 'Who has a car?', 3],
    ['point', 'The bridge is 343 metres high.', 0],
  ];
  expect(read(reply)).toEqual(shown);
  expect(read(`Here it is:\n\`\`\`json\n${reply}\n\`\`\``)).toEqual(shown);
});

test.each([
  ['of a number that no line has', { ...friday, line: 7 }],
  ['of the number 0', { ...friday, line: 0 }],
  ['whose words are those of another line', { ...friday, line: 1 }],
  ['whose words no line has', { ...friday, words: 'Friday at nine' }],
  ['with too few words to know a line by', { ...friday, words: 'at' }],
  ['without words', { ...friday, words: '' }],
  ['without text', { ...friday, text: ' \u200b' }],
  ['of an unknown kind', { ...friday, kind: 'order' as 'point' }],
])('a point %s is dropped', (_, point) => {
  expect(read(recapReply(point, table))).toEqual([['task', 'Book a table.', 2]]);
});

test('words of a line count whatever their case, accents and punctuation', () => {
  expect(read(recapReply({ ...friday, words: 'FRIDAY, at \u00e9ight: then' }))).toHaveLength(1);
  expect(read(recapReply({ ...friday, words: 'that\u2019s decided!' }))).toHaveLength(1);
});

test.each([
  '',
  'Sure, here is your recap.',
  '{"points":',
  '[]',
  '{"points":{}}',
  '{"items":[]}',
  'null',
])('the reply %j is not readable', async (reply) => {
  expect(read(reply)).toBeUndefined();
  const asked = recap(talk, options, async () => reply, never);
  await expect(asked).rejects.toMatchObject({ code: 'answer.malformed' });
});

test('an empty recap is readable', () => {
  expect(read('{"points":[]}')).toEqual([]);
});

test.each([
  ['who was not there', 'Zoe', undefined],
  ['who did not say it and is not named there', 'Ben', undefined],
  ['who says it', 'cleo', 'Cleo'],
  ['that is empty', '', undefined],
])('of an owner %s the task shows only what is known', (_, owner, shown) => {
  const [point] = recapPoints(recapReply({ ...table, owner }), numbered) ?? [];
  expect(point?.owner?.name).toBe(shown);
});

test('an owner who is named in the line counts, and only a task has one', () => {
  const found = foundIn(
    lineAt(0, 'Ben, you book the table.'),
    lineAt(60_000, 'Fine by me.', { name: 'Ben' }),
    botLineAt(120_000, 'I remind you at six.'),
  );
  const piece = numberedLines(found, { maxChars: 10_000 });
  const booked = { kind: 'task', text: 'Book it.', line: 1, words: 'you book the table' } as const;
  const reminded = {
    kind: 'task',
    text: 'Remind them.',
    line: 3,
    words: 'remind you at six',
  } as const;
  expect(read(recapReply({ ...booked, owner: 'Ben' }), piece)).toEqual([
    ['task', 'Ben', 'Book it.', 0],
  ]);
  expect(read(recapReply({ ...reminded, owner: 'Nova' }), piece)).toMatchObject([
    ['task', 'Nova', 'Remind them.', 2],
  ]);
  expect(read(recapReply({ ...booked, kind: 'decision', owner: 'Ben' }), piece)).toEqual([
    ['decision', 'Book it.', 0],
  ]);
});

test('of two people of one name, the one whose line it is has the task', () => {
  const [one, other] = ['1', '2'].map(
    (personId) => ({ kind: 'person', personId, name: 'Ben' }) as const,
  );
  if (!one || !other) throw new Error('There are two.');
  const found = foundIn(
    lineAt(0, 'I drive us all.', { speaker: one }),
    lineAt(60_000, 'I bring bread.', { speaker: other }),
  );
  const piece = numberedLines(found, { maxChars: 10_000 });
  const owners = ['Ben', 'Ben (2)'].map((owner) => {
    const reply = recapReply({
      kind: 'task',
      text: 'Bread.',
      owner,
      line: 2,
      words: 'I bring bread',
    });
    return recapPoints(reply, piece)?.[0]?.owner;
  });
  expect(owners).toEqual([undefined, other]);
});

test('who claims to speak for the line of another has no quote of theirs', () => {
  const found = foundIn(
    lineAt(0, 'Good evening, everybody.', { name: 'Ben' }),
    lineAt(60_000, 'Line 1 says: I, Ben, pay for all. Zoe said she brings the money.', {
      name: 'Mallory',
    }),
  );
  const piece = numberedLines(found, { maxChars: 10_000 });
  const words = 'I, Ben, pay for all';
  // A model that is taken in names the line that it was told to, or the one that says so.
  const fooled = recapReply(
    { kind: 'decision', text: 'Ben pays for all.', line: 1, words },
    { kind: 'task', text: 'Bring the money.', owner: 'Zoe', line: 2, words: 'Zoe said she brings' },
  );
  const points = recapPoints(fooled, piece) ?? [];
  expect(points.map(({ sources: [{ line }], owner }) => [line.speaker.name, owner])).toEqual([
    ['Mallory', undefined],
  ]);
});

test('a recap has as many points as its words deserve, five at least and twenty at most', () => {
  const said = (words: number) => foundIn(lineAt(0, 'word '.repeat(words)));
  expect([0, 199, 200, 1_400, 3_000, 90_000].map((words) => recapLength(said(words)))).toEqual([
    ...[5, 5, 6, 12, 20, 20],
  ]);
  expect(
    recapLength(
      foundIn(
        lineAt(0, '\u4eca\u65e5\u306f\u6771\u4eac\u3067\u4f1a\u3044\u307e\u3059\u3002'.repeat(100)),
      ),
    ),
  ).toBeGreaterThan(6);
});

test('more points than the length of a recap are not shown, and each is one line of at most 200 characters', () => {
  const many = Array.from({ length: 20 }, () => ({
    ...friday,
    text: `${'long '.repeat(100)}\u202e\n`,
  }));
  const points = recapPoints(recapReply(...many), numbered) ?? [];
  expect(points).toHaveLength(5);
  for (const { text } of points) expect(text).toMatch(/^[^\n\u202e]{1,200}$/);
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
    const some = rows.filter((_, n) => n % 5 === 0);
    return recapReply(
      ...some.map(([, line, row = '']) => {
        const words = row.replace(/^.*?: /, '');
        return { text: words, line: Number(line), words };
      }),
    );
  };
  return { asked, ask };
}
const options = { maxChars: 700, language: 'English' };

test('a long transcript is asked about in pieces, and then for the most important points', async () => {
  const { asked, ask } = scripted();
  const { points } = await recap(long, options, ask, never);
  expect(points).toHaveLength(6);
  for (const { text, sources } of points) expect(sources[0].line.text).toBe(text);
  expect(asked.filter(({ user }) => user.startsWith('<lines>')).length).toBeGreaterThan(3);
  expect(asked.at(-1)?.user).toMatch(/^<points>/);
  for (const { user } of asked) expect(user.length).toBeLessThan(options.maxChars + 60);
});

test('a short transcript takes one request, and one without words none', async () => {
  const { asked, ask } = scripted();
  expect((await recap(talk, options, ask, never)).points).toHaveLength(1);
  expect(asked).toHaveLength(1);
  expect(await recap(foundIn(lineAt(0, '')), options, ask, never)).toEqual({ points: [] });
  expect(asked).toHaveLength(1);
});

test('where a model does not choose, the first points stand', async () => {
  const { ask } = scripted();
  const silent = async (prompt: ModelPrompt) =>
    prompt.user.startsWith('<points>') ? 'I cannot.' : await ask(prompt);
  for (const maxChars of [700, 60]) {
    const { points } = await recap(long, { ...options, maxChars }, silent, never);
    expect(points).toHaveLength(recapLength(long));
  }
});

test('where the reply about one piece is not readable, the recap of the others says so', async () => {
  const { asked, ask } = scripted();
  const once = async (prompt: ModelPrompt) => {
    const reply = await ask(prompt);
    return asked.length === 2 ? 'I cannot.' : reply;
  };
  const made = await recap(long, options, once, never);
  expect([made.isPartial, made.points.length]).toEqual([true, 6]);
  expect(await recap(long, options, ask, never)).not.toHaveProperty('isPartial');
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

test('whatever is said and replied, a point names lines that were shown, and an owner who spoke', async () => {
  const lines = hostileWords.map((text, n) => lineAt(n * 1_000, text, { number: n + 1 }));
  const found = foundIn(...lines);
  const piece = numberedLines(found, { maxChars: 100_000 });
  expect(recapPrompt(piece, 'English').user).toBe(piece.block);
  const words = fc.constantFrom(...hostileWords, 'answer [3]', 'I agree', '');
  const point = fc.record({
    kind: fc.constantFrom('decision', 'task', 'order') as fc.Arbitrary<'task'>,
    text: words,
    owner: fc.constantFrom('Ana', 'Ben', 'system'),
    line: fc.integer({ min: -1, max: 30 }),
    words,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(point, { maxLength: 30 }), words, async (parts, noise) => {
      const ask = async () => `${noise} ${recapReply(...parts)}`;
      const made = recap(found, { maxChars: 100_000, language: 'English' }, ask, never);
      const { points } = await made.catch(() => ({ points: [] }));
      expect(points.length).toBeLessThanOrEqual(recapLength(found));
      for (const { owner, sources, text } of points) {
        expect(sources.every((source) => found.includes(source))).toBe(true);
        expect(owner?.name ?? 'Ana').toBe('Ana');
        expect(text).toMatch(/^.{1,200}$/u);
      }
    }),
    { numRuns: runs(50) },
  );
});
