import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { getDurationMs } from '#src/audio/pcm.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { fetchSource } from '#src/sources/fetch/fetch-link.ts';
import { isBeside, isPublic } from '#src/sources/fetch/public-address.ts';
import { createNameResolver } from '#src/sources/fetch/request-once.ts';
import { neverAborted, openWith, readSound } from '#test/sources/open-source.ts';
import { openDecoding } from '#test/sources/source-sounds.ts';
import { makeToneWav, readToneFile } from '#test/sources/tones.ts';
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

/** A name server that knows 203.0.113.7 for every name, or never answers. */
async function nameServer(isMute: boolean) {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    if (isMute) return;
    const request = question.subarray(12, question.indexOf(0, 12) + 5);
    const isV4 = request.readUInt16BE(request.length - 4) === 1;
    const head = Buffer.from(question.subarray(0, 12));
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(isV4 ? 1 : 0, 6);
    head.writeUInt16BE(0, 10);
    const match = Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7);
    socket.send(
      Buffer.concat([head, request, isV4 ? match : Buffer.alloc(0)]),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

const patient = new AbortController().signal;

test('a name server that never answers is given up', async () => {
  await using server = await nameServer(true);
  const pending = createNameResolver([server.address], 200)('sounds.example', patient);
  await expect(pending).rejects.toThrow();
});

test('whoever leaves ends the look-up of a link', async () => {
  await using server = await nameServer(true);
  const leaving = new AbortController();
  const pending = createNameResolver([server.address], 60_000)(
    'sounds.example',
    leaving.signal,
  );
  leaving.abort(new Error('left'));
  await expect(pending).rejects.toThrow();
});

test('an address of this machine, or of its network over IPv6, is not asked for a link', async () => {
  const own = ['198.51.100.4', '2600:1f18::5', 'fe80::1'];
  expect(isBeside('198.51.100.4', own)).toBe(true);
  expect(isBeside('::ffff:198.51.100.4', own)).toBe(true);
  expect(isBeside('198.51.100.5', own)).toBe(false);
  expect(isBeside('2600:1f18::5', own)).toBe(true);
  expect(isBeside('2600:1f18::ffff:1', own)).toBe(true);
  expect(isBeside('2600:1f18:0:1::5', own)).toBe(false);
  expect(isBeside('nowhere', own)).toBe(false);
  const rules = {
    maxBytes: 1000,
    resolve: async () => ['2600:1f18::99'],
    machineAddresses: own,
  };
  const pending = fetchSource(
    'https://neighbour.example/a.mp3',
    { ...rules, allowed: new AllowedHosts([]) },
    patient,
  ).next();
  await expect(pending).rejects.toMatchObject({ code: 'source.not_allowed' });
});

test.each([
  ['this machine', ['127.0.0.1', '127.8.8.8', '0.0.0.0', '::1', '::']],
  [
    'a private network',
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1'],
  ],
  ['the link', ['169.254.1.1', 'fe80::1', 'fec0::1']],
  [
    'the metadata of a cloud',
    ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'],
  ],
  ['a carrier', ['100.64.0.1', '100.127.255.255']],
  [
    'many, or nobody',
    [
      '224.0.0.1',
      '255.255.255.255',
      '240.0.0.1',
      'ff02::1',
      '192.0.2.1',
      '2001:db8::1',
    ],
  ],
  [
    'an IPv4 address in disguise',
    ['::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', '::ffff:0:7f00:1'],
  ],
  [
    'a translator',
    [
      '64:ff9b::7f00:1',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::a00:1',
      '2002:7f00:1::',
      '2001::1',
    ],
  ],
  ['nothing', ['', 'localhost', '1.2.3', 'x', '::g', '4000::1']],
])('an address of %s is not public', (_, addresses) => {
  for (const address of addresses) expect(isPublic(address), address).toBe(false);
});

test('addresses of the internet are public, also through a translator', () => {
  for (const address of [
    '8.8.8.8',
    '162.159.135.233',
    '2606:4700::6810:84e5',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ]) {
    expect(isPublic(address), address).toBe(true);
  }
});

test('an allowed host is a name or an address, with all its ports or one', () => {
  const allowed = new AllowedHosts([
    'NAS.local',
    'music:8000',
    '10.0.0.7',
    '[fd00::7]:443',
    'fd00::0:8',
  ]);
  expect(allowed.has('nas.local', '80')).toBe(true);
  expect(allowed.has('nas.local.', '443')).toBe(true);
  expect(allowed.has('music', '8000')).toBe(true);
  expect(allowed.has('music', '8001')).toBe(false);
  expect(allowed.has('10.0.0.7', '1')).toBe(true);
  expect(allowed.has('::ffff:10.0.0.7', '1')).toBe(true);
  expect(allowed.has('[fd00::7]', '443')).toBe(true);
  expect(allowed.has('[fd00::7]', '80')).toBe(false);
  expect(allowed.has('fd00::8', '80')).toBe(true);
  expect(allowed.has('evil.nas.local', '80')).toBe(false);
  expect(new AllowedHosts([]).has('', '80')).toBe(false);
});

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = openWith(decoding);

/** A server that gives a file, and parts of it. */
function serveFileParts(file: Buffer): RequestListener {
  return ({ headers }, response) => {
    const [, from = '0'] = /^bytes=(\d+)-$/.exec(headers.range ?? '') ?? [];
    const part = file.subarray(Number(from));
    const range = `bytes ${from}-${file.length - 1}/${file.length}`;
    const head = {
      'accept-ranges': 'bytes',
      'content-length': part.length,
      etag: '"1"',
    };
    response.writeHead(
      headers.range ? 206 : 200,
      headers.range ? { ...head, 'content-range': range } : head,
    );
    response.end(part);
  };
}

test('a link is looked at first, and asked again for each who hears it', async () => {
  await using server = await serveSounds(serveFileParts(readToneFile('tones.mp3')));
  const url = `http://127.0.0.1:${server.port}/some/My%20song.mp3?key=secret`;
  const source = await open({ kind: 'link', url });
  expect(source).toMatchObject({ title: 'My song.mp3', isSeekable: true });
  expect(Math.abs((source.lengthMs ?? 0) - 1500)).toBeLessThan(80);
  expect((await readSound(source)).left).toHaveLength(72_000);
  expect((await readSound(source)).left).toHaveLength(72_000);
  expect(server.asked).toHaveLength(3);
});

test('a radio plays as long as it is wanted and starts where it is, and one that is silent is given up', async () => {
  const song = readToneFile('tones.mp3').subarray(208);
  await using server = await serveSounds(({ url }, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'icy-name': 'Radio' });
    if (url === '/silent') return;
    response.write(song.subarray(1000)); // in the middle of a frame
    const floodResponse = () => {
      while (!response.destroyed && response.write(song));
    };
    response.on('drain', floodResponse);
    floodResponse();
  });
  const origin = `http://127.0.0.1:${server.port}`;
  const limits = { maxMs: 1000, maxBytes: 1000 };
  const openLimited = openWith(decoding, { limits });
  const source = await openLimited({ kind: 'link', url: `${origin}/radio` });
  expect(source).toMatchObject({ isSeekable: false, title: 'radio' });
  expect(source.lengthMs).toBeUndefined();
  let playedMs = 0;
  for await (const pcm of source.open(5000, neverAborted)) {
    playedMs += getDurationMs(pcm);
    if (playedMs > 20_000) break;
  }
  const hurried = openWith(decoding, { limits: { openMs: 200 } });
  await expect(
    hurried({ kind: 'link', url: `${origin}/silent` }),
  ).rejects.toMatchObject({
    code: 'source.unreachable',
    retryable: true,
  });
  await expect.poll(() => server.countOpen()).toBe(0);
});

