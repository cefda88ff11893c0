import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the hook says of a message; empty: the commit is let through. */
async function checkMessage(message: string) {
  const folder = await mkdtemp(join(tmpdir(), 'commit-subjects-'));
  try {
    const file = join(folder, 'COMMIT_EDITMSG');
    await writeFile(file, message);
    const { status, stderr } = spawnSync(join('.githooks', 'commit-msg'), [file], {
      encoding: 'utf8',
    });
    expect(status).toBe(stderr === '' ? 0 : 1);
    return stderr;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const allowed = [
  'feat(turn): end a turn early after a finished question',
  'refactor(web/api): declare the doors of routes\n\nA body of any length follows, and says why.',
  'chore: raise discord.js to 14.28.1',
  `fix(discord): ${'x'.repeat(58)}`,
  "Merge branch 'doors'",
];

test.each(allowed)('a commit is let through: %s', async (message) => {
  expect(await checkMessage(message)).toBe('');
});

const refused: readonly (readonly [string, RegExp])[] = [
  [`fix(discord): ${'x'.repeat(59)}`, /73 characters/],
  ['mend the link', /type\(folder\): change/],
  ['docs(costs): the price of a talk', /not with an article/],
  ['fix(turn): what a pause means', /question word/],
  ['fix(turn): keep words.', /full stop/],
  ['', /type\(folder\): change/],
];

test.each(refused)(
  'a commit is refused, with the reason: %s',
  async (message, reason) => {
    expect(await checkMessage(message)).toMatch(reason);
  },
);
