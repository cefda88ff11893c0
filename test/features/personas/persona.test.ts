import { expect, test } from 'vitest';
import { hasHiddenCharacters } from '#src/conversation/settings/hidden-characters.ts';
import { personaFields, readPersona } from '#src/conversation/settings/persona.ts';

test.each([
  ['tags', '\u{E0049}\u{E0067}\u{E006E}'],
  ['a change of direction', '\u202Eevom'],
  ['no width', 'a\u200Bb'],
  ['selectors of variants', 'a\u{E0100}\u{E0101}'],
  ['joiners in a row', 'a\u200D\u200C\u200Db'],
  ['fillers', '\u3164\u3164'],
  ['a control', 'a\u0007'],
  ['half a character', '\uD800'],
  ['private use', '\uE000'],
])('orders hidden in %s are refused in whichever text they stand', (_name, hidden) => {
  for (const field of personaFields)
    expect(readPersona({ [field]: `x${hidden}y` })).toEqual({ kind: 'hidden', field });
});

test.each(['👩‍👩‍👧', '❤️‍🔥', '☠️', 'می‌خواهم', 'क्‍ष', 'שלום', 'Zoë — "ahoy"', 'a\tb\nc'])(
  'what people write is not hidden: %s',
  (text) => expect(hasHiddenCharacters(text)).toBe(false),
);
