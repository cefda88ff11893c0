import {
  fetchableVoices,
  findFetchableVoice,
  formatVoice,
  voiceSchema,
} from '#src/downloads/voice-catalogue.ts';

const [first] = fetchableVoices;

test('voices of seven languages are offered by name, size and a free licence', () => {
  expect(fetchableVoices.map(formatVoice)).toEqual([
    'Thorsten (63 MB, CC0-1.0)',
    'DaveFX (63 MB, CC0-1.0)',
    'Siwis (63 MB, CC-BY-4.0)',
    'Paola (64 MB, CC0-1.0)',
    'Darkman (63 MB, CC0-1.0)',
    'Faber (63 MB, CC0-1.0)',
    'Dmitri (63 MB, CC0-1.0)',
  ]);
  for (const { folder, language, name } of fetchableVoices) {
    expect(name.startsWith(language.replace('-', '_'))).toBe(true);
    expect(folder).toMatch(/\/resolve\/[\da-f]{40}\//);
  }
});

test('a voice is found by its language, whatever the region', () => {
  expect(findFetchableVoice('de-AT')?.speaker).toBe('Thorsten');
  expect(findFetchableVoice('pt-PT')?.speaker).toBe('Faber');
  expect(findFetchableVoice('ja')).toBeUndefined();
});

test.each([
  ['no hash', { model: { bytes: 5 } }],
  ['a licence for research', { licence: 'CC-BY-NC-4.0' }],
  ['an address of its own', { folder: 'https://example.org/voice' }],
  ['a name that leaves its folder', { name: '../de_DE-thorsten' }],
  ['no word where its hashes were looked up', { lookedUp: '' }],
])('a voice with %s is not taken into the catalogue', (_, change) => {
  expect(voiceSchema.safeParse(first).success).toBe(true);
  expect(voiceSchema.safeParse({ ...first, ...change }).success).toBe(false);
});
