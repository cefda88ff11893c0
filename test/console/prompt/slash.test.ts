import { expect, test } from 'vitest';
import { readSlash } from '#src/console/prompt/slash.ts';
import { settings, shapes, track } from '#test/console/shapes.ts';

test.each([
  ['/leave', 'leave', {}],
  ['/join', 'join', {}],
  ['/join Workshop', 'join', { channel: 'Workshop' }],
  ['/say text:hello when:now', 'say', { text: 'hello', when: 'now' }],
  ['/say text:hello there, you two', 'say', { text: 'hello there, you two' }],
  ['/say when:now text: it is: five past', 'say', { when: 'now', text: 'it is: five past' }],
  ['/say hello there when:NOW', 'say', { text: 'hello there', when: 'now' }],
  ['/SAY Text:hi', 'say', { text: 'hi' }],
  ['/say "hello: you" when:now', 'say', { text: '"hello: you"', when: 'now' }],
  [
    '/say text:"say when:now aloud" when:queue',
    'say',
    { text: 'say when:now aloud', when: 'queue' },
  ],
  ['/say text:"half a quote', 'say', { text: 'half a quote' }],
  ['/say https://127.0.0.1/x', 'say', { text: 'https://127.0.0.1/x' }],
  ['/say note: this', 'say', { text: 'note: this' }],
  ['/privacy status', 'privacy status', {}],
  ['/privacy  allow for:today', 'privacy allow', { for: 'today' }],
  ['/privacy allow today', 'privacy allow', { for: 'today' }],
])('%s is sent as it was meant', (line, name, options) => {
  expect(readSlash(line, shapes)).toEqual({ kind: 'ready', name, options });
});

test.each([
  ['/', 'The commands are /join, /leave, /say, /stop, /privacy.'],
  ['/dance', 'There is no /dance; there is /join, /leave, /say, /stop, /privacy.'],
  ['/privacy', '/privacy needs one of status, allow.'],
  ['/privacy sell', '/privacy has no sell; it has status, allow.'],
  ['/say', '/say needs text: /say text:...'],
  ['/say when:now', '/say needs text: /say text:...'],
  ['/say text:', '/say needs text: /say text:...'],
  ['/say text:hi when:', 'There is no value after when: in /say.'],
  ['/say txet:hello', '/say has no txet; it has text, voice, when.'],
  ['/stop what:music', '/stop cannot take "music" for what; it takes speech, sounds, everything.'],
  ['/leave now', '/leave takes nothing more.'],
  ['/stop loudly what:speech', '/stop takes nothing beside what.'],
])('%s is answered with one sentence', (line, why) => {
  expect(readSlash(line, shapes)).toEqual({ kind: 'wrong', why });
});

test.each([
  ['/settings view', 'settings view', {}],
  ['/settings set key:cues value:off', 'settings set', { key: 'cues', value: 'off' }],
  ['/settings set cues off', 'settings set', { key: 'cues', value: 'off' }],
  ['/settings set cues value:off', 'settings set', { key: 'cues', value: 'off' }],
  ['/settings set off key:cues', 'settings set', { key: 'cues', value: 'off' }],
  [
    '/settings set instructions You are a pirate.  Arr.',
    'settings set',
    { key: 'instructions', value: 'You are a pirate.  Arr.' },
  ],
  ['/settings pipeline realtime', 'settings pipeline', { to: 'realtime' }],
  ['/settings pipeline to:CHAINED', 'settings pipeline', { to: 'chained' }],
])('%s can be typed', (line, name, options) => {
  expect(readSlash(line, settings)).toEqual({ kind: 'ready', name, options });
});

test.each([
  ['/settings', '/settings needs one of view, set, pipeline.'],
  ['/settings set cues', '/settings set needs value: /settings set value:...'],
  ['/settings set', '/settings set needs key: /settings set key:...'],
  [
    '/settings pipeline magic',
    '/settings pipeline cannot take "magic" for to; it takes chained, realtime.',
  ],
])('%s lacks something', (line, why) => {
  expect(readSlash(line, settings)).toEqual({ kind: 'wrong', why });
});

test('a number is sent as it was typed, and what is true or false can be nothing else', () => {
  expect(readSlash('/track play rain volume:30 loop:TRUE', track)).toEqual({
    kind: 'ready',
    name: 'track play',
    options: { sound: 'rain', volume: '30', loop: 'true' },
  });
  expect(readSlash('/track play rain loop:maybe', track)).toEqual({
    kind: 'wrong',
    why: '/track play cannot take "maybe" for loop; it takes true, false.',
  });
});
