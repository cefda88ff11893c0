import { readFile } from 'node:fs/promises';
import { sourceFiles } from '#test/source-files.ts';

/**
 * The one function of each gate, which alone gives values of its type. `docs/security.md` says the promise that each keeps.
 * A new gate, and a second file that admits for one, is a reviewed line here.
 */
const gates: Readonly<Record<string, string>> = {
  author: 'src/sessions/message-authors.ts MessageAuthors',
  request: 'src/web/api/openai/admit-request.ts admitRequest',
  job: 'src/speech/local/jobs/admit-job.ts admitJob',
  language: 'src/base/language/expected-language.ts admitChosenLanguage',
  log: 'src/base/logged-text.ts admitSentence',
  wish: 'src/conversation/machine/wish.ts findToolWish',
  erasure: 'src/base/erasures.ts admitErasure',
  join: 'src/discord/link/signal-pace.ts admitJoin',
};

/** Names of gates in calls of `admit` in a file. */
const admission = /\badmit(?:<[^>]*>)?\(\s*'(\w+)'/g;

test('only the function of a gate admits values through the gate', async () => {
  const match = new Set<string>();
  for await (const path of sourceFiles('{src,commands,doctor,setup,sandbox}/**/*.ts')) {
    if (path === 'src/base/admitted.ts') continue;
    for (const [, gate = ''] of (await readFile(path, 'utf8')).matchAll(admission))
      match.add(`${gate}: ${path}`);
  }
  const listed = Object.entries(gates).map(([gate, place]) => {
    const [path] = place.split(' ');
    return `${gate}: ${path}`;
  });
  expect([...match].sort()).toEqual(listed.sort());
});

test('the function of each gate stands in its file, and docs/security.md names both', async () => {
  const page = await readFile('docs/security.md', 'utf8');
  for (const placeName of Object.values(gates)) {
    const [path = '', name = ''] = placeName.split(' ');
    expect(await readFile(path, 'utf8'), placeName).toMatch(
      new RegExp(`\\b${name}\\b`),
    );
    expect(page).toContain(`\`${name}\` (\`${path}\`)`);
  }
});
