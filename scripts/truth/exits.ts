import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plain } from './plain.ts';
import { type ProgramEnvironment, runProgram } from './programs.ts';

const { DatabaseSync } = process.getBuiltinModule('node:sqlite');

type Run = {
  readonly program: string;
  readonly words?: readonly string[];
  readonly environment?: ProgramEnvironment;
};

const strange = ['--nonsense'];
const newer = 99_999;

/** Programs in the situations that end them, by name. */
function runs(refused: ProgramEnvironment, folder: string): Readonly<Record<string, Run>> {
  return {
    'start with a strange option': { program: 'start', words: strange },
    'start with wrong settings': {
      program: 'start',
      environment: { SHARDS: 'many', SPEECH_BASE_URL: 'nowhere', PIPELINE: 'other' },
    },
    'start with a refused token': { program: 'start', environment: refused },
    'backup of a newer store': { program: 'backup', environment: { DATA_DIR: newerStore(folder) } },
    'start over another database': {
      program: 'start',
      environment: { ...refused, DATABASE_URL: 'mysql://127.0.0.1/none' },
    },
    'commands without a token': { program: 'commands' },
    'commands with a refused token': { program: 'commands', environment: refused },
    ...Object.fromEntries(
      ['doctor', 'setup', 'backup', 'restore', 'shards', 'token', 'link', 'mcp'].flatMap(
        (program) => [
          [`${program} with a strange option`, { program, words: strange }],
          [`${program} with wrong settings`, { program, environment: { SHARDS: 'many' } }],
        ],
      ),
    ),
  };
}

/** Exit code and words of each program in each situation. */
export async function recordExits(): Promise<readonly unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-truth-'));
  await using discord = await serve(() => ({
    status: 401,
    body: { message: '401: Unauthorized', code: 0 },
  }));
  const refused = { DISCORD_TOKEN: 'a.refused.token', DISCORD_API_URL: discord.url };
  const found: unknown[] = [];
  try {
    for (const [name, { program, words = [], environment = {} }] of Object.entries(
      runs(refused, folder),
    )) {
      const own = mkdtempSync(join(folder, 'run-'));
      const end = await runProgram(
        program,
        words,
        { STATUS_PORT: '0', PAGE_PORT: '0', ...environment },
        own,
      );
      const output = end.output.filter((line) => !line.startsWith('{')); // its log is recorded elsewhere
      found.push({ name, ...Object(plain({ ...end, output })) });
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `npm run commands` registers with a Discord that knows no command, everywhere and in one server. */
export async function recordRegistration(): Promise<Readonly<Record<string, unknown>>> {
  const written = new Map<string, unknown>();
  const folder = mkdtempSync(join(tmpdir(), 'parley-truth-'));
  await using discord = await serve((request, body) => {
    const isList = request.url?.includes('/commands') === true;
    if (request.method === 'PUT') written.set(`${request.url}`.replace(/\?.*/, ''), body);
    return { status: 200, body: isList ? [] : { id: '200000000000000001', name: 'Nova' } };
  });
  try {
    const login = { DISCORD_TOKEN: 'any', DISCORD_API_URL: discord.url };
    for (const where of [{}, { DISCORD_GUILD_ID: '300000000000000001' }]) {
      const { exitCode, errors } = await runProgram('commands', [], { ...login, ...where }, folder);
      if (exitCode !== 0) throw new Error(`npm run commands: ${errors.join('\n')}`);
    }
    return Object.fromEntries(written);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Answer = { readonly status: number; readonly body: unknown };

async function serve(answer: (request: IncomingMessage, body: unknown) => Answer) {
  const reply = async (request: IncomingMessage, response: ServerResponse) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    const { status, body } = answer(request, text === '' ? undefined : JSON.parse(text));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void reply(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}/api`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A `DATA_DIR` of a version of the program that there is not yet. */
function newerStore(folder: string): string {
  using store = new DatabaseSync(join(folder, 'parley.db'));
  store.exec(`PRAGMA user_version = ${newer}`);
  return folder;
}
