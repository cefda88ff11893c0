import { TokenTexts } from '#src/speech/local/process/whisper-tokens.ts';

const texts = ['a', 'b', ' the', 'ab', 'ä', '\u{1f600}'];

function makeFile(tokens: readonly string[]) {
  return tokens
    .map((text, n) => `${Buffer.from(text).toString('base64') || '='} ${n}\n`)
    .join('');
}

test('each token of a file has its text, and each text its token', () => {
  const tokens = new TokenTexts(makeFile(texts));
  expect(tokens.count).toBe(texts.length);
  texts.forEach((text, token) => {
    expect(Buffer.from(tokens.get(token)).toString()).toBe(text);
    expect(tokens.find(Buffer.from(text))).toBe(token);
  });
  expect(tokens.find(Buffer.from('abc'))).toBeUndefined();
  expect(tokens.get(texts.length)).toHaveLength(0);
});

test('texts whose hashes meet are told apart', () => {
  const many = Array.from({ length: 60_000 }, (_, n) => `token ${n}`);
  const tokens = new TokenTexts(makeFile(many));
  const wrong = many.filter((text, n) => tokens.find(Buffer.from(text)) !== n);
  expect(wrong).toEqual([]);
});
