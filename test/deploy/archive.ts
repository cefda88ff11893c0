import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';

const run = promisify(execFile);
/** Copies what an installation may hold, without the modules. */
export async function copySources(folder: string): Promise<void> {
  const others = ['.git', '.ci', 'bench', 'coverage', 'data', 'node_modules', 'test'];
  for (const entry of await readdir('.'))
    if (!others.includes(entry)) await cp(entry, join(folder, entry), { recursive: true });
}

/** Environment of a machine with Node alone: no other program, and no address but its own. */
export async function nodeAlone(folder: string): Promise<Readonly<Record<string, string>>> {
  const [bin, guard] = [join(folder, 'node-alone'), join(folder, 'no-network.mjs')];
  await mkdir(bin);
  await run('ln', ['-s', process.execPath, join(bin, 'node')]);
  await writeFile(guard, noNetwork);
  const options = `--import=${guard}`;
  return { ...compileCacheEnvironment(), PATH: bin, NODE_OPTIONS: options, HOME: folder };
}

/** Ends a process that opens a connection to elsewhere. */
const noNetwork = `
import { Socket } from 'node:net';
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const [first] = args.flat();
  const host = typeof first === 'object' ? (first?.host ?? 'localhost') : 'localhost';
  if (!/^(localhost|127\\.|::1)/.test(host) && first?.path === undefined) {
    console.error('connects to ' + host);
    process.exit(99);
  }
  return connect.apply(this, args);
};
`;
