// npm run node -- scripts/make-kernels.mjs [FOLDER]: compiles inner loops to WebAssembly SIMD. The
// AssemblyScript locked in `tools` gives the same bytes on every machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveTool } from '#tools/resolve.mjs';

const { default: asc } = await import(resolveTool('assemblyscript/asc'));

const kernels = {
  'silero.ts': 'src/audio/voice/silero-kernels.wasm',
  'polyphase.ts': 'src/audio/polyphase-kernels.wasm',
};
const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'];
const [, , targetFolder] = process.argv;
const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = join(repository, 'scripts/kernels');

for (const [sourceFile, wasmPath] of Object.entries(kernels)) {
  const targetFile = targetFolder ? resolve(targetFolder, basename(wasmPath)) : join(repository, wasmPath);
  const { error, stderr } = await asc.main([sourceFile, '--baseDir', folder, '--outFile', 'kernels.wasm', ...options], {
    readFile: (name, base) => {
      try {
        return readFileSync(resolve(base, name), 'utf8');
      } catch {
        return null; // The compiler looks in several places.
      }
    },
    writeFile: (_name, bytes) => writeFileSync(targetFile, bytes),
  });
  if (!error) continue;
  console.error(`${stderr}${error.message}`);
  process.exitCode = 1;
}
