import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import packageJson from '#package.json' with { type: 'json' };
import { compileCacheEnvironment } from '#src/base/compile-cache.ts';
import { npmWithoutNetwork } from './image.ts';

const run = promisify(execFile);
export const archiveName = `parley-${packageJson.version}`;

/** Makes archives of a repository of its own, with the modules that are installed here. */
export class ReleaseMaker {
  /** Repository with all that a release may hold in one commit, beside a test that it may not. */
  readonly tree: string;
  /** Platform whose binaries are installed here. */
  readonly platform: string;
  readonly #bin: string;

  private constructor(tree: string, platform: string, bin: string) {
    this.tree = tree;
    this.platform = platform;
    this.#bin = bin;
  }

  static async open(folder: string): Promise<ReleaseMaker> {
    const [davey = ''] = (await readdir('node_modules/@snazzah')).filter((one) => one !== 'davey');
    await mkdir(join(folder, 'npm'));
    const bin = await npmWithoutNetwork(join(folder, 'npm'));
    return new ReleaseMaker(await committedTree(folder), davey.replace('davey-', ''), bin);
  }

  get archive(): string {
    return `${archiveName}-${this.platform}.tar.gz`;
  }

  /** Makes a release into a folder; what the program says. Errors: with its exit code. */
  make(folder: string): Promise<string> {
    return this.#release(folder, '--platform', this.platform);
  }

  /** Sentences of the program about version, changelog and tag. Errors: with its exit code. */
  check(): Promise<string> {
    return this.#release('--check');
  }

  async #release(...args: readonly string[]): Promise<string> {
    const words = ['scripts/release.mjs', ...args];
    const inPath = ['-c', 'PATH="$0:$PATH" exec "$@"', this.#bin, process.execPath];
    return (await run('sh', [...inPath, ...words], { cwd: this.tree })).stdout;
  }

  /** Changes a file of the repository, and commits it. */
  async commit(path: string, change: (text: string) => string): Promise<void> {
    const file = join(this.tree, path);
    await writeFile(file, change(await readFile(file, 'utf8')));
    await this.git('commit', '--quiet', '--all', `--message=${path}`);
  }

  git(...words: readonly string[]): Promise<string> {
    return git(this.tree, ...words);
  }
}

/** Copies what a release may hold, without the modules. */
export async function copySources(folder: string): Promise<void> {
  const others = ['.git', '.ci', 'bench', 'coverage', 'data', 'node_modules', 'release', 'test'];
  for (const entry of await readdir('.'))
    if (!others.includes(entry)) await cp(entry, join(folder, entry), { recursive: true });
}

async function committedTree(folder: string): Promise<string> {
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'test'), { recursive: true });
  await writeFile(join(tree, 'test/some.test.ts'), '');
  await copySources(tree);
  await git(tree, 'init', '--quiet');
  await git(tree, 'add', '--all');
  await git(tree, 'commit', '--quiet', '--message=all of it');
  return tree;
}

async function git(tree: string, ...words: readonly string[]): Promise<string> {
  const settings = ['user.name=Adam', 'user.email=adam@example.org', 'commit.gpgSign=false'];
  const before = settings.flatMap((setting) => ['-c', setting]);
  return (await run('git', [...before, ...words], { cwd: tree })).stdout;
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
