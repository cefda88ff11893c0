import { expect, test } from 'vitest';
import {
  ConversationHistory,
  messagesOf,
} from '#src/conversation/answering/conversation-history.ts';

function openConversation() {
  const history = new ConversationHistory();
  const add = (speakerId: string, said: string, alsoIds: readonly string[] = []) =>
    history.add({ speakerId, name: speakerId, said, heard: '', alsoIds });
  const shown = () => messagesOf(history.shown()).map(({ content }) => content);
  return { history, add, shown };
}

test('what a person withdraws goes with the answers to them, and the rest stays', () => {
  const { history, add, shown } = openConversation();
  add('ana', 'one');
  add('ben', 'two', ['ana']);
  add('ben', 'three');
  history.forget('ana');
  expect(shown()).toEqual(['three']);
});

test('answers that were begun are out of date when the conversation changes, and it can begin anew', () => {
  const { history, add, shown } = openConversation();
  const empty = history.state;
  add('ana', 'one');
  expect(history.state).not.toBe(empty);
  history.clear();
  expect(shown()).toEqual([]);
  expect(history.isEmpty).toBe(true);
});
