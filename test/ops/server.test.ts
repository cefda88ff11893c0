import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { keepServer } from '#src/base/loops/keep-server.ts';
import {
  Readiness,
  type ReadinessDeps,
  type ReadinessReport,
} from '#src/ops/readiness.ts';
import { openStatusServer } from '#src/ops/status-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const page = { type: 'text/plain; version=0.0.4', text: 'parley_ready 1\n' };

const ready = { isReady: true, lines: ['ok gateway'] };

/** The status server of a bot that is well, unless `sources` says otherwise, on a free port. */
async function openStatus(
  sources: Partial<Parameters<typeof openStatusServer>[1]> = {},
) {
  const well = {
    reportReadiness: () => ready,
    getLoopDelayMs: () => 3,
    renderMetrics: async () => page,
  };
  const result = await openStatusServer(
    { host: '127.0.0.1', port: 0 },
    { ...well, ...sources },
  );
  if (result.kind === 'refused') throw new Error(result.why);
  return result.server;
}

test('a bot that is alive answers /healthz with ok', async () => {
  await using server = await openStatus();
  const response = await fetch(`${server.url}/healthz?from=here`);
  expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
});

test('/readyz follows the checks of the process, and names each of them', async () => {
  let report: ReadinessReport = {
    isReady: false,
    lines: ['failed gateway: not connected', 'ok store'],
  };
  await using server = await openStatus({ reportReadiness: () => report });
  const failed = await fetch(`${server.url}/readyz`);
  expect([failed.status, await failed.text()]).toEqual([
    503,
    'failed gateway: not connected\nok store\n',
  ]);
  report = ready;
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

test.each([
  ['127.0.0.1:8787', 200],
  ['parley.svc.cluster.local:8787', 200],
  ['evil.example', 403],
  ['127.0.0.1.evil.example:8787', 403],
  ['127.0.0.1:8787 and evil.example', 400],
])(
  'a request to the host %s is answered %i: figures are not for pages of others',
  async (host, status) => {
    await using server = await openStatus();
    const clientRequest = request(`${server.url}/metrics`, {
      headers: host.split(' and ').flatMap((name) => ['host', name]),
      agent: false,
    }).end();
    const [answer] = (await once(clientRequest, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.statusCode).toBe(status);
  },
);

test('only what exists is answered, and only to GET and HEAD', async () => {
  await using server = await openStatus();
  expect((await fetch(`${server.url}/`)).status).toBe(404);
  expect((await fetch(`${server.url}/healthz/../.env`)).status).toBe(404);
  const posted = await fetch(`${server.url}/healthz`, { method: 'POST', body: 'x' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  const head = await fetch(`${server.url}/healthz`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('a page of metrics that cannot be made is one failed answer', async () => {
  await using server = await openStatus({
    renderMetrics: () => Promise.reject(new Error('no figures')),
  });
  const response = await fetch(`${server.url}/metrics`);
  expect([response.status, await response.text()]).toEqual([500, 'failed\n']);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test('a port in use is told in one sentence that names the setting', async () => {
  await using server = await openStatus();
  const port = Number(new URL(server.url).port);
  const second = await openStatusServer(
    { host: '127.0.0.1', port },
    {
      reportReadiness: () => ready,
      getLoopDelayMs: () => 0,
      renderMetrics: async () => page,
    },
  );
  expect(second).toEqual({
    kind: 'refused',
    why: `No status server at 127.0.0.1:${port}: the port is in use; set STATUS_HOST or STATUS_PORT, 0 for none.`,
    isTaken: true,
  });
});

test('a port that the former bot holds in an update is taken once that bot has ended', async () => {
  const first = await openStatus();
  const { hostname: host, port } = new URL(first.url);
  const clock = new VirtualClock();
  const reported: Awaited<ReturnType<typeof openStatusServer>>[] = [];
  const untold = Promise.withResolvers<void>();
  const sources = {
    reportReadiness: () => ready,
    getLoopDelayMs: () => 3,
    renderMetrics: async () => page,
  };
  await using _kept = await keepServer(
    () => openStatusServer({ host, port: Number(port) }, sources),
    clock,
    (news) => {
      reported.push(news);
      if (news.kind === 'open') untold.resolve();
    },
  );
  expect(reported).toEqual([
    {
      kind: 'refused',
      why: expect.stringContaining(`${port}: the port is in use;`),
      isTaken: true,
    },
  ]);
  await first[Symbol.asyncDispose]();
  await clock.advance(5_000);
  await untold.promise;
  expect(reported.slice(1)).toMatchObject([
    { kind: 'open', server: { url: first.url } },
  ]);
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
});

/** Readiness of a process that is well, unless `over` says otherwise. */
function readinessOf(overrides: Partial<ReadinessDeps> = {}) {
  const well = {
    isConnected: () => true,
    getLoopDelayMs: () => 3,
    isDraining: () => false,
    listAlerts: () => [],
  };
  return new Readiness({ ...well, ...overrides });
}

test('each check of the process that fails makes it unready, and says why in its line', () => {
  const cause = 'nothing was written for 41 s';
  const readiness = readinessOf({
    isConnected: () => false,
    getLoopDelayMs: () => 2_345.6,
    listAlerts: () => [{ name: 'store-unwritten', meaning: '', action: '', cause }],
  });
  expect(readiness.report()).toEqual({
    isReady: false,
    lines: [
      'ok process',
      'failed gateway: not connected',
      'failed store: nothing was written for 41 s',
      'failed event loop: the main thread was blocked for 2346 ms',
    ],
  });
});

test('a process that is being stopped is not ready, however well it is', () => {
  const { isReady, lines } = readinessOf({ isDraining: () => true }).report();
  expect(isReady).toBe(false);
  expect(lines).toEqual([
    'failed process: it is being stopped',
    'ok gateway',
    'ok store',
    'ok event loop',
  ]);
});
