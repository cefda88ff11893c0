import { once } from 'node:events';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import type { AskBot } from '#sandbox/page/browser-acts.ts';
import { openBrowserPage } from '#sandbox/page/browser-page.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { openSilentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { enterPage, getCookie, getKey } from '#test/web/http/open-page.ts';

const replying = { timeout: 15_000, interval: 20 };

type BrowserLine = { readonly kind: string; readonly [field: string]: unknown };

/** The page of a sandbox's room on a free port, entered as a browser does; gone when it is disposed. */
export async function openTestPage(sandbox: Sandbox, you: string, askBot?: AskBot) {
  await using stack = new AsyncDisposableStack();
  const outcome = await openBrowserPage(sandbox, {
    host: '127.0.0.1',
    port: 0,
    you,
    askBot,
    onBug: (error) => console.error(error),
  });
  if (outcome.kind === 'refused') throw new Error(outcome.why);
  const page = stack.use(outcome.page);
  const cookie = getCookie(await enterPage(page.url, getKey(page.link)));
  const connectSocket = (path: string) => {
    const headers = { cookie, origin: page.url.origin };
    const socket = new WebSocket(`ws://${page.url.host}${path}`, { headers });
    stack2.defer(() => socket.terminate());
    return socket;
  };
  const stack2 = stack.move();
  const disposeClient = () => stack2.disposeAsync();
  return {
    page,
    open: (tab: string) => openTab(tab, connectSocket),
    openSound: (tab: string) => openSound(connectSocket(`/room/sound?tab=${tab}`)),
    [Symbol.asyncDispose]: disposeClient,
  };
}

/** A sandbox without sound of its own, where Adam talks, and the page of its room. */
export async function openSilentPage(askBot?: AskBot) {
  await using stack = new AsyncDisposableStack();
  const voice = openSilentVoice();
  const sandbox = stack.use(
    await openSandbox({ voice: voice.half, ownerName: 'Adam' }),
  );
  const setup = stack.use(await openTestPage(sandbox, 'Adam', askBot));
  const all = stack.move();
  return { ...setup, sandbox, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function openTab(tab: string, connect: (path: string) => WebSocket) {
  const socket = connect(`/room?tab=${tab}`);
  const frames: (readonly BrowserLine[])[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(`${data}`)));
  await once(socket, 'open');
  let lastId = 0;
  const ofKind = (kind: string) => frames.flat().filter((line) => line.kind === kind);
  return {
    frames,
    ofKind,
    /** Asks, and waits for the reply. */
    async ask(request: object) {
      const id = ++lastId;
      socket.send(JSON.stringify({ id, ...request }));
      // Not `expect.poll`, which cannot tell scenarios apart that run side by side.
      return await vi.waitFor(() => {
        const reply = ofKind('reply').find((line) => line.id === id);
        if (!reply) throw new Error('There was no reply.');
        return reply;
      }, replying);
    },
  };
}

async function openSound(socket: WebSocket) {
  const heardSounds: Buffer[] = [];
  socket.on('message', (data: Buffer) => heardSounds.push(data));
  socket.on('error', () => undefined);
  const ended = waitForEnd(socket);
  await once(socket, 'open');
  let sequence = 0;
  const sendFrame = (kind: number, payload: Uint8Array) => {
    const head = Buffer.alloc(13);
    head.writeUInt8(kind, 0);
    head.writeUInt32LE(sequence++, 1);
    head.writeDoubleLE(performance.now(), 5);
    socket.send(Buffer.concat([head, payload]));
  };
  return {
    heard: heardSounds,
    ended,
    send: sendFrame,
    sendRaw: (data: string | Buffer) => socket.send(data),
  };
}

/** Code and sentence with which the server ends it. */
async function waitForEnd(socket: WebSocket) {
  const [code, reason] = await once(socket, 'close').catch(() => once(socket, 'close'));
  return [code, `${reason}`];
}
