import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Files and folders that a bot in shared time is made of. */
const parts = ['package.json', 'src', 'commands', 'test/scenarios/setup'];

/** A copy of the program in a folder of its own, removed when it is disposed of. */
export type Checkout = AsyncDisposable & { readonly url: URL };

/** A change of one file: `find` is replaced by `replacement`. */
export type Edit = { readonly path: string; readonly find: RegExp; readonly replacement: string };

/** Copies the program with the folder `from` at `to`, and edits files. Errors: Error where an edit changes nothing. */
export async function checkOut(
  { from, to }: { readonly from: URL; readonly to: string },
  edits: readonly Edit[],
): Promise<Checkout> {
  await using stack = new AsyncDisposableStack();
  const parent = await mkdtemp(join(tmpdir(), 'parley-checkout-'));
  stack.defer(() => rm(parent, { recursive: true }));
  // beside the copy: what is compiled stays in a folder of the copy
  await symlink(join(root, 'node_modules'), join(parent, 'node_modules'));
  const folder = join(parent, 'parley');
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true });
  await cp(from, join(folder, to), { recursive: true });
  for (const { path, find, replacement } of edits) {
    const source = await readFile(join(folder, path), 'utf8');
    const edited = source.replace(find, replacement);
    if (edited === source) throw new Error(`${path} has no ${find}.`);
    await writeFile(join(folder, path), edited);
  }
  const closing = stack.move();
  return {
    url: pathToFileURL(`${folder}/`),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
