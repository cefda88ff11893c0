import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempDisposableSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import {
  getLibraryFolder,
  installChatLibrary,
} from '#src/downloads/install-library.ts';
import { serveFile } from '#test/fakes/file-server.ts';
import {
  findFreePort,
  openListeningServer,
} from '#test/fakes/servers/listening-server.ts';
import { enterPage, getCookie, getKey } from '#test/web/http/open-page.ts';

const program = fileURLToPath(import.meta.resolve('#src/app/main.mjs'));
const installer = fileURLToPath(new URL('./installing-bot.ts', import.meta.url));
const never = new AbortController().signal;
const name = 'qwen2.5-0.5b';
const modelBytes = 491_400_032;
const firstBytes = 5_000;
const waiting = { timeout: 240_000, interval: 100 };

/** A server that sends the first bytes of what is asked for, and then one after another, so slowly that no end is in sight. */
async function holdFile() {
  const ranges: (string | undefined)[] = [];
  let [open, mostOpen] = [0, 0];
  const server = createServer((request, response) => {
    const { range } = request.headers;
    ranges.push(range);
    mostOpen = Math.max(mostOpen, ++open);
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const last = modelBytes - 1;
    response.writeHead(range === undefined ? 200 : 206, {
      'content-length': modelBytes - from,
      ...(range && { 'content-range': `bytes ${from}-${last}/${modelBytes}` }),
    });
    response.write(Buffer.alloc(firstBytes));
    // Silence would be taken for a break.
    const dripping = setInterval(() => response.write(Buffer.alloc(1)), 5_000);
    response.on('close', () => {
      clearInterval(dripping);
      open--;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    ranges,
    countOpen: () => open,
    getMostOpen: () => mostOpen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `npm start` without a token. */
async function start(folder: string, host: string) {
  const port = await findFreePort();
  return spawn(process.execPath, [program], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { DATA_DIR: folder, LOCAL_MODEL_HOST: host, PAGE_PORT: `${port}`, PATH: '' },
  });
}

/** Starts the sandbox, and returns it with the link of its page. */
async function startSandbox(folder: string, host: string) {
  const child = await start(folder, host);
  let shown = '';
  child.stdout.on('data', (piece) => {
    shown += piece;
  });
  const findLink = () => /http:\/\/\S+#key=\S+/.exec(shown)?.[0];
  await expect.poll(findLink, waiting).toBeDefined();
  return { child, link: new URL(findLink() ?? '') };
}

async function kill(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM') {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** A tab of the page, which presses and waits for the answer to its presses. */
async function openTab(link: URL, tab: string) {
  const cookie = getCookie(await enterPage(link, getKey(link)));
  const headers = { cookie, origin: link.origin };
  const socket = new WebSocket(`ws://${link.host}/room?tab=${tab}`, { headers });
  const replies: { readonly id?: number; readonly [field: string]: unknown }[] = [];
  socket.on('message', (data) => replies.push(...JSON.parse(`${data}`)));
  socket.on('error', () => undefined);
  // A page shows its first state before anybody can press.
  await once(socket, 'message');
  let presses = 0;
  return {
    press(request: object) {
      const id = ++presses;
      socket.send(JSON.stringify({ id, ...request }));
      return () => replies.find((reply) => reply.id === id);
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}

function findPart(folder: string) {
  const models = join(folder, 'models');
  const names = existsSync(models) ? readdirSync(models) : [];
  const part = names.find((each) => each.startsWith(`${name}.gguf.part`));
  return part === undefined ? undefined : join(models, part);
}

function countBytes(part: string | undefined) {
  return part === undefined ? 0 : statSync(part).size;
}

/** Makes a part look as if its bot had been killed longer ago. */
function age(path: string) {
  const before = new Date(Date.now() - 61_000);
  utimesSync(path, before, before);
}

test('two presses in each of two tabs begin one fetch, a second bot none, and after a kill the next start goes on from the part', async () => {
  await using server = await holdFile();
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-pressed-'));
  const first = await startSandbox(folder.path, server.address);
  const tabs = [await openTab(first.link, 'a'), await openTab(first.link, 'b')];
  const pressBoth = (request: object) =>
    [...tabs, ...tabs].map((tab) => tab.press(request));
  for (const findReply of pressBoth({ kind: 'models.local', name }))
    await expect
      .poll(findReply, waiting)
      .toMatchObject({ ok: true, outcome: 'connected', server: name });
  pressBoth({ kind: 'models.restart' });
  await expect
    .poll(() => countBytes(findPart(folder.path)), waiting)
    .toBeGreaterThanOrEqual(firstBytes);
  for (const tab of tabs) tab[Symbol.dispose]();

  const asked = server.ranges.length;
  const second = await start(folder.path, server.address);
  expect(await once(second, 'exit')).not.toEqual([0, null]);
  expect(server.ranges).toHaveLength(asked);
  expect(server.getMostOpen()).toBe(1);
  await kill(first.child, 'SIGKILL');
  await expect.poll(server.countOpen, waiting).toBe(0);
  expect(existsSync(join(folder.path, 'models', `${name}.gguf`))).toBe(false);

  const part = findPart(folder.path) ?? '';
  const partBytes = countBytes(part);
  age(part);
  const third = await startSandbox(folder.path, server.address);
  await expect.poll(server.countOpen, waiting).toBe(1);
  expect(server.ranges.at(-1)).toBe(`bytes=${partBytes}-`);
  await expect
    .poll(() => countBytes(findPart(folder.path)), waiting)
    .toBeGreaterThanOrEqual(partBytes + firstBytes);
  await kill(third.child, 'SIGTERM');
  expect(readdirSync(join(folder.path, 'models'))).toEqual([`${name}.gguf.part`]);
  expect(server.getMostOpen()).toBe(1);
}, 900_000);

test('what a bot that is killed has installed of the library is used by nobody, and goes with the next start', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-installing-'));
  const library = getLibraryFolder(folder.path);
  const bot = spawn(process.execPath, [installer, folder.path], { stdio: 'inherit' });
  const listParts = () =>
    existsSync(dirname(library)) ? readdirSync(dirname(library)) : [];
  const hasBegun = () =>
    listParts().some((part) =>
      existsSync(join(dirname(library), part, 'package-lock.json')),
    );
  await expect.poll(hasBegun, waiting).toBe(true);
  await kill(bot, 'SIGKILL');
  expect(existsSync(library)).toBe(false);
  age(join(dirname(library), listParts()[0] ?? ''));
  const npm = [process.execPath, '-e', '0'] as const;
  const machine = { platform: 'linux', arch: 'x64', hasVulkan: false };
  await installChatLibrary(folder.path, { machine, npm }, never);
  expect(readdirSync(dirname(library))).toEqual([basename(library)]);
}, 120_000);

test('behind a proxy a file of a mirror comes whole, and after a break only the rest of it', async () => {
  const content = Buffer.alloc(300_000, 'weights of a model, ');
  await using mirror = await serveFile(content, 'breaks off');
  const { hostname, port } = new URL(mirror.address);
  const asked: string[] = [];
  await using proxy = await openListeningServer(() => undefined);
  proxy.server.on('connect', ({ url = '' }, socket) => {
    asked.push(url);
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => undefined).on('close', () => tunnel.destroy());
  });
  using folder = mkdtempDisposableSync(join(tmpdir(), 'parley-proxied-'));
  const path = join(folder.path, 'model.gguf');
  const sha256 = createHash('sha256').update(content).digest('hex');
  // No name server knows this name, so that nothing goes past the proxy.
  const url = `http://models.example.test:${port}/model.gguf`;
  const wanted = JSON.stringify({ url, path, bytes: content.length, sha256 });
  const fetching = `
    import { realClock } from '#src/base/clock.ts';
    import { fetchFile } from '#src/downloads/fetch-file.ts';
    await fetchFile(${wanted}, { clock: realClock }, new AbortController().signal);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', fetching], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.origin },
  });
  const ended = once(child, 'exit');
  const breaking = setInterval(() => mirror.breakOff(), 300);
  expect(await ended).toEqual([0, null]);
  clearInterval(breaking);
  expect(readFileSync(path)).toEqual(content);
  expect(new Set(asked)).toEqual(new Set([`models.example.test:${port}`]));
  expect(mirror.ranges[0]).toBeUndefined();
  expect(
    mirror.ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')),
  ).toBe(true);
}, 120_000);
