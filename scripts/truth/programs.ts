import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

export type ProgramEnvironment = Readonly<Record<string, string>>;

/** How a program ended, and what it wrote. */
export type ProgramEnd = {
  readonly exitCode: number | null;
  readonly output: readonly string[];
  readonly errors: readonly string[];
};

const longestRunMs = 60_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `npm run NAME` without npm and with no other environment, in this folder. */
export function startProgram(
  name: string,
  words: readonly string[],
  environment: ProgramEnvironment,
  folder: string,
): ChildProcess {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  const [, ...args] = `${scripts[name]}`.split(' ');
  const place = process.cwd();
  const paths = args.map((arg) => (arg.startsWith('-') ? arg : `${place}/${arg}`));
  const child = spawn(process.execPath, [...paths, ...words], { cwd: folder, env: environment });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Runs it to its end; whatever it reads is empty. */
export async function runProgram(...call: Parameters<typeof startProgram>): Promise<ProgramEnd> {
  const child = startProgram(...call);
  const timer = setTimeout(() => child.kill('SIGKILL'), longestRunMs);
  child.stdin?.end();
  const [output, errors] = [linesOf(child.stdout), linesOf(child.stderr)];
  const [exitCode] = await once(child, 'exit');
  clearTimeout(timer);
  return { exitCode, output: await output, errors: await errors };
}

async function linesOf(stream: NodeJS.ReadableStream | null): Promise<readonly string[]> {
  return stream ? await Array.fromAsync(createInterface({ input: stream })) : [];
}

/** A port of this machine that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('There is no port.');
  return address.port;
}
