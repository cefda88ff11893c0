// npm run docs-check [-- --keep]: a stranger follows the documents in a fresh clone of the last commit.
import '#src/base/help/program-help.mjs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/formats/wav.ts';
import { readGoodSettings } from '#test/config/read-settings.ts';
import {
  instantPace,
  openMockProviders,
} from '#test/fakes/providers/mock-providers.ts';
import { findFreePort } from '#test/fakes/servers/listening-server.ts';
import { isRead, readBlock } from './block-readers.ts';
import {
  findRefusal,
  isInSixSteps,
  needsStoppedBot,
  type RefusedCommand,
} from './command-plan.ts';
import {
  listBlocks,
  listShellLines,
  type ProjectDocument,
  readDocuments,
} from './project-documents.ts';
import { endProgramsIn, Stranger, type Terminal } from './stranger.ts';

const { values: flags } = parseArgs({
  /** Leaves the clone there. */
  options: { keep: { type: 'boolean', default: false } },
});
const keys = { enter: '\r', up: '\u001b[A' };
/** Words of documents in place of which the stranger has values of their own. */
const [writtenServer, writtenPage] = ['1029384756102938475', '127.0.0.1:8788'];
const recording = 'sandbox/recordings/what-time-is-it.wav';
const expireSoon = () => AbortSignal.timeout(60_000);
/** Programs that run until Ctrl+C, with the words after which they count as started. */
const endlessPrograms: readonly (readonly [program: RegExp, started: RegExp])[] = [
  [/^npm run dev$/, /ready: call it with/],
  [/events\.mjs$/, /listening/],
  [/relay\.mjs$/, /http:\S+:\d+/],
];
const failures: string[] = [];
const refusals = new Map<string, RefusedCommand & { readonly path: string }>();
/** Commands that were run. */
const done = new Set<string>();

const folder = await mkdtemp(join(tmpdir(), 'parley-documents-'));
const documents = await readDocuments();
let isStopped = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, async () => {
    isStopped = true;
    // The step that waits for them fails then.
    await endProgramsIn(folder);
  });
try {
  await readBlocks();
  await followDocuments();
} catch (error) {
  reportFailure('the documents', error);
} finally {
  await endProgramsIn(folder);
  if (!flags.keep) await rm(folder, { recursive: true });
}
printRefusals();
console.log(
  failures.length === 0
    ? `${done.size} commands were run, ${refusals.size} not here.`
    : `FAILED: ${failures.length}\n${failures.join('\n')}`,
);
process.exit(failures.length === 0 ? 0 : 1);

function reportFailure(name: string, error: unknown) {
  const reason = error instanceof Error ? error.message : `${error}`;
  failures.push(name);
  console.log(`FAILED  ${name}: ${reason}`);
}

/** Does a step, and goes on after one that fails. */
async function checkStep<T>(name: string, work: () => Promise<T>) {
  if (isStopped) throw new Error('The check was stopped.');
  try {
    const result = await work();
    console.log(`ok      ${name}`);
    return result;
  } catch (error) {
    reportFailure(name, error);
    return undefined;
  }
}

async function readBlocks() {
  for (const block of documents.flatMap(listBlocks).filter(isRead)) {
    const [first = ''] = block.code.split('\n');
    await checkStep(`${block.path}: read ${first}`, () => readBlock(block, folder));
  }
}

