import { glob, readFile } from 'node:fs/promises';
import { Secret } from '#src/base/secret.ts';
import { findModelEndings } from '#src/provider/models/model-endings.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import {
  answerJson,
  answerModels,
  type FakeRoute,
  openExaminedServer,
} from '#test/doctor/run-examination.ts';

const openAi = 'https://api.openai.com/v1';
const todayMs = Date.parse('2026-11-26');
const nobody = AbortSignal.abort();

/** Finds the end of a model at a day, where no server is asked. */
async function findEnd(model: string, day: string, baseUrl = openAi) {
  const entry = { role: 'CHAT_COMPLETION', model, baseUrl };
  const [ending] = await findModelEndings([entry], Date.parse(day), nobody);
  return ending;
}

/** Finds the end of the model `mine` at a server with this list. */
async function findListed(route: FakeRoute, scheme = 'http') {
  using server = await openExaminedServer({ 'GET /v1/models': route });
  const baseUrl = `${server.origin.replace('http', scheme)}/v1`;
  const mine = { role: 'SPEECH', model: 'mine', baseUrl, apiKey: new Secret('a-key') };
  const endings = await findModelEndings([mine], todayMs, new AbortController().signal);
  return { endings, asked: server.asked.map(({ headers }) => headers.authorization) };
}

/** Reads the days on which models of chat and sound end, as the package of OpenAI announces them in its types. */
async function readAnnounced() {
  const announced = new Map<string, string>();
  const files = 'node_modules/openai/resources/{shared,audio/*,realtime/*}.d.ts';
  const row =
    /- ((?:"[^"]+",?\s+)*"[^"]+"):\s+Announced\s+shutdown\s+date:\s+(\S{10})/g;
  for await (const path of glob(files)) {
    const text = (await readFile(path, 'utf8')).replace(/\n\s*\*\s?/g, ' ');
    for (const [, names = '', day = ''] of text.matchAll(row))
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g))
        announced.set(name, day);
  }
  return announced;
}

const announced = await readAnnounced();

test('each day from 2026 on that the package of OpenAI announces is known', async () => {
  expect(announced.get('gpt-4o')).toBe('2027-01-14');
  for (const [model, day] of announced) {
    if (day < '2026-01-01') continue;
    const ending = await findEnd(model, day);
    expect(ending?.why).toBe(`the model ${model} (CHAT_COMPLETION) ended on ${day}`);
  }
});

test('a model of OpenAI is reported 60 days before its end, with its successor', async () => {
  expect(await findEnd('gpt-4o', '2026-11-14')).toBeUndefined();
  expect(await findEnd('gpt-4o', '2026-11-15')).toEqual({
    why: 'the model gpt-4o (CHAT_COMPLETION) ends on 2027-01-14',
    mend: 'set gpt-6-luna in its place',
  });
  expect((await findEnd('gpt-4o', '2027-01-14'))?.why).toMatch(/ ended on 2027-01-14$/);
});

test('a snapshot ends with its model, unless it has a date of its own', async () => {
  expect((await findEnd('gpt-4o-2024-08-06', '2027-01-01'))?.why).toMatch(
    /2027-01-14$/,
  );
  expect((await findEnd('gpt-4o-2024-05-13', '2027-01-01'))?.why).toMatch(
    /2026-10-23$/,
  );
});

test('a model of the same name on a server of one’s own does not end', async () => {
  expect(
    await findEnd('whisper-1', '2027-03-01', 'http://127.0.0.1:8000/v1'),
  ).toBeUndefined();
  expect(await findEnd('gpt-4o', '2027-03-01', '')).toBeUndefined();
});

test('no model that is taken by default ends, nor any that is named as a successor', async () => {
  const mends = [...announced].map(
    async ([model, day]) => (await findEnd(model, day))?.mend ?? '',
  );
  const successors = (await Promise.all(mends)).flatMap(
    (mend) => mend.match(/gpt-[\w.-]+/g) ?? [],
  );
  expect(successors).toContain('gpt-live-transcribe');
  for (const model of [...Object.values(standardModels), ...successors])
    expect(await findEnd(model, '2027-04-01'), model).toBeUndefined();
});

test.each(['http', 'ws'])(
  'the date in the list of a server counts, over %s, and its key goes along',
  async (scheme) => {
    const route = answerModels('other', { id: 'mine', shutdown_date: '2026-12-24' });
    const { endings, asked } = await findListed(route, scheme);
    expect(endings).toEqual([
      {
        why: 'the model mine (SPEECH) ends on 2026-12-24',
        mend: 'set another model in its place',
      },
    ]);
    expect(asked).toEqual(['Bearer a-key']);
  },
);

test.each([
  ['no list', answerJson({}, 404)],
  ['a broken list', answerJson({ data: [null, 7, { id: 'mine' }] })],
  ['no date yet', answerModels({ id: 'mine', shutdown_date: null })],
  ['a later date', answerModels({ id: 'mine', shutdown_date: '2027-06-01' })],
  ['a word for a date', answerModels({ id: 'mine', shutdown_date: 'soon' })],
  ['a date that is none', answerModels({ id: 'mine', shutdown_date: '2026-13-40' })],
  [
    'an object for a date',
    answerModels({ id: 'mine', shutdown_date: { toString: 1, valueOf: 1 } }),
  ],
  ['another model', answerModels({ id: 'other', shutdown_date: '2026-12-24' })],
])('%s says of no model that it ends', async (_, route) =>
  expect((await findListed(route)).endings).toEqual([]),
);

test('nothing behind a day is taken from a date', async () => {
  const { endings } = await findListed(
    answerModels({ id: 'mine', shutdown_date: '2026-12-24 (hello)' }),
  );
  expect(endings[0]?.why).toMatch(/ends on 2026-12-24$/);
});
