import { expect, test, vi } from 'vitest';
import { hasHiddenCharacters } from '#src/conversation/settings/hidden-characters.ts';
import {
  type Persona,
  personaKeyOf,
  personaLimits,
  personaSchema,
  readPersona,
} from '#src/conversation/settings/persona.ts';
import {
  personaFile,
  personaFileLimits,
  readPersonaFile,
} from '#src/features/personas/persona-file.ts';
import { fc } from '#test/properties.ts';

const pirate: Persona = {
  name: 'Pirate',
  instructions: 'Talk like a pirate.\nOne sentence.',
  voice: 'rms',
  voices: { de: 'slt', 'pt-BR': 'kal' },
  tone: 'Hoarse and merry.',
  language: 'de',
  cues: 'on',
  brain: 'fast',
};
const encoded = (text: string) => new TextEncoder().encode(text);
const faultOf = (text: string) => readPersonaFile(encoded(text));

test('a persona comes out of its file as it went in', () => {
  expect(readPersonaFile(encoded(personaFile(pirate)))).toEqual({ kind: 'ok', persona: pirate });
  const least: Persona = { name: 'A', instructions: 'B' };
  expect(readPersonaFile(encoded(personaFile(least)))).toEqual({ kind: 'ok', persona: least });
});

test('a persona file with all texts full is well below the largest that is read', () => {
  const text = (most: number) => '字'.repeat(most);
  const full: Persona = {
    ...pirate,
    name: text(personaLimits.name),
    instructions: text(personaLimits.instructions),
    tone: text(personaLimits.tone),
  };
  const file = encoded(personaFile(full));
  expect(readPersonaFile(file).kind).toBe('ok');
  expect(file.length * 3).toBeLessThan(personaFileLimits.bytes);
});

test.each(['baseUrl', 'apiKey', 'tools', 'rights', 'host', 'roles'])(
  'a file sets no host, key, tool or right: one with %s is refused as a whole',
  (field) => {
    const persona = { ...pirate, [field]: 'http://203.0.113.7' };
    const file = JSON.stringify({ format: 'parley-persona', version: 1, persona });
    expect(faultOf(file)).toEqual({ kind: 'fault', fault: { kind: 'unknown', field } });
    const beside = JSON.stringify({ ...JSON.parse(personaFile(pirate)), [field]: 1 });
    expect(faultOf(beside)).toEqual({ kind: 'fault', fault: { kind: 'unknown', field } });
  },
);

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
  for (const field of ['name', 'instructions', 'voice', 'tone', 'brain'] as const) {
    const persona = { ...pirate, [field]: `x${hidden}y` };
    expect(readPersona(persona)).toEqual({ kind: 'fault', fault: { kind: 'hidden', field } });
  }
  const voices = { de: `x${hidden}y` };
  const fault = { kind: 'hidden', field: 'voices' };
  expect(readPersona({ ...pirate, voices })).toEqual({ kind: 'fault', fault });
});

test.each(['👩‍👩‍👧', '❤️‍🔥', '☠️', 'می‌خواهم', 'क्‍ष', 'שלום', 'Zoë — "ahoy"', 'a\tb\nc'])(
  'what people write is not hidden: %s',
  (text) => {
    expect(hasHiddenCharacters(text)).toBe(false);
    expect(readPersona({ ...pirate, instructions: text }).kind).toBe('ok');
  },
);

test('a file that is none says so, and none takes long', () => {
  expect(faultOf('{')).toEqual({ kind: 'fault', fault: { kind: 'no-json' } });
  expect(readPersonaFile(new Uint8Array([0xff, 0xfe]))).toEqual({
    kind: 'fault',
    fault: { kind: 'no-json' },
  });
  expect(faultOf('null')).toEqual({ kind: 'fault', fault: { kind: 'no-persona' } });
  expect(faultOf('{"format":"parley-persona","version":2,"persona":{}}')).toEqual({
    kind: 'fault',
    fault: { kind: 'no-persona' },
  });
  const big = new Uint8Array(10 * 1_024 * 1_024).fill(0x20);
  expect(readPersonaFile(big)).toEqual({ kind: 'fault', fault: { kind: 'too-big' } });
});

test.each([
  ['fields', `"persona":{${'"x":1,'.repeat(9_000)}"y":1}`],
  ['numbers', `"persona":[${'5,'.repeat(20_000)}5]`],
  ['levels', `"persona":${'['.repeat(20_000)}`],
])('of a file of many %s no schema sees anything', (_, rest) => {
  const seen = vi.spyOn(personaSchema, 'safeParse');
  expect(faultOf(`{"format":"parley-persona","version":1,${rest}}`)).toEqual({
    kind: 'fault',
    fault: { kind: 'no-persona' },
  });
  expect(seen).not.toHaveBeenCalled();
  seen.mockRestore();
});

test.each([
  ['name', 'x'.repeat(33)],
  ['name', 'two\nlines'],
  ['instructions', ' '],
  ['instructions', 'x'.repeat(4_001)],
  ['language', 'Klingon, please'],
  ['voices', { 'not a tag': 'slt' }],
  ['tone', 7],
])('a %s that does not fit is named', (field, value) => {
  const fault = { kind: 'bad', field };
  expect(readPersona({ ...pirate, [field]: value })).toEqual({ kind: 'fault', fault });
});

test('cues that do not exist are told which there are', () => {
  const fault = { kind: 'choice', field: 'cues', allowed: ['off', 'soft', 'on'] };
  expect(readPersona({ ...pirate, cues: 'loud' })).toEqual({ kind: 'fault', fault });
});

test('a name is found however it is written', () => {
  expect(personaKeyOf('  Straße Ⅳ ')).toBe(personaKeyOf('straße iv'));
});

test('no bytes of a file throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json().map(encoded), fc.uint8Array({ maxLength: 200 })), (bytes) => {
      expect(['ok', 'fault']).toContain(readPersonaFile(bytes).kind);
    }),
  );
});