async function followDocuments() {
  await using sandbox = await openSandbox();
  await using providers = await openMockProviders({
    pace: instantPace,
    models: ['mock'],
  });
  const [page, status] = [await findFreePort(), await findFreePort()];
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, sandbox.certificate);
  const stranger = await Stranger.clone(join(folder, 'clone'), {
    PAGE_PORT: `${page}`,
    STATUS_PORT: `${status}`,
    DISCORD_API_URL: sandbox.apiUrl,
    NODE_EXTRA_CA_CERTS: ca,
  });
  const values = { page: `127.0.0.1:${page}`, server: sandbox.guildId };
  await checkStep('README.md, docs/sandbox.md: npm ci && npm start, --once', () =>
    hearItInAMinute(stranger),
  );
  await checkStep('README.md: steps 2 to 4', () => setUp(stranger, sandbox));
  await checkStep('deploy/README.md: its files', writeDeployFiles);
  await using bot = stranger.open('npm start');
  await checkStep('README.md: step 5, npm start', () =>
    bot.waitFor(/ready: call it with/),
  );
  await checkStep('README.md: step 6, /join and talk', () => talkToBot(sandbox));
  const token = await checkStep('docs/http.md: a token for every scope', () =>
    makeToken(stranger, values.server, sandbox.channelId('Lounge')),
  );
  const fillLine = (line: string) =>
    line
      .replaceAll(writtenServer, values.server)
      .replaceAll(writtenPage, values.page)
      .replaceAll('parley_...', `${token}`)
      .replace(/\bURL$/, providers.baseUrl)
      // Where a shell has no Node 24: CONTRIBUTING.md.
      .replace(/(?<=^| )node (?=\S+\.(?:mjs|ts)\b)/, 'npm run --silent node -- ');
  const fields = { TOKEN: `${token}`, PARLEY_URL: `http://${values.page}/v1` };
  await placeFiles(stranger);
  for (const document of documents)
    await runDocument(document, stranger, {
      given: fields,
      fill: fillLine,
      isStopped: false,
    });
  await checkStep('docs/http.md: the OpenAI client', () =>
    runClient(stranger, fillLine, fields),
  );
  await checkStep('Ctrl+C ends the bot', () => expectEnd(bot));
  for (const document of documents)
    await runDocument(document, stranger, {
      given: fields,
      fill: fillLine,
      isStopped: true,
    });
}

