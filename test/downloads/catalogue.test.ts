import {
  estimateTokensPerSecond,
  fetchableModels,
  fitsMachine,
  modelSchema,
} from '#src/downloads/catalogue.ts';

const [small] = fetchableModels;

test('three models of about 0.5, 1.5 and 4 billion weights are offered, each by its hash and a free licence', () => {
  expect(fetchableModels.map(({ billions }) => billions)).toEqual([0.5, 1.5, 4]);
  for (const { languages, licence, memoryBytes, bytes } of fetchableModels) {
    expect(['Apache-2.0', 'MIT']).toContain(licence);
    expect(memoryBytes).toBeGreaterThan(bytes);
    expect(languages).toContain('en');
  }
});

test.each([
  ['no hash', { sha256: undefined }],
  ['a short hash', { sha256: 'abc' }],
  ['another licence', { licence: 'Gemma' }],
  ['an address of its own', { path: 'https://example.org/model.gguf' }],
  ['no word where its hash was looked up', { lookedUp: '' }],
])('a model with %s is not taken into the catalogue', (_, change) => {
  expect(modelSchema.safeParse(small).success).toBe(true);
  expect(modelSchema.safeParse({ ...small, ...change }).success).toBe(false);
});

test('a model is offered where memory and twice its size on disk are there', () => {
  const much = { memoryBytes: 64e9, diskBytes: 900e9 };
  expect(fetchableModels.every((model) => fitsMachine(model, much))).toBe(true);
  const littleDisk = { ...much, diskBytes: 2.2e9 };
  expect(
    fetchableModels.filter((model) => fitsMachine(model, littleDisk)),
  ).toHaveLength(1);
  const littleMemory = { ...much, memoryBytes: 1e9 };
  expect(fetchableModels.some((model) => fitsMachine(model, littleMemory))).toBe(false);
});

test('a model twice as large is estimated to be half as quick', () => {
  expect(estimateTokensPerSecond({ bytes: 1e9 }, 8e9)).toBe(8);
  expect(estimateTokensPerSecond({ bytes: 2e9 }, 8e9)).toBe(4);
});
