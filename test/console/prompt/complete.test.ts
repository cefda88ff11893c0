import { expect, test } from 'vitest';
import { complete } from '#src/console/prompt/complete.ts';
import { settings, shapes, track } from '#test/console/shapes.ts';

test.each([
  ['/', '/', ['/join ', '/leave ', '/say ', '/stop ', '/privacy ']],
  ['/s', '/s', ['/say ', '/stop ']],
  ['bob: /pri', '/pri', ['/privacy ']],
  ['/say', '/say', ['/say ']],
  ['/privacy ', '', ['status ', 'allow ']],
  ['/privacy al', 'al', ['allow ']],
  ['/privacy allow ', '', ['for:']],
  ['/privacy allow for:', 'for:', ['for:always', 'for:today']],
  ['/say ', '', ['text:', 'voice:', 'when:']],
  ['/say te', 'te', ['text:']],
  ['/say text:hello w', 'w', ['when:']],
  ['/say text:hello when:n', 'when:n', ['when:now']],
  ['/say text:hello when:now ', '', ['voice:']],
  ['/stop e', 'e', ['everything']],
  ['/leave ', '', []],
  ['/dance ', '', []],
  ['hello /s', '', []],
  ['/say text:"hello w', '', []],
  ['', '', []],
])('%j goes on with what the bot registered', (line, typed, words) => {
  expect(complete(line, shapes)).toEqual({ kind: 'words', typed, words });
});

test.each([
  ['/say text:hi voice:', 'voice:', { text: 'hi', voice: '' }],
  ['/say text:hi voice:k', 'voice:k', { text: 'hi', voice: 'k' }],
  ['/say voice:kal 1', 'voice:kal 1', { voice: 'kal 1' }],
])('for %j the bot is asked', (line, typed, options) => {
  expect(complete(line, shapes)).toEqual({
    kind: 'ask',
    typed,
    name: 'say',
    options,
    focused: 'voice',
  });
});

test.each([
  ['/settings set cu', 'cu', 'key', { key: 'cu' }],
  ['/settings set cues of', 'of', 'value', { key: 'cues', value: 'of' }],
  ['/settings set key:cues value:o', 'value:o', 'value', { key: 'cues', value: 'o' }],
])('for %j the bot is asked for what may stand there', (line, typed, focused, options) => {
  const asked = { kind: 'ask', typed, name: 'settings set', options, focused };
  expect(complete(line, settings)).toEqual(asked);
});

test('behind a key comes its value', () => {
  const words = { kind: 'words', typed: '', words: ['value:'] };
  expect(complete('/settings set cues ', settings)).toEqual(words);
});

test('what a pipeline may be is known without asking', () => {
  const words = { kind: 'words', typed: 'to:', words: ['to:chained', 'to:realtime'] };
  expect(complete('/settings pipeline to:', settings)).toEqual(words);
  expect(complete('/settings pipeline re', settings)).toEqual({
    kind: 'words',
    typed: 're',
    words: ['realtime'],
  });
});

test('what is true or false is known without asking', () => {
  const words = { kind: 'words', typed: 'loop:t', words: ['loop:true'] };
  expect(complete('/track play rain loop:t', track)).toEqual(words);
});
