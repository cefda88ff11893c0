import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPatient } from '#test/doctor/discord/examine-sandbox.ts';
import { answerJson, openExaminedServer } from './run-examination.ts';

/** Settings of a chat server that refuses everything. */
async function openBrokenServer() {
  const server = await openExaminedServer(
    {},
    answerJson({ error: { message: 'No.' } }, 500),
  );
  return { server, settings: { CHAT_COMPLETION_BASE_URL: `${server.origin}/v1` } };
}

type Patient = Awaited<ReturnType<typeof openPatient>>;

/** Its store is none any more. */
function breakStore({ environment }: Patient) {
  writeFileSync(join(environment.DATA_DIR, 'parley.db'), 'this is no database');
}

test('a server that does not work is enough for 1, however well Discord is', async () => {
  await using patient = await openPatient();
  const { server, settings } = await openBrokenServer();
  using _ = server;
  expect((await patient.examine([], settings)).code).toBe(1);
});

test('a token that Discord refuses counts over a server that does not work, and a store: 78', async () => {
  await using patient = await openPatient();
  const { server, settings } = await openBrokenServer();
  using _ = server;
  breakStore(patient);
  const { code, text } = await patient.examine([], {
    ...settings,
    DISCORD_TOKEN: 'wrong.token.of-somebody',
  });
  expect(code).toBe(78);
  expect(text).toContain('CHAT_COMPLETION: ');
});

test('offline a broken store still counts, and Discord is not asked', async () => {
  await using patient = await openPatient();
  breakStore(patient);
  const { code, about } = await patient.examine(['--offline']);
  expect([about('token'), code]).toEqual(['ok token set, not checked', 1]);
});
