import { expect, test } from 'vitest';
import { exactly, nameAt, readNames } from '#src/turn/addressing/names.ts';
import { sentencesOf } from '#src/turn/addressing/names-sentences.ts';

/** Where our name stands in a text, looked for at one word. */
function found(text: string, at: number) {
  const [sentence] = sentencesOf(text);
  if (!sentence) throw new Error('A text without a sentence.');
  const hit = nameAt(sentence, at, readNames(['Nova']), exactly);
  return hit && { how: hit.how, to: hit.to };
}

test('a name with an ending after an apostrophe is inflected, and ends with its word', () => {
  expect(found("Nova'nın sesi", 0)).toEqual({ how: 'inflected', to: 1 });
  expect(found("that is Nova's voice", 2)).toEqual({ how: 'inflected', to: 3 });
});

test('another word with an apostrophe is no name of ours', () => {
  expect(found("that isn't Nova", 1)).toBeUndefined();
  expect(found('that one', 1)).toBeUndefined();
});
