import { expect, test } from 'vitest';
import { ClauseWriter } from '#src/pipeline/clause-writer.ts';
import { said, turnOf } from '#test/contracts/pipeline.ts';
import { drain, openTalking } from '#test/pipeline/realtime/realtime-fake.ts';

const asides = { link: 'See the chat.', code: 'Read the code.', table: 'Read the table.' };
const text =
  'It is at https://a.b/c there.\nOr at https://d.e too. ```\nlet x;\n``` Good luck to you.';

test('of each kind of thing that cannot be said, the first is followed by what is said instead', () => {
  for (const size of [1, 7, 1000]) {
    const writer = new ClauseWriter(asides);
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
    const clauses = [...pieces.flatMap((piece) => writer.push(piece)), ...writer.flush()];
    const reported = clauses.filter((clause) => Object.values(asides).includes(clause));
    expect(reported).toEqual(['See the chat.', 'Read the code.']);
    expect(clauses.at(-1)?.trim()).toBe('Good luck to you.');
  }
});

test('where nothing is said instead, the clauses are all there is', () => {
  const writer = new ClauseWriter(undefined);
  const clauses = [...writer.push(text), ...writer.flush()];
  expect(clauses.join(' ')).not.toContain('See the chat.');
});

test('what an audio model only wrote is read out without its links, as any other answer', async () => {
  const answer = () => ({ text: 'It is at https://a.b/c there. Good luck.', isWritten: true });
  await using talking = await openTalking({ answer });
  const turn = turnOf(said('hello'));
  await drain(talking.pipeline, { ...turn, style: { ...turn.style, asidesIn: () => asides } });
  expect(talking.synthesizer.asked.map((one) => one.text)).toEqual([
    'It is at there.',
    'See the chat.',
    'Good luck.',
  ]);
});
