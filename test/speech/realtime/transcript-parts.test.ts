import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { readChecked } from '#src/speech/checked-file.ts';
import { fliteText } from '#src/speech/embedded/embedded-synthesizer.ts';
import { importMemory, patchWasm } from '#src/speech/embedded/wasm-patch.ts';
import { SoundStream } from '#src/speech/openai/sound-stream.ts';
import { textPieces } from '#src/speech/text-pieces.ts';
import { fc } from '#test/properties.ts';

/** `(f32) => i32` by the conversion that traps, exported as `f`. */
const trapping = Uint8Array.from(
  Buffer.from('0061736d0100000001060160017d017f03020100070501016600000a070105002000a80b', 'hex'),
);

function call(wasm: Uint8Array, value: number): unknown {
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(wasm), {}).exports;
  return typeof f === 'function' ? f(value) : undefined;
}

test('a patched module saturates where it trapped, and else computes the same', () => {
  expect(() => call(trapping, 1e20)).toThrow('unrepresentable');
  expect(call(patchWasm(trapping, 4096), 1e20)).toBe(2 ** 31 - 1);
  expect(call(patchWasm(trapping, 4096), -7.9)).toBe(-7);
});

/** Gives the first number of its own memory and leaves 7 there: `f`, with a debug note behind it. */
const remembering = Uint8Array.from(
  Buffer.from(
    '0061736d010000000105016000017f0201000302010005030100010705010166' +
      '00000a10010e0041002802004100410736020' +
      '00b00050464656275',
    'hex',
  ),
);

test('a module whose memory is imported finds what the instance before it left', () => {
  const patched = importMemory(remembering);
  expect(patched.includes('debu')).toBe(false);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const next = () => {
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(patched), { env: { memory } })
      .exports;
    return typeof f === 'function' ? f() : undefined;
  };
  expect([next(), next()]).toEqual([0, 7]);
  expect(() => importMemory(trapping)).toThrow('does not define the expected memory');
});

test('a module that is cut off or unknown is not patched', () => {
  expect(() => patchWasm(trapping.subarray(0, 30), 4096)).toThrow('ends too early');
  const unknown = trapping.with(trapping.length - 2, 0xfd);
  expect(() => patchWasm(unknown, 4096)).toThrow('unknown opcode');
});

test('a file that is not the expected one is not used', () => {
  const here = pathToFileURL('package.json').href;
  expect(() => readChecked(here, 'f00')).toThrow(/is not the file this was made for/);
  const nowhere = pathToFileURL('/nowhere/node_modules/flite/flite.wasm').href;
  expect(() => readChecked(nowhere, 'f00')).toThrow(
    'flite/flite.wasm could not be read: run npm ci.',
  );
});

test.each([
  ['**Sure!** <b>I</b> can', 'Sure! I can'],
  ['café – naïve… “quoted”', 'cafe , naive... "quoted"'],
  ['one\ntwo\0three', 'one two three'],
  ['5 € 🙂', '5 euro'],
  ['Привет!', ''],
  ['?!...', ''],
])('%j is spoken as %j', (text, spoken) => {
  expect(fliteText(text)).toBe(spoken);
});

test('a text cut into pieces loses nothing but space, and no piece is too long', () => {
  const words = fc.array(fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }));
  fc.assert(
    fc.property(words, fc.integer({ min: 10, max: 80 }), (parts, maxChars) => {
      const text = parts.join(' ');
      const pieces = textPieces(text, maxChars);
      expect(pieces.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(maxChars);
        expect(piece.isWellFormed()).toBe(true);
      }
    }),
  );
});

test('a text is cut at the end of a sentence, or else at a space', () => {
  expect(textPieces('One two. Three four five.', 16)).toEqual(['One two.', 'Three four five.']);
  expect(textPieces('One two three four', 9)).toEqual(['One two', 'three', 'four']);
});

test.each([1, 2, 3, 7, 959, 4801, 10_001])(
  'samples cut into pieces of %i bytes stay the same',
  (size) => {
    const bytes = Buffer.from(Array.from({ length: 10_001 }, (_, n) => (n * 37) % 256));
    const stream = new SoundStream('audio/pcm', undefined);
    const samples: number[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const pcm of stream.push(bytes.subarray(at, at + size))) samples.push(...pcm.samples);
    }
    for (const pcm of stream.end()) samples.push(...pcm.samples);
    expect(samples).toEqual(Array.from({ length: 5000 }, (_, n) => bytes.readInt16LE(2 * n)));
  },
);

test.each([
  ['audio/pcm; rate=16000', undefined, 16_000],
  ['audio/pcm;rate=16000', 22_050, 22_050],
  ['audio/pcm', undefined, 24_000],
])('samples sent as %s with %s Hz set are read at %i Hz', (type, rateHz, read) => {
  const [pcm] = new SoundStream(type, rateHz).push(Buffer.alloc(100));
  expect(pcm?.rateHz).toBe(read);
});

test.each([
  ['OggS', 'audio/pcm'],
  ['fLaC', ''],
  ['ID3\x04', 'application/octet-stream'],
])('sound that begins with %j as "%s" is refused by name, never played as noise', (head, type) => {
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), Buffer.alloc(20)]);
  expect(() => new SoundStream(type, undefined).push(bytes)).toThrow(
    /sent (Ogg|FLAC|MP3): set SPEECH_FORMAT/,
  );
});
