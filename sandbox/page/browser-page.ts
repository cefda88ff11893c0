import { upgradeWebSocket } from '@hono/node-server';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { openAtFreePort } from '#src/web/http/listener.ts';
import { openPage, type PageOptions } from '#src/web/http/page.ts';
import { type PageApp, requireEntry } from '#src/web/http/viewer.ts';
import { type BrowserDeps, performBrowserRequest } from './browser-acts.ts';
import { BrowserChannel } from './browser-channel.ts';
import { createUploadedFiles, getMaxFileBytes, serveFiles } from './browser-files.ts';
import {
  type BotEvent,
  type BrowserReply,
  formatFrame,
  parseBrowserRequest,
} from './browser-protocol.ts';
import { plugSocket } from './browser-socket.ts';
import { createBrowserSound } from './browser-sound.ts';
import { createTypedVoices } from './typed-voices.ts';

type BrowserPageOptions = Pick<PageOptions, 'host' | 'port' | 'publicUrl' | 'key'> & {
  /** Name of the person that the reader of the page plays. */
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

/** Longest frame of the socket of the room. Frames of sound are shorter. */
const maxFrameBytes = 64 * 1024;
/** Opens the page of a sandbox at the first free port from the wanted one on. Never throws. */
export async function openBrowserPage(
  sandbox: Sandbox,
  options: BrowserPageOptions,
): Promise<BrowserPageOutcome> {
  const { you, clock = realClock } = options;
  const person = sandbox.person(you);
  const channel = new BrowserChannel({ sandbox, you, clock });
  const sound = createBrowserSound({ person, channel });
  const voices = createTypedVoices();
  const uploads = createUploadedFiles();
  const closing = new AbortController();
  const { signal } = closing;
  const parts = { sandbox, you, channel, sound, voices, uploads, signal };
  const pageOptions = {
    host: options.host,
    onBug: options.onBug,
    key: options.key,
    publicUrl: options.publicUrl,
    webSocket: { maxFrameBytes },
    maxBodyBytes: getMaxFileBytes,
    routes: (app: PageApp) => serveBrowser(app, parts),
  };
  const outcome = await openAtFreePort(
    options.port,
    async (port) => await openPage({ ...pageOptions, port }),
  );
  if (outcome.kind === 'refused') return outcome;
  const page = outcome.server;
  const close = async () => {
    closing.abort(new Error('The page is closed.'));
    await page[Symbol.asyncDispose]();
    sound[Symbol.dispose]();
    channel[Symbol.dispose]();
    await voices[Symbol.asyncDispose]();
  };
  const { link, url } = page;
  const report = (event: BotEvent) => channel.reportEvent(event);
  return { kind: 'open', page: { url, link, report, [Symbol.asyncDispose]: close } };
}

type BrowserServerDeps = BrowserDeps & {
  readonly channel: BrowserChannel;
  readonly signal: AbortSignal;
};

function serveBrowser(app: PageApp, parts: BrowserServerDeps) {
  const { channel, sound } = parts;
  serveFiles(app, parts.sandbox, parts.uploads);
  app.get(
    '/room',
    requireEntry,
    upgradeWebSocket((context) => {
      const tab = context.req.query('tab') ?? '';
      return plugSocket(tab, {
        onOpen: (socket) => channel.addScreen(socket),
        onMessage: makeRequestHandler(tab, parts),
        onClosed(socket) {
          channel.removeScreen(socket);
          sound.removeTab(tab);
        },
      });
    }),
  );
  app.get(
    '/room/sound',
    requireEntry,
    upgradeWebSocket((context) => {
      const tab = context.req.query('tab') ?? '';
      return plugSocket(tab, {
        onOpen: (socket) => sound.open(socket),
        onMessage: (socket, data) => sound.handle(socket, data),
        onClosed: (socket) => sound.closed(socket),
      });
    }),
  );
}

/** Performs the requests of one page. */
function makeRequestHandler(
  tab: string,
  parts: BrowserServerDeps,
): Parameters<typeof plugSocket>[1]['onMessage'] {
  const { channel, signal } = parts;
  return (socket, data) => {
    const request = parseBrowserRequest(typeof data === 'string' ? data : '');
    const reply = (answer: BrowserReply) => socket.send(formatFrame(answer));
    if ('ok' in request) reply({ kind: 'reply', ...request });
    else {
      void performBrowserRequest(parts, tab, request, signal).then((answer) => {
        channel.checkState();
        reply(answer);
      });
    }
  };
}
