import type { RequestListener } from 'node:http';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from '#src/sources/fetch/fetch-link.ts';
import { serveSounds } from './sound-server.ts';

type Over = {
  readonly allow?: readonly string[];
  readonly signal?: AbortSignal;
  readonly maxBytes?: number;
};
/** Addresses of host names; each lookup takes the next, and the last stays. */
type Names = Readonly<Record<string, readonly (readonly string[])[]>>;

/** All bytes behind a link, as text. */
async function fetchText(link: string, over: Over = {}, names: Names = {}) {
  const checks = new Map<string, number>();
  const resolveHost = async (host: string) => {
    const check = checks.get(host) ?? 0;
    checks.set(host, check + 1);
    const match = names[host];
    if (!match) throw new Error('ENOTFOUND 10.1.2.3');
    return match[check] ?? match.at(-1) ?? [];
  };
  const { allow = [], signal = AbortSignal.timeout(50_000), maxBytes = 1000 } = over;
  const rules = { allowed: new AllowedHosts(allow), maxBytes, resolve: resolveHost };
  const pieces: Uint8Array[] = [];
  for await (const piece of fetchSource(link, rules, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const serveSound: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'audio/ogg' }).end('sound');
};
const movedTo =
  (location: string | undefined, status = 302): RequestListener =>
  (_, response) => {
    response.writeHead(status, location === undefined ? {} : { location }).end();
  };

test.each([
  'http://8.8.8.8/a.ogg',
  'ftp://8.8.8.8/a.ogg',
  'data:audio/ogg;base64,T2dnUw==',
  '',
  'https://2130706433/a.ogg',
  'https://[::1]/a.ogg',
  'https://[::ffff:127.0.0.1]/a.ogg',
  'https://[64:ff9b::7f00:1]/a.ogg',
  'https://169.254.169.254/latest/meta-data',
  'https://user:secret@8.8.8.8/a.ogg',
  'https://inside.test/a.ogg',
  'https://half.test/a.ogg',
])('%s is not asked for', async (link) => {
  const names = {
    'inside.test': [['10.0.0.1']],
    'half.test': [['8.8.8.8', '127.0.0.1']],
  };
  const refused = expect(fetchText(link, {}, names)).rejects;
  await refused.toMatchObject({ code: 'source.not_allowed', retryable: false });
});

// Proves: A link leads to a public address, also behind a redirect by fake
test('the connection goes to the address that was checked, whatever the name stands for afterwards', async () => {
  await using server = await serveSounds(serveSound);
  const link = `http://rebinding.test:${server.port}/a`;
  const names = { 'rebinding.test': [['127.0.0.1'], ['192.0.2.1']] };
  expect(await fetchText(link, { allow: ['rebinding.test'] }, names)).toBe('sound');
});

test('three redirects are followed, four are not', async () => {
  await using server = await serveSounds((request, response) => {
    const left = Number(request.url?.slice(1));
    (left > 0 ? movedTo(`/${left - 1}`, 307) : serveSound)(request, response);
  });
  const allow = ['127.0.0.1'];
  expect(await fetchText(`http://127.0.0.1:${server.port}/3`, { allow })).toBe('sound');
  const far = expect(fetchText(`http://127.0.0.1:${server.port}/4`, { allow })).rejects;
  await far.toMatchObject({ code: 'source.unreachable' });
  await expect.poll(() => server.countOpen()).toBe(0);
});

test.each([
  'https://169.254.169.254/latest',
  'http://8.8.8.8/a',
  'http://localhost:1/a',
  'https://[::1]:1/a',
  'https://inside.test/a',
  'file:///etc/passwd',
  'https://user:secret@8.8.8.8/',
])('a redirect to %s is checked like a link', async (location) => {
  await using server = await serveSounds(movedTo(location));
  const names = { 'inside.test': [['192.168.0.1']], localhost: [['127.0.0.1']] };
  const link = `http://127.0.0.1:${server.port}/a`;
  const refused = expect(
    fetchText(link, { allow: [`127.0.0.1:${server.port}`] }, names),
  ).rejects;
  await refused.toMatchObject({ code: 'source.not_allowed' });
});

test.each([
  ['404', (response) => response.writeHead(404).end(), 'source.unreachable'],
  ['500', (response) => response.writeHead(500).end(), 'source.unreachable'],
  ['206', (response) => response.writeHead(206).end('some'), 'source.unreachable'],
  [
    'a move to nowhere',
    (response) => response.writeHead(302).end(),
    'source.unreachable',
  ],
  [
    'a web page',
    (response) =>
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<p>'),
    'source.not_audio',
  ],
  [
    'something packed',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    'source.not_audio',
  ],
  [
    'a promise of too much',
    (response) => response.writeHead(200, { 'content-length': 5000 }).write('x'),
    'source.too_big',
  ],
  [
    'too much',
    (response) => response.writeHead(200).end('x'.repeat(1001)),
    'source.too_big',
  ],
  [
    'half of it',
    (response) =>
      response
        .writeHead(200, { 'content-length': 500 })
        .write('x', () => response.destroy()),
    'source.unreachable',
  ],
  ['no answer', (response) => response.destroy(), 'source.unreachable'],
] satisfies readonly (readonly [
  string,
  (response: Parameters<RequestListener>[1]) => unknown,
  string,
])[])('a server that answers with %s is told apart', async (_, answer, code) => {
  await using server = await serveSounds((_request, response) => void answer(response));
  const link = `http://127.0.0.1:${server.port}/a`;
  await expect(fetchText(link, { allow: ['127.0.0.1'] })).rejects.toMatchObject({
    code,
  });
  await expect.poll(() => server.countOpen()).toBe(0);
});

test.each([404, 410])(
  'a link that leads to nothing (%i) is not worth another try',
  async (status) => {
    await using server = await serveSounds(
      (_request, response) => void response.writeHead(status).end(),
    );
    const fetching = fetchText(`http://127.0.0.1:${server.port}/a`, {
      allow: ['127.0.0.1'],
    });
    await expect(fetching).rejects.toMatchObject({
      retryable: false,
      about: { status },
    });
  },
);

test('an endless answer ends with its limit, and a silent one with its deadline', async () => {
  await using server = await serveSounds((request, response) => {
    response.writeHead(200);
    if (request.url === '/silent') return void response.write('x');
    const floodResponse = () => {
      while (!response.destroyed && response.write('x'.repeat(100)));
    };
    response.on('drain', floodResponse);
    floodResponse();
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const endless = expect(
    fetchText(`${origin}/endless`, { allow: ['127.0.0.1'] }),
  ).rejects;
  await endless.toMatchObject({ code: 'source.too_big' });
  const deadline = AbortSignal.timeout(200);
  const silent = fetchText(`${origin}/silent`, {
    allow: ['127.0.0.1'],
    signal: deadline,
  });
  expect(await silent.catch((reason) => reason)).toBe(deadline.reason);
  await expect.poll(() => server.countOpen()).toBe(0);
});

test('the error of a refused link shows neither its address nor the link', async () => {
  const names = { 'inside.test': [['10.1.2.3']] };
  for (const link of [
    'https://inside.test/key=secret',
    'https://10.1.2.3/secret',
    'https://nowhere.test/secret',
  ]) {
    const error = await fetchText(link, {}, names).catch((reason: Error) => reason);
    expect(`${error}`).toMatch(/^BotError: A sound /);
    expect(`${error}`).not.toMatch(/10\.1|inside|secret|nowhere/);
  }
});
