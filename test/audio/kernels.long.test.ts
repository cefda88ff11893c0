import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

test('the kernels that are checked in are what their source compiles to', async () => {
  await using own = await mkdtempDisposable(join(tmpdir(), 'parley-kernels-'));
  const folder = own.path;
  await run(process.execPath, ['scripts/make-kernels.mjs', folder]);
  for (const path of ['voice/silero-kernels.wasm', 'polyphase-kernels.wasm']) {
    const made = await readFile(join(folder, basename(path)));
    expect(made.equals(await readFile(join('src/audio', path))), path).toBe(true);
  }
});
