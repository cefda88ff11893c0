import { upgradeWebSocket } from '@hono/node-server';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { openAtFreePort } from '#src/web/http/listener.ts';
import { openPage, type Page, type PageOptions } from '#src/web/http/page.ts';
import { onlyEntered, type PageApp } from '#src/web/http/viewer.ts';
import { act, type BrowserParts } from './browser-acts.ts';
import { BrowserChannel } from './browser-channel.ts';
import { mostFileBytes, serveFiles, UploadedFiles } from './browser-files.ts';
import { type BotEvent, readBrowserRequest } from './browser-protocol.ts';
import { plug } from './browser-socket.ts';
import { BrowserSound } from './browser-sound.ts';
import { TypedVoices } from './typed-voices.ts';

type BrowserPageOptions = Pick<PageOptions, 'host' | 'port' | 'publicUrl' | 'key'> & {
  /** Name of the person whom the one in front of the page is. */
  readonly you: string;
  readonly clock?: Clock;
  readonly onBug: (error: unknown) => void;
};

/** The page of the sandbox's room. */
export type BrowserPage = AsyncDisposable & {
  readonly url: URL;
  /** An address that lets in. */
  readonly link: URL;
  report(event: BotEvent): void;
};

type BrowserPageOutcome =
  | { readonly kind: 'open'; readonly page: BrowserPage }
  /** One sentence. */
  | { readonly kind: 'refused'; readonly why: string };

/** Longest frame of the room; of sound it is less. */
const mostFrameBytes = 64 * 1024;
/** Opens the page of a sandbox at the first free port from the wanted one on. Never throws. */
export async function openBrowserPage(
  sandbox: Sandbox,
  options: BrowserPageOptions,
): Promise<BrowserPageOutcome> {
  const { you, clock = realClock } = options;
  const person = sandbox.person(you);
  const channel = new BrowserChannel({ sandbox, you, clock });
  const sound = new BrowserSound({ person, channel });
  const voices = new TypedVoices();
  const uploads = new UploadedFiles();
  const closing = new AbortController();
  const { signal } = closing;
  const parts = { sandbox, you, channel, sound, voices, uploads, signal };
  const { host, publicUrl, onBug, key } = options;
  const pageOptions = {
    host,
    onBug,
    key,
    publicUrl,
    webSocket: { mostFrameBytes },
    mostBodyBytes: mostFileBytes,
    routes: (app: PageApp) => serveBrowser(app, parts),
  };
  const outcome = await openAtFreePort(
    options.port,
    async (port) => await openPage({ ...pageOptions, port }),
  );
  if (outcome.kind === 'refused') return outcome;
  const page: Page = outcome.server;
  const close = async (): Promise<void> => {
    closing.abort(new Error('The page is closed.'));
    await page[Symbol.asyncDispose]();
    sound[Symbol.dispose]();
    channel[Symbol.dispose]();
    await voices[Symbol.asyncDispose]();
  };
  const { link, url } = page;
  const report = (event: BotEvent) => channel.report(event);
  return { kind: 'open', page: { url, link, report, [Symbol.asyncDispose]: close } };
}

type ServedParts = BrowserParts & {
  readonly channel: BrowserChannel;
  readonly signal: AbortSignal;
};

function serveBrowser(app: PageApp, parts: ServedParts): void {
  const { channel, sound } = parts;
  serveFiles(app, parts.sandbox, parts.uploads);
  app.get(
    '/room',
    onlyEntered,
    upgradeWebSocket((context) => {
      const tab = context.req.query('tab') ?? '';
      return plug(tab, {
        open: (socket) => channel.add(socket),
        handle: requestHandler(tab, parts),
        closed(socket) {
          channel.remove(socket);
          sound.left(tab);
        },
      });
    }),
  );
  app.get(
    '/room/sound',
    onlyEntered,
    upgradeWebSocket((context) => {
      const tab = context.req.query('tab') ?? '';
      return plug(tab, {
        open: (socket) => sound.open(socket),
        handle: (socket, data) => sound.handle(socket, data),
        closed: (socket) => sound.closed(socket),
      });
    }),
  );
}

/** Performs the requests of one page. */
function requestHandler(tab: string, parts: ServedParts): Parameters<typeof plug>[1]['handle'] {
  const { channel, signal } = parts;
  return (socket, data) => {
    const request = readBrowserRequest(typeof data === 'string' ? data : '');
    const reply = (answer: object) => socket.send(JSON.stringify(answer));
    if ('ok' in request) reply({ kind: 'reply', ...request });
    else {
      void act(parts, tab, request, signal).then((answer) => {
        channel.check();
        reply(answer);
      });
    }
  };
}
