import { upgradeWebSocket } from '@hono/node-server';
import type { HonoRequest } from 'hono';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { type Clock, realClock } from '#src/base/clock.ts';
import { toDiscordLocale } from '#src/texts/locales.ts';
import { type Locale, toLocale } from '#src/texts/texts.ts';
import { openAtFreePort } from '#src/web/http/listener.ts';
import { openPage, type PageOptions } from '#src/web/http/page.ts';
import { type PageApp, requireEntry } from '#src/web/http/viewer.ts';
import {
  type AskBot,
  type BrowserDeps,
  performBrowserRequest,
} from './browser-acts.ts';
import { BrowserChannel } from './browser-channel.ts';
import { getMaxFileBytes, serveFiles, UploadedFiles } from './browser-files.ts';
import {
  type BotEvent,
  type BrowserReply,
  formatFrame,
  parseBrowserRequest,
} from './browser-protocol.ts';
import { type BrowserTab, plugSocket, type SocketHandlers } from './browser-socket.ts';
import { BrowserSound } from './browser-sound.ts';
import { explainRefusal } from './page-refusal.ts';
import { QuietReplies } from './quiet-replies.ts';
import { TypedVoices } from './typed-voices.ts';

type BrowserPageOptions = Pick<
  PageOptions,
  'browsers' | 'host' | 'port' | 'publicUrl'
> & {
  /** Name of the person that the reader of the page plays. */
  readonly you: string;
  readonly clock?: Clock;
  /** Default: the bot's process cannot be asked. */
  readonly askBot?: AskBot;
  /** Called when the first page opens, and after the last one has closed. */
  readonly onWatched?: (isWatched: boolean) => void;
  /** Called with an error that the page does not expect. */
  readonly onBug: (error: unknown) => void;
};

/** The page of the sandbox's room. */
export interface BrowserPage extends AsyncDisposable {
  readonly url: URL;
  /** Address with the key, which lets its reader in. */
  readonly link: URL;
  /** Shows an event of the bot's process to the open pages. */
  report(event: BotEvent): void;
}

export type BrowserPageOutcome =
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
  const { you, askBot = refuseToAsk, clock = realClock } = options;
  const { onWatched = () => undefined } = options;
  const person = sandbox.person(you);
  const quietReplies = new QuietReplies();
  const channel = new BrowserChannel({ sandbox, you, clock, quietReplies, onWatched });
  const sound = new BrowserSound({ person, channel });
  const voices = new TypedVoices();
  const uploads = new UploadedFiles();
  const closing = new AbortController();
  const { signal } = closing;
  const useLanguage = (tab: string, locale: Locale) => {
    channel.changeLanguage(tab, locale);
    changeServerLanguage(sandbox, you, locale);
  };
  const acts = { sandbox, you, sound, voices, uploads, quietReplies, askBot };
  const deps = { ...acts, channel, useLanguage, signal };
  const pageOptions = {
    host: options.host,
    onBug: options.onBug,
    browsers: options.browsers,
    publicUrl: options.publicUrl,
    webSocket: { maxFrameBytes },
    maxBodyBytes: getMaxFileBytes,
    routes: (app: PageApp) => serveBrowser(app, deps),
  };
  const outcome = await openAtFreePort(
    options.port,
    async (port) => await openPage({ ...pageOptions, port }),
  );
  if (outcome.kind === 'refused') return outcome;
  const page = outcome.server;
  const closePage = async () => {
    closing.abort(new Error('The page is closed.'));
    await page[Symbol.asyncDispose]();
    sound[Symbol.dispose]();
    channel[Symbol.dispose]();
    await voices[Symbol.asyncDispose]();
  };
  const { link, url } = page;
  const reportEvent = (event: BotEvent) => channel.reportEvent(event);
  return {
    kind: 'open',
    page: { url, link, report: reportEvent, [Symbol.asyncDispose]: closePage },
  };
}

const refuseToAsk: AskBot = async () => {
  throw new Error('Models are connected by npm run setup here.');
};

type BrowserServerDeps = BrowserDeps & {
  readonly channel: BrowserChannel;
  readonly signal: AbortSignal;
};

function serveBrowser(app: PageApp, deps: BrowserServerDeps) {
  const { channel, sound } = deps;
  serveFiles(app, deps.sandbox, deps.uploads);
  app.get(
    '/room',
    requireEntry,
    upgradeWebSocket((context) => {
      return plugSocket(readTab(context.req), {
        onOpen(socket) {
          changeServerLanguage(deps.sandbox, deps.you, socket.locale);
          channel.addScreen(socket);
        },
        onMessage: makeRequestHandler(deps),
        onClosed(socket) {
          channel.removeScreen(socket);
          sound.removeTab(socket.tab);
        },
      });
    }),
  );
  app.get(
    '/room/sound',
    requireEntry,
    upgradeWebSocket((context) => {
      return plugSocket(readTab(context.req), {
        onOpen: (socket) => sound.addSocket(socket),
        onMessage: (socket, data) => sound.handleFrame(socket, data),
        onClosed: (socket) => sound.removeSocket(socket),
      });
    }),
  );
}

/** Reads which tab opens a socket. */
function readTab(request: HonoRequest): BrowserTab {
  return {
    tab: request.query('tab') ?? '',
    locale: toLocale(request.query('locale')),
  };
}

/** Writes to everybody in the language of the page that opened last. The terminal alone leaves the server as it is. */
function changeServerLanguage(sandbox: Sandbox, you: string, locale: Locale) {
  const discordLocale = toDiscordLocale(locale);
  sandbox.person(you, { locale: discordLocale });
  sandbox.guild().changeLocale(discordLocale);
}

/** Performs the requests of one page. */
function makeRequestHandler(deps: BrowserServerDeps): SocketHandlers['onMessage'] {
  const { channel, signal } = deps;
  return (socket, data) => {
    const request = parseBrowserRequest(typeof data === 'string' ? data : '');
    const sendReply = (answer: BrowserReply) => socket.send(formatFrame(answer));
    if ('ok' in request) {
      const refusal = explainRefusal(new Error(request.error), socket.locale);
      sendReply({ kind: 'reply', id: request.id, ...refusal });
    } else {
      channel.noteRequest(request);
      void performBrowserRequest(deps, socket, request, signal).then((answer) => {
        channel.checkState();
        sendReply(answer);
      });
    }
  };
}