async function hearItInAMinute(stranger: Stranger) {
  await stranger.runLines(['npm ci']);
  await using terminal = stranger.open('npm start', { DISCORD_API_URL: '' });
  const [link = ''] = await terminal.waitFor(/http:\S+\/#key=\S+/);
  const { status } = await fetch(new URL('/', link));
  if (status !== 200) throw new Error(`The link gives ${status}.`);
  await terminal.waitFor(/Nova {3}The time is now/);
  terminal.type(`what time is it${keys.enter}`);
  await terminal.waitFor(/Nova {3}/);
  await expectEnd(terminal);
  const once = 'npm start -- --once';
  done.add(once);
  await stranger.runLines([once], { DISCORD_API_URL: '' });
}

/** npm itself ends as interrupted (130) where its program ends in order. */
async function expectEnd(terminal: Terminal) {
  const code = await terminal.interrupt();
  if (code !== 0 && code !== 130)
    throw new Error(`After Ctrl+C it ended with ${code}.`);
}

/** From `npm run setup` to the invite, which Discord's website would take. */
async function setUp(stranger: Stranger, sandbox: Sandbox) {
  await using terminal = stranger.open('npm run setup');
  await terminal.waitFor(/The token of your bot/);
  terminal.type(`${sandbox.token}${keys.enter}`);
  await terminal.waitFor(/None: the built-in ones/);
  terminal.type(`${keys.up}${keys.enter}`);
  const code = await terminal.end();
  const { DISCORD_TOKEN } = parseEnv(await readFile(`${stranger.folder}/.env`, 'utf8'));
  if (code !== 0 || DISCORD_TOKEN !== sandbox.token)
    throw new Error(`Setup ended with ${code} and the token ${DISCORD_TOKEN}.`);
}

/** The blocks of deploy/README.md write `.env` anew, so they have a clone of their own. */
async function writeDeployFiles() {
  const stranger = await Stranger.clone(join(folder, 'deploy'), {});
  const document = documents.find(({ path }) => path === 'deploy/README.md');
  const lines = (document ? listShellLines(document) : [])
    .map(({ line }) => line)
    .filter((line) => findRefusal(line) === undefined && !isInSixSteps(line));
  for (const line of lines) done.add(line);
  await stranger.runLines(lines);
  const readEnv = async (name: string) =>
    parseEnv(await readFile(join(stranger.folder, name), 'utf8'));
  readGoodSettings(await readEnv('.env'));
  const { LITELLM_MASTER_KEY } = await readEnv('deploy/proxy.env');
  const { OPENAI_API_KEY } = await readEnv('.env');
  if (!LITELLM_MASTER_KEY || LITELLM_MASTER_KEY !== OPENAI_API_KEY)
    throw new Error('Bot and proxy have different keys.');
}

async function talkToBot(sandbox: Sandbox) {
  const adam = sandbox.guild().person('Adam');
  await adam.join('Lounge', expireSoon());
  await adam.command('join').waitForAnswer(expireSoon());
  await adam.settled(expireSoon());
  await adam.command('captions on').waitForAnswer(expireSoon());
  const { lastVoicedAtMs } = await adam.say(
    readWav(await readFile(recording)),
    expireSoon(),
  );
  await adam.listen(
    { sinceMs: lastVoicedAtMs, quietMs: 1_000, timeoutMs: 60_000 },
    expireSoon(),
  );
}

async function makeToken(stranger: Stranger, server: string, channel: string) {
  const scopes = 'say,ask,track,transcript,events,chat,audio';
  const output = await stranger.runLines([
    `npm run token -- create check --server ${server} --scopes ${scopes} --channels ${channel}`,
  ]);
  return /parley_\S+/.exec(output)?.[0];
}

/** A recording, and the engine of docs/providers.md. */
async function placeFiles({ folder: clone }: Stranger) {
  const engine = findProgram('docs/providers.md');
  await writeFile(join(clone, 'mine.mjs'), engine);
  await cp(recording, join(clone, 'meeting.mp3'));
}

/** The program that a document shows. */
function findProgram(document: string) {
  const shown = documents
    .flatMap(listBlocks)
    .find(({ path, language }) => path === document && language === 'ts');
  if (!shown) throw new Error(`${document} shows no program.`);
  return shown.code;
}

type DocumentRun = {
  readonly given: Readonly<Record<string, string>>;
  readonly fill: (line: string) => string;
  readonly isStopped: boolean;
};

/** Runs the commands of a document: its blocks in one shell, other lines each alone and once. */
async function runDocument(
  document: ProjectDocument,
  stranger: Stranger,
  { given, fill, isStopped }: DocumentRun,
) {
  const { path } = document;
  const blocks: string[] = [];
  const lines = listShellLines(document).filter(({ line }) => !isInSixSteps(line));
  for (const { line, isInBlock } of lines) {
    const refusal = findRefusal(line);
    if (refusal) refusals.set(line, { ...refusal, path });
    if (refusal || needsStoppedBot(line) !== isStopped || done.has(line)) continue;
    done.add(line);
    const endless = findEndless(line);
    if (isInBlock && !endless) blocks.push(fill(line));
    else
      await checkStep(`${path}: ${line}`, async () => {
        const command = await fillFiles(fill(line), stranger.folder);
        if (endless) await runUntil(stranger.open(command, given), endless);
        else await stranger.runLines([command], given);
      });
  }
  if (blocks.length > 0)
    await checkStep(`${path}: ${blocks.length} lines of blocks`, () =>
      stranger.runLines(blocks, given),
    );
}

function findEndless(line: string) {
  return endlessPrograms.find(([program]) => program.test(line))?.[1];
}

async function runUntil(terminal: Terminal, words: RegExp) {
  await using running = terminal;
  await running.waitFor(words);
  await running.interrupt();
}

/** Copies of stores in the places of FILE, of each store the newest, and a script in that of a program. */
async function fillFiles(line: string, clone: string) {
  if (line.endsWith('node -- FILE'))
    return line.replace('FILE', 'scripts/texts.mjs de');
  if (/\bTAG\b/.test(line)) return line.replace('TAG', 'de');
  if (!line.includes('FILE')) return line;
  const backups = join(clone, 'data/backups');
  const names = (await readdir(backups)).sort().reverse();
  const findNewest = (store: string) =>
    join(backups, names.find((name) => name.startsWith(store)) ?? 'no copy');
  return line
    .replace('FILE', findNewest('parley'))
    .replace('FILE', findNewest('transcripts'));
}

/** The example of a client, with the imports that it leaves out. */
async function runClient(
  stranger: Stranger,
  fill: (line: string) => string,
  fields: Readonly<Record<string, string>>,
) {
  const imports = `import { writeFileSync } from 'node:fs';\nimport OpenAI from 'openai';\n`;
  await writeFile(
    join(stranger.folder, 'client.ts'),
    `${imports}${fill(findProgram('docs/http.md'))}`,
  );
  await stranger.runLines(['npm run node -- client.ts', 'test -s answer.wav'], fields);
}

function printRefusals() {
  console.log('\nNot run here:');
  for (const { command, path, reason } of refusals.values())
    console.log(`  ${command} (${path}): ${reason}`);
}
