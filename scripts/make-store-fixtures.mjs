// npm run node -- scripts/make-store-fixtures.mjs [FOLDER...]
//
// Makes the stores of test/fixtures/stores anew: each is written by the program as of the commit named here, which is
// checked out of this repository's history for it. Where that is not in the history, its store stays as it is.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mainWrites, transcriptWrites, writtenAtWallMs } from '#test/storage/stored-rows.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(repository, 'test/fixtures/stores');

/** The last commit of each format of parley.db, if one has it; what transcripts.db was then lies beside it. */
const stores = [
  { folder: 'parley-4', commit: '0eab625d522988b46aaf0a6801f53f39b4e4b8f9' },
  { folder: 'parley-5', commit: '87da10ba9a9c4efd5b6f860fec5c4f7495253861' },
  { folder: 'parley-6', commit: '2e53872da90232efca6384db01bd5ae66febe60f' },
  { folder: 'parley-7', commit: '346f1c459212de35b8ff7e44f2e4545d69ba1a92' },
  { folder: 'parley-8', commit: '72be8f2228915b802bed86d0af9e7566ddd60d6c' },
  { folder: 'parley-9', commit: '7415555bc7c32d7c70868401dbac596906e7112c' },
  { folder: 'parley-12', commit: '71c8a8a2ce534929613c7063cad66b2e46abefe2' },
  { folder: 'parley-13', commit: '99cce7457c6dcbe86e9807c9b574bb5d10153447' },
];

if (process.argv[2] === '--write') {
  const [tree = '', folder = '', format = ''] = process.argv.slice(3);
  await write(tree, folder, Number(format));
} else {
  const wanted = process.argv.slice(2);
  for (const store of stores) {
    if (wanted.length === 0 || wanted.includes(store.folder)) make(store);
  }
}

function git(...words) {
  execFileSync('git', words, { cwd: repository, stdio: 'pipe' });
}

function isKnown(commit) {
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

function make({ folder, commit }) {
  if (!isKnown(commit)) {
    console.error(`${folder} stays as it is: commit ${commit.slice(0, 7)} is not in this history`);
    process.exitCode = 1;
    return;
  }
  const place = mkdtempSync(join(tmpdir(), 'parley-old-'));
  const tree = join(place, 'tree');
  try {
    git('worktree', 'add', '--detach', tree, commit);
    symlinkSync(join(repository, 'node_modules'), join(tree, 'node_modules'));
    const made = join(place, 'made');
    const format = folder.split('-').at(-1);
    const words = [fileURLToPath(import.meta.url), '--write', tree, made, format];
    execFileSync(process.execPath, words, { cwd: tree, stdio: 'inherit' });
    const target = join(fixtures, folder);
    rmSync(target, { recursive: true, force: true });
    mkdirSync(fixtures, { recursive: true });
    execFileSync('cp', ['-R', made, target]);
    console.log(`${folder}: written by ${commit.slice(0, 7)}`);
  } finally {
    git('worktree', 'remove', '--force', tree);
    rmSync(place, { recursive: true, force: true });
  }
}

/** Runs in a process of its own, so that every import is of the old program. */
async function write(tree, folder, format) {
  const load = (path) => import(pathToFileURL(resolve(tree, path)).href);
  const clock = {
    nowMs: () => performance.now(),
    wallMs: () => writtenAtWallMs,
    sleep: async () => undefined,
  };
  const isThreaded = existsSync(join(tree, 'src/storage/local-store.ts'));
  const { openLocalStore, openStore } = await load(
    `src/storage/${isThreaded ? 'local-store' : 'store'}.ts`,
  );
  const store = await (openLocalStore ?? openStore)(join(folder, 'parley.db'), { clock });
  await perform(store, mainWrites, format);
  if (!existsSync(join(tree, 'src/storage/transcripts'))) return;
  const { openLocalTranscripts } = await load('src/storage/transcripts/local-transcripts.ts');
  const transcripts = await openLocalTranscripts(join(folder, 'transcripts.db'), { clock });
  await perform(transcripts, transcriptWrites, format);
}

async function perform(store, writes, format) {
  for (const { name, args, since = 0 } of writes) {
    if (format < since) continue;
    const [port, operation] = name.split('.');
    await store[port][operation](...args);
  }
  await store[Symbol.asyncDispose]();
}
