import { expect, test } from 'vitest';
import { ConversationHistory } from '#src/conversation/answering/conversation-history.ts';
import { knownByPeople, peopleReading } from '#src/people/confidential-text.ts';

const [ana, ben, cleo] = ['Ana', 'Ben', 'Cleo'].map((name) => ({
  personId: name.toLowerCase(),
  name,
}));

type Present = Parameters<ConversationHistory['attend']>[0];

function openConversation(here: readonly (typeof ana)[]) {
  const history = new ConversationHistory();
  const attend = (people: readonly (typeof ana)[], atMs: number) =>
    history.attend(people as Present, atMs);
  attend(here, 0);
  const add = (said: string, atMs: number) => {
    const knownBy = knownByPeople(history.presentSince(atMs, 'ana'));
    history.add({ speakerId: 'ana', name: 'Ana', said, heard: '', knownBy });
  };
  const shown = (...ids: readonly string[]) =>
    history.messages(peopleReading(ids)).messages.map(({ content }) => content);
  return { history, attend, add, shown };
}

test('what somebody new may not know rests while they are there and is back when they are gone', () => {
  const { attend, add, shown } = openConversation([ana, ben]);
  add('before', 100);
  attend([ana, ben, cleo], 200);
  add('since', 300);
  expect(shown('ana', 'ben', 'cleo')).toEqual(['since']);
  attend([ana, ben], 400);
  expect(shown('ana', 'ben')).toEqual(['before', 'since']);
});

test('who leaves and comes back knows what they heard, and nothing of what was said meanwhile', () => {
  const { attend, add, shown } = openConversation([ana, ben]);
  add('both', 100);
  attend([ana], 200);
  add('alone', 300);
  attend([ana, ben], 400);
  expect(shown('ana', 'ben')).toEqual(['both']);
});

test('of somebody who came while a question was asked it is not known that they heard it', () => {
  const { history, attend } = openConversation([ana]);
  attend([ana, ben], 200);
  expect(history.presentSince(150, 'ana')).toEqual(['ana']);
  expect(history.presentSince(200, 'ana')).toEqual(['ana', 'ben']);
});

test('it is told once for each coming that something rests, and only where somebody there knows it', () => {
  const { attend, add } = openConversation([ana]);
  attend([ana, ben], 100);
  expect(attend([ana, ben], 1_100)).toEqual([]);
  add('before', 1_200);
  expect(attend([ana, ben, cleo], 2_000)).toEqual([]);
  expect(attend([ana, ben, cleo], 3_000)).toEqual(['Cleo']);
  expect(attend([ana, ben, cleo], 4_000)).toEqual([]);
  attend([ana, ben], 5_000);
  attend([ana, ben, cleo], 6_000);
  expect(attend([ana, ben, cleo], 7_000)).toEqual(['Cleo']);
});

test('answers that were begun are out of date when what is shown changes, and only then', () => {
  const { history, attend, add } = openConversation([ana]);
  const empty = history.state;
  attend([ana, ben], 100);
  expect(history.state).toBe(empty);
  add('both', 200);
  const both = history.state;
  attend([ana], 300);
  expect(history.state).toBe(both);
  attend([ana, cleo], 400);
  expect(history.state).not.toBe(both);
});
