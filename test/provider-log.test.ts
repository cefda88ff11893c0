import { PassThrough } from 'node:stream';
import { logProvider } from '#src/app/provider-log.ts';
import { openLog } from '#src/ops/log.ts';
import { openMetrics } from '#src/ops/metrics/metrics.ts';
import type { FallbackChain } from '#src/provider/fallback-chain.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

type ProviderNews = Parameters<
  ConstructorParameters<typeof FallbackChain>[0]['report']
>[0];

let nowMs = 0;
/** Clock with minutes between all lines, so that the log itself holds no repetition back. */
const readRareClock = () => (nowMs += 60_000);

const failed: Extract<ProviderNews, { kind: 'failed' }> = {
  kind: 'failed',
  role: 'chat',
  provider: toLogged('api.x'),
  code: 'provider.refused',
  message: toLogged('api.x answered with error 500.'),
};

function openNewsLog() {
  const out = new PassThrough();
  const metrics = openMetrics(() => true);
  const log = openLog('info', [], out, readRareClock);
  const reportNews = (news: ProviderNews) => logProvider(log, metrics.providers, news);
  const readLines = () =>
    `${out.read() ?? ''}`
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; level: number });
  return {
    report: reportNews,
    metrics,
    lines: readLines,
    [Symbol.dispose]: () => metrics[Symbol.dispose](),
  };
}

test('failures and fall-backs are counted by role', async () => {
  using here = openNewsLog();
  here.report(failed);
  here.report({
    kind: 'fallback-on',
    role: 'chat',
    from: toLogged('api.x'),
    to: toLogged('api.y'),
  });
  const readPage = async () => (await here.metrics.page()).text;
  const count = 'parley_provider_failures_total{role="chat",code="provider.refused"} 1';
  expect(await readPage()).toContain(count);
  expect(await readPage()).toContain('parley_provider_roles_down 1');
  here.report({ kind: 'fallback-off', role: 'chat', back: toLogged('api.x') });
  expect(await readPage()).toContain('parley_provider_roles_down 0');
  expect(await readPage()).not.toContain('api.x');
});