test('a live stream that waits holds no connection until its turn comes', async () => {
  const song = readToneFile('tones.mp3');
  await using server = await serveSounds((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    response.write(song);
  });
  const source = await open({
    kind: 'link',
    url: `http://127.0.0.1:${server.port}/radio`,
  });
  await expect.poll(() => server.countOpen()).toBe(0);
  const listening = source.open(0, neverAborted)[Symbol.asyncIterator]();
  expect((await listening.next()).done).toBe(false);
  expect([server.asked.length, server.countOpen()]).toEqual([2, 1]);
  await listening.return?.();
  await expect.poll(() => server.countOpen()).toBe(0);
});

test('an attachment that is said to be no sound is not even asked for, nor is what is not allowed', async () => {
  await using server = await serveSounds(serveFileParts(makeToneWav()));
  const url = `http://127.0.0.1:${server.port}/a`;
  await expect(open({ kind: 'link', url, type: 'image/png' })).rejects.toMatchObject({
    code: 'source.not_audio',
  });
  const strict = openWith(decoding, { allowed: new AllowedHosts([]) });
  const refused = await strict({ kind: 'link', url }).catch((error: Error) => error);
  expect(refused).toMatchObject({ code: 'source.not_allowed' });
  expect(`${refused}`).not.toMatch(/127|http:/);
  expect(server.asked).toEqual([]);
});
