import { expect, test } from 'vitest';
import { languages } from '#src/turn/languages/languages.ts';
import { trackRequestIn } from '#src/turn/spoken-requests.ts';

const names = ['Nova'];

const kinds = ['pause', 'resume', 'skip', 'louder', 'quieter'] as const;
type PhraseCase = readonly [phrase: string, request: object];
/** Each phrase of the data with the name of the bot, and what it asks for. */
const phrases = languages.flatMap(({ trackRequests: said }): PhraseCase[] => [
  ...kinds.flatMap((kind) =>
    (said?.[kind] ?? []).map((one): PhraseCase => [`${one}, Nova!`, { kind }]),
  ),
  ...(said?.level ?? []).map((one): PhraseCase => [`${one} 40`, { kind: 'level', percent: 40 }]),
]);

test('every request of every language means what its list says, also with the name of the bot', () => {
  for (const [phrase, request] of phrases)
    expect(trackRequestIn(phrase, names), phrase).toEqual(request);
});

test.each([
  ['Pause the music, please.', { kind: 'pause' }],
  ['Can you skip this song?', { kind: 'skip' }],
  ['Turn the music down a bit', { kind: 'quieter' }],
  ['Volume 30 percent', { kind: 'level', percent: 30 }],
  ['Mach die Musik bitte leiser', undefined],
  ["Don't pause the music.", undefined],
  ['Pause the music when Eva comes.', undefined],
  ['Skip lunch.', undefined],
  ['Volume 30 or 40', undefined],
  ['Pause and skip', undefined],
  ['She said: skip', undefined],
  ['', undefined],
])('%j asks for %j in so many words', (said, request) => {
  expect(trackRequestIn(said, names)).toEqual(request);
});
