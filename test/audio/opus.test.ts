import { spawnSync } from 'node:child_process';
import { loadOpus, openNativeOpus, openWasmOpus } from '#src/audio/opus/load-opus.ts';
import { countOpusSamples } from '#src/audio/opus/opus-packet.ts';
import { testOpusCodec } from '#test/contracts/opus-codec-contract.ts';
import { withPackage } from '#test/fakes/optional-packages.ts';

testOpusCodec('libopus-wasm', openWasmOpus);

withPackage('@discordjs/opus', () => {
  testOpusCodec('@discordjs/opus', openNativeOpus);

  test('where it was built it is taken first', async () =>
    expect((await loadOpus()).name).toBe('@discordjs/opus'));
});

test('libopus-wasm encodes and decodes if @discordjs/opus could not be built', () => {
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === '@discordjs/opus') throw new Error('not built');
        return next(specifier, context);
      },
    });
    const { loadOpus } = await import('#src/audio/opus/load-opus.ts');
    console.log((await loadOpus()).name);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    program,
  ]);
  expect([`${stdout}`, `${stderr}`]).toEqual(['libopus-wasm\n', '']);
});

test.each([
  [0x08, 960],
  [0x00, 480],
  [0x18, 2880],
  [0x60, 480],
  [0x78, 960],
  [0x80, 120],
  [0xf8, 960],
  [0xf9, 1920],
])('an Opus packet that begins with %i holds %i samples at 48 kHz', (first, samples) =>
  expect(countOpusSamples(Uint8Array.of(first, 0))).toBe(samples),
);
