import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { openTraced } from '#scripts/truth/adapter.ts';
import { compareFolders, compareTexts } from '#scripts/truth/compare.ts';
import { callsIn } from '#scripts/truth/log-calls.ts';
import { messagesOf, type SentRequest } from '#scripts/truth/messages.ts';
import { readMetrics } from '#scripts/truth/metrics.ts';
import { plain } from '#scripts/truth/plain.ts';
import { freeOrder, leftOut, recorded } from '#scripts/truth/scenario-choice.ts';
import { merged } from '#scripts/truth/scenarios.ts';
import { traceOf } from '#scripts/truth/traces.ts';
import { sourceFiles } from '#test/source-files.ts';

function compared(one: unknown, other: unknown): readonly string[] {
  return compareTexts('a.json', JSON.stringify(one), JSON.stringify(other));
}

test('a changed label, column and text are named by where they stand', () => {
  const metric = { name: 'turns', labels: ['finish', 'asked'] };
  expect(compared([metric], [{ ...metric, labels: ['ending', 'asked'] }])).toEqual([
    'a.json: turns.labels[0]: "finish" became "ending"',
  ]);
  const table = { name: 'spent', columns: [{ name: 'day', type: 'TEXT' }] };
  const wider = { ...table, columns: [...table.columns, { name: 'hour', type: 'TEXT' }] };
  expect(compared({ tables: [table] }, { tables: [wider] })).toEqual([
    'a.json: tables.spent.columns.hour: {"name":"hour","type":"TEXT"} is new',
  ]);
  expect(compareTexts('a.txt', 'one\ntwo\nthree', 'one\n2\nthree')).toEqual([
    'a.txt: line 2: "two" became "2"',
  ]);
});

test('what stands elsewhere has moved, and nothing beside it is named', () => {
  expect(compareTexts('a.txt', 'one\ntwo\nthree', 'two\none\nthree')).toEqual([
    'a.txt: line 1: "one" has moved to line 2',
  ]);
  expect(compared({ posts: [['a'], ['b'], ['c']] }, { posts: [['a'], ['c'], ['b']] })).toEqual([
    'a.json: posts[1]: ["b"] has moved to posts[2]',
  ]);
});

test('what was seen in several runs is the same where one run of each is', () => {
  const [once, often] = [{ variants: [{ n: 1 }] }, { variants: [{ n: 2 }, { n: 1 }] }];
  expect(compared(once, often)).toEqual([]);
  expect(compared(once, { variants: [{ n: 2 }, { n: 3, m: 1 }] })).toEqual([
    'a.json: n: 1 became 2',
  ]);
  const runs = [1, 2, 1].map((n) => ({ 'a.json': { variants: [{ n }] }, 'kinds.json': [`k${n}`] }));
  expect(merged(runs)).toEqual({
    'a.json': { variants: [{ n: 1 }, { n: 2 }] },
    'kinds.json': ['k1', 'k2'],
  });
});

test('a file that is there only once is named', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'parley-'))));
  if (one === undefined || other === undefined) throw new Error('no folders');
  await writeFile(join(one, 'old.txt'), 'a');
  await writeFile(join(other, 'new.txt'), 'a');
  expect(await compareFolders(one, other)).toEqual([
    'new.txt: is new',
    'old.txt: is not there any more',
  ]);
  expect(await compareFolders(one, one)).toEqual([]);
  await Promise.all([one, other].map((folder) => rm(folder, { recursive: true })));
});

test('ids, instants, ports and times that something took are the same in every run', () => {
  const text = 'See <t:1763000000:R> in 1574083913276457100 at 127.0.0.1:4711 after 424 ms, 12:07';
  expect(plain({ text, nonce: 1, list: ['/tmp/parley-x1/data'] })).toEqual({
    text: 'See <t:<instant>:R> in <id> at 127.0.0.1:<port> after <time> ms, <clock>',
    list: ['<path>'],
  });
});

function request(method: string, path: string, body: unknown, answered: unknown = {}): SentRequest {
  const sent = body === undefined ? '' : JSON.stringify(body);
  const type = 'application/json';
  return { method, path, type, sent, status: 200, answered: JSON.stringify(answered) };
}

test('messages are read as sequences of different bodies, in the order of their posts', async () => {
  const callback = { interaction: { response_message_id: '3' } };
  const { messages, others } = await messagesOf([
    request('POST', '/channels/9/messages', { content: 'first' }, { id: '1' }),
    request('POST', '/channels/9/messages', { content: 'second' }, { id: '2' }),
    request('PATCH', '/channels/9/messages/1', { content: 'first' }),
    request('PATCH', '/channels/9/messages/1', { content: 'first, changed' }),
    request('DELETE', '/channels/9/messages/2', undefined),
    request('POST', '/interactions/7/token/callback', { type: 5, data: { flags: 64 } }, callback),
    request('PATCH', '/webhooks/8/token/messages/@original', { content: 'late' }, { id: '3' }),
    request('POST', '/webhooks/8/token', { content: 'more', flags: 64 }, { id: '4' }),
    request('DELETE', '/webhooks/8/other/messages/@original', undefined),
    request('PATCH', '/guilds/5/voice-states/@me', { suppress: false }),
  ]);
  expect(messages).toEqual({
    'channel 1': [
      [{ content: 'first' }, { content: 'first, changed' }],
      [{ content: 'second' }, 'is deleted'],
    ],
    'replies to one person': [[{ content: 'late' }], [{ content: 'more' }]],
  });
  expect(others).toEqual([
    { asked: 'PATCH /guilds/5/voice-states/@me', body: { suppress: false } },
  ]);
});

test('a metric has the labels that were registered, and the values that were seen', () => {
  const page = '# HELP turns_total Turns.\n# TYPE turns_total counter\nturns_total{how="well"} 3\n';
  const registered = '{"name":"turns_total","labels":["how","why"]}\n';
  expect(readMetrics(page, registered)).toEqual([
    {
      name: 'turns_total',
      type: 'counter',
      help: 'Turns.',
      labels: ['how', 'why'],
      seen: { how: ['well'] },
    },
  ]);
});

test('a call of a log is read with its level, message and fields', () => {
  const source = `
    const full = 'the disk is full';
    log.warn({ path, ...rest, err: 1 }, full);
    this.#log.info(\`\${n} waiting\`);
    Math.log.apply(1);`;
  expect(callsIn('a.ts', source)).toEqual([
    'warn the disk is full { ..., err, path }',
    'info * waiting',
  ]);
});

test('a conversation leaves the same trace each time', async () => {
  const [once, again] = [await traceOf(4, openTraced), await traceOf(4, openTraced)];
  expect(once.length).toBeGreaterThan(20);
  expect(again).toEqual(once);
});

test('each file of scenarios is recorded, or it is said why not', async () => {
  const names: string[] = [];
  for await (const path of sourceFiles('test/scenarios/**/*.test.ts'))
    if (!path.includes('setup/') && !path.endsWith('.long.test.ts'))
      names.push(basename(path, '.test.ts'));
  const known = [...recorded, ...Object.keys(leftOut)];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(recorded.filter((name) => !names.includes(name))).toEqual([]);
});

test('each scenario whose order is free is there', async () => {
  const sources: string[] = [];
  for await (const path of sourceFiles('test/scenarios/**/*.test.ts'))
    sources.push(await readFile(path, 'utf8'));
  const names = Object.keys(freeOrder);
  expect(names.filter((name) => !sources.some((source) => source.includes(name)))).toEqual([]);
});

test('the adapter of the recorder has at most 100 lines', async () => {
  const text = await readFile('scripts/truth/adapter.ts', 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(100);
});
