import { expect, test } from 'vitest';
import { complete } from '#src/console/complete.ts';
import { shapes } from './shapes.ts';

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
