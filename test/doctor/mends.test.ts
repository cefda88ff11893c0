import { expect, test } from 'vitest';
import { answers, examine, lists, openServer, streams } from './examine.ts';

type Finding = { readonly what: string; readonly verdict: string; readonly mend?: string };
type JsonReport = {
  readonly code: number;
  readonly sections?: readonly { readonly findings: readonly Finding[] }[];
  readonly mistakes?: readonly string[];
};

/** The report as JSON, and the exit code. */
async function asJson(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { code, text } = await examine([...args, '--json'], environment);
  const report = JSON.parse(text) as JsonReport;
  const findings = (report.sections ?? []).flatMap((section) => section.findings);
  return { code, report, findings };
}

const refused = answers({ error: { message: 'no such model' } }, 404);

test('whatever is not as it should be has a mend, on the screen and as JSON', async () => {
  using server = await openServer({
    'GET /v1/models': lists('mock'),
    'POST /v1/chat/completions': streams({ choices: [{ delta: { content: 'one' } }] }),
    'POST /v1/audio/speech': answers({ error: { message: 'broken' } }, 500),
    'POST /v1/audio/transcriptions': refused,
  });
  const args = ['--provider', `${server.origin}/v1`];
  const { code, findings } = await asJson(args);
  const wrong = findings.filter(({ verdict }) => verdict !== 'ok');
  expect(code).toBe(1);
  expect(wrong.length).toBeGreaterThan(3);
  for (const { what, mend } of wrong) expect([what, mend]).toEqual([what, expect.any(String)]);
  const { text } = await examine(args);
  expect(text.match(/^ {10,}mend: ./gm)).toHaveLength(wrong.length);
});

test.each([
  [401, 'put a key of that server into CHAT_COMPLETION_API_KEY'],
  [429, 'wait, or raise the limits of that account'],
  [500, /^correct CHAT_COMPLETION_MODEL or CHAT_COMPLETION_BASE_URL/],
])('a chat server that answers %i is mended by what that means', async (status, mend) => {
  using server = await openServer({
    'GET /v1/models': lists('mock'),
    'POST /v1/chat/completions': answers({ error: { message: 'no' } }, status),
  });
  const environment = {
    CHAT_COMPLETION_BASE_URL: `${server.origin}/v1`,
    CHAT_COMPLETION_MODEL: 'mock',
  };
  const { findings } = await asJson([], environment);
  const chat = findings.find(({ what }) => what === 'think');
  expect(chat?.mend).toMatch(mend);
});

test('the exit code stands in the JSON, too: 0, 1 and 78', async () => {
  const fine = await asJson(['--offline']);
  expect([fine.code, fine.report.code]).toEqual([0, 0]);
  const away = await asJson(['--provider', 'http://127.0.0.1:9/v1']);
  expect([away.code, away.report.code]).toEqual([1, 1]);
  expect(away.findings).toMatchObject([
    { verdict: 'missing', mend: expect.stringMatching(/^start that server/) },
  ]);
  const wrong = await asJson(['--provider', 'nowhere']);
  expect([wrong.code, wrong.report.code]).toEqual([78, 78]);
  expect(wrong.report.mistakes).toEqual([expect.stringMatching(/^--provider: must be an address/)]);
  const unset = await asJson([], { STATUS_PORT: 'many' });
  expect([unset.code, unset.report.mistakes]).toEqual([
    78,
    [expect.stringContaining('STATUS_PORT')],
  ]);
});
