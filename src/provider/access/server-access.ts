import type { Clock } from '#src/base/clock.ts';
import { fetchWithFormBytes } from '#src/base/fetch-with-form-bytes.ts';
import { admitSetting, writeSentence } from '#src/base/logged-text.ts';
import type { Secret } from '#src/base/secret.ts';
import { formatServerName } from '#src/provider/models/error-text.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import {
  formatAddressLine,
  listBaseUrls,
  readServerAddress,
  removeLogin,
  replaceBaseUrl,
  type ServerAddress,
} from './server-address.ts';

/** Endpoints that the bot cannot do without. Few servers translate, or list their voices. */
const neededEndpoint =
  /\/(?:chat\/completions|audio\/speech|audio\/transcriptions|models)$/;
/** Header that carries the key. Azure wants `api-key`. */
type KeyHeader = 'authorization' | 'api-key';

/** The address of a server, its key, and what to do with the news about both. */
export type ServerAccessOptions = {
  /** May hold a query, a user and a password. An address without a path means its `/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: Secret | undefined;
  /** Setting that holds the address, for remedies. */
  readonly addressSetting?: string | undefined;
  /** Takes each habit once. Never throws. */
  readonly report?: ((habit: ServerHabit) => void) | undefined;
};

/** A request as `fetch` takes it. */
export type FetchRequest = RequestInit & { readonly headers: Headers };

/** Some servers insist on a key, and those without keys ignore it. */
export const placeholderKey = 'none';

/** Most other base URLs that are tried for one request. */
const maxOtherBaseUrls = 2;
const maxErrorBytes = 16_384;
/** LM Studio answers an unknown path with status 200 and this much JSON at most. */
const maxShortJsonBytes = 1024;

const keyComplaint =
  /(?:api|subscription|access)[ _-]?(?:key|token)|authorization|unauthori[sz]ed|credential|not authenticated|unauthenticated/i;
/** A path that exists may lack a model or a voice. */
const resourceComplaint = /\bmodels?\b|\bdeployments?\b|\bvoices?\b|\bengines?\b/i;
const pathComplaint = /unexpected endpoint|unknown (?:endpoint|path|route)/i;

type Route = { readonly baseUrl: string; readonly keyHeader: KeyHeader };

/** `key` if the server refused the key, `path` if it has no such path. */
type Trial = {
  readonly route: Route;
  readonly response: Response;
  readonly fault: 'key' | 'path' | undefined;
};

/**
 * How one server is reached: the base URL below which its API is, and the header that carries its key.
 *
 * Both are tried as they are given. A server that refuses the key gets it once more as `api-key`, and one that has no
 * such path is asked below other base URLs of the same host. The route that the server answers is used from then on,
 * and doubted as soon as it fails in the same manner.
 *
 * @example
 * import { ServerAccess } from '#src/provider/access/server-access.ts';
 *
 * const access = new ServerAccess({ baseUrl: 'http://127.0.0.1:8000' });
 * access.baseUrl; // 'http://127.0.0.1:8000/v1'
 */
export class ServerAccess {
  readonly #options: ServerAccessOptions;
  readonly #address: ServerAddress;
  #route: Route;
  /** Endpoints that were found below the base URL. */
  readonly #foundEndpoints = new Set<string>();
  /** Endpoints that are below none of the base URLs. */
  readonly #missingEndpoints = new Set<string>();

  constructor(options: ServerAccessOptions) {
    this.#options = options;
    this.#address = readServerAddress(options.baseUrl);
    const { baseUrl, login } = this.#address;
    // Basic authentication occupies the other header.
    this.#route = { baseUrl, keyHeader: login ? 'api-key' : 'authorization' };
  }

  /** Base URL in use, without user, password and query. */
  get baseUrl(): string {
    return this.#route.baseUrl;
  }

  /** Address in use, with its query, user and password. */
  get address(): string {
    return replaceBaseUrl(this.#options.baseUrl, this.#route.baseUrl);
  }

  /**
   * Sends a request below the given base URL to where the API of the server is. A body that is a stream is sent once:
   * the next request profits.
   */
  async send(url: string, request: FetchRequest): Promise<Response> {
    const endpoint = url.slice(this.#address.baseUrl.length);
    const usual = await this.#tryRoute(this.#route, endpoint, request);
    if (request.body instanceof ReadableStream) return usual.response;
    const keyed = await this.#tryOtherHeader(usual, endpoint, request);
    const best = await this.#tryOtherBaseUrls(keyed, endpoint, request);
    if (best.fault === undefined) this.#learnRoute(best, endpoint, request);
    return best.response;
  }

  /**
   * Finds the base URL below which the API is, by requests that cost nothing, and uses it from then on. Returns false
   * if no endpoint answers anywhere. Throws as `fetch` does.
   */
  async findBaseUrl(signal: AbortSignal): Promise<boolean> {
    for (const endpoints of [listEndpoint, actionEndpoints])
      for (const baseUrl of listBaseUrls(this.#options.baseUrl))
        for (const endpoint of endpoints) {
          const request = createTrialRequest(endpoint, signal);
          const route = { ...this.#route, baseUrl };
          const path = `${endpoint}${this.#address.query}`;
          const first = await this.#tryRoute(route, path, request);
          const tried = await this.#tryOtherHeader(first, path, request);
          await tried.response.body?.cancel();
          if (!isAnswered(tried, endpoints)) continue;
          this.#route = tried.route;
          return true;
        }
    return false;
  }

  async #tryRoute(
    route: Route,
    endpoint: string,
    request: FetchRequest,
  ): Promise<Trial> {
    const headers = new Headers(request.headers);
    headers.delete('authorization');
    for (const [name, value] of this.#listKeyHeaders(route)) headers.set(name, value);
    const url = `${route.baseUrl}${endpoint}`;
    const response = await fetchWithFormBytes(url, { ...request, headers });
    return { route, ...(await judgeResponse(response, endpoint)) };
  }

  #listKeyHeaders({ keyHeader }: Route) {
    const key = this.#options.apiKey?.reveal();
    const { login } = this.#address;
    return listKeyHeaders(
      { login, key: key ?? (login ? undefined : placeholderKey) },
      keyHeader,
    );
  }

  async #tryOtherHeader(refused: Trial, endpoint: string, request: FetchRequest) {
    const hasChoice = this.#options.apiKey && !this.#address.login;
    if (refused.fault !== 'key' || !hasChoice) return refused;
    const { baseUrl, keyHeader } = refused.route;
    const otherHeader = keyHeader === 'api-key' ? 'authorization' : 'api-key';
    const route: Route = { baseUrl, keyHeader: otherHeader };
    const tried = await this.#tryRoute(route, endpoint, request);
    return tried.fault === 'key' ? refused : tried;
  }

  async #tryOtherBaseUrls(missing: Trial, endpoint: string, request: FetchRequest) {
    const path = removeQuery(endpoint);
    const isOther = this.#foundEndpoints.size > 0 && !this.#foundEndpoints.has(path);
    const isSought =
      neededEndpoint.test(path) && !isOther && !this.#missingEndpoints.has(path);
    if (missing.fault !== 'path' || !isSought) return missing;
    const otherUrls = listBaseUrls(this.#options.baseUrl).filter(
      (baseUrl) => baseUrl !== missing.route.baseUrl,
    );
    for (const baseUrl of otherUrls.slice(0, maxOtherBaseUrls)) {
      const route = { ...missing.route, baseUrl };
      const first = await this.#tryRoute(route, endpoint, request);
      const tried = await this.#tryOtherHeader(first, endpoint, request);
      const unread = isReached(tried, request) ? missing : tried;
      unread.response.body?.cancel().catch(() => undefined);
      if (unread === missing) return tried;
    }
    this.#missingEndpoints.add(path);
    return missing;
  }

  #learnRoute({ response, route }: Trial, endpoint: string, request: FetchRequest) {
    const path = removeQuery(endpoint);
    // Lists of voices and the like are sometimes beside the API.
    if (request.method !== 'POST' && !(path === '/models' && response.ok)) return;
    this.#missingEndpoints.delete(path);
    const { baseUrl, keyHeader } = this.#route;
    this.#route = route;
    if (route.baseUrl !== baseUrl) {
      this.#foundEndpoints.clear();
      this.#reportBaseUrl();
    }
    this.#foundEndpoints.add(path);
    if (route.keyHeader !== keyHeader && route.keyHeader === 'api-key')
      this.#options.report?.(apiKeyHabit);
  }

  #reportBaseUrl() {
    const { addressSetting = 'its base URL', report } = this.#options;
    const given = this.#address.baseUrl;
    if (this.baseUrl === given) return;
    report?.({
      what: writeSentence`its API is at ${admitSetting(formatServerName(this.baseUrl))}, not at ${admitSetting(formatServerName(given))}`,
      mend: writeSentence`set ${admitSetting(addressSetting)}=${admitSetting(formatAddressLine(this.address))}`,
    });
  }
}

/** The list costs nothing. */
const listEndpoint = ['/models'];
/** Each refuses a request without fields, unless there is no such path. */
const actionEndpoints = ['/chat/completions', '/audio/speech', '/audio/transcriptions'];

function createTrialRequest(endpoint: string, signal: AbortSignal): FetchRequest {
  const headers = new Headers({ accept: 'application/json' });
  const common = { headers, signal, redirect: 'manual' } as const;
  if (endpoint === '/models') return common;
  headers.set('content-type', 'application/json');
  return { ...common, method: 'POST', body: '{}' };
}

function isAnswered({ fault, response }: Trial, endpoints: readonly string[]) {
  if (endpoints === actionEndpoints) return fault !== 'path';
  return response.ok && fault === undefined && isJson(response);
}

const apiKeyHabit = {
  what: writeSentence`it takes its key in the header api-key`,
  mend: writeSentence`nothing to do: the bot sends it there`,
};

/** Lists the headers of a key and of Basic authentication, which share a header. */
export function listKeyHeaders(
  {
    key,
    login,
  }: { readonly key?: string | undefined; readonly login?: Secret | undefined },
  keyHeader: KeyHeader = 'authorization',
): readonly (readonly [name: string, value: string])[] {
  const basic = login && `Basic ${Buffer.from(login.reveal()).toString('base64')}`;
  const isApart = basic !== undefined || keyHeader === 'api-key';
  const authorization = basic ?? (isApart || !key ? undefined : `Bearer ${key}`);
  return [
    ...(authorization ? [['authorization', authorization] as const] : []),
    ...(isApart && key ? [['api-key', key] as const] : []),
  ];
}

function removeQuery(endpoint: string) {
  return endpoint.replace(/\?.*/, '');
}

/** A path that takes no GET may be another one, but refuses a POST only if it knows what that is. */
function isReached(
  { fault, response: { ok, status } }: Trial,
  { method }: FetchRequest,
) {
  if (fault === 'path') return false;
  return ok || (method === 'POST' && status >= 400 && status < 500);
}

/** Finds what an answer says of the key and the path. Its body stays readable. */
async function judgeResponse(
  response: Response,
  endpoint: string,
): Promise<Pick<Trial, 'response' | 'fault'>> {
  const { headers, status, statusText } = response;
  if (response.ok && isPage(response)) return await judgePage(response);
  const isRead = [401, 403, 404, 405].includes(status) || isShortJson(response);
  if (!isRead) return { response, fault: undefined };
  const bytes = await readStart(response);
  const copy = new Response(new Uint8Array(bytes), { status, statusText, headers });
  return { response: copy, fault: findFault(copy, bytes.toString(), endpoint) };
}

/** whisper.cpp labels words as a page. */
async function judgePage(
  response: Response,
): Promise<Pick<Trial, 'response' | 'fault'>> {
  const [head, body] = response.body?.tee() ?? [];
  const reader = head?.getReader();
  const { value } = (await reader?.read()) ?? {};
  reader?.cancel().catch(() => undefined);
  const isHtml = /^\s*<(!doctype|html|\?xml|head|body)/i.test(
    Buffer.from(value ?? []).toString('latin1'),
  );
  const { headers, status, statusText } = response;
  const copy = new Response(body, { status, statusText, headers });
  return { response: copy, fault: isHtml ? 'path' : undefined };
}

function findFault(response: Response, text: string, endpoint: string): Trial['fault'] {
  if (response.ok) return pathComplaint.test(text) ? 'path' : undefined;
  switch (response.status) {
    case 401:
      return 'key';
    case 403:
      return keyComplaint.test(text) ? 'key' : undefined;
    default: {
      const sentence = text.replaceAll(removeQuery(endpoint), '');
      const isResource = !isPage(response) && resourceComplaint.test(sentence);
      return isResource ? undefined : 'path';
    }
  }
}

function isPage({ headers }: Response) {
  return /^text\/html\b/i.test(headers.get('content-type') ?? '');
}

function isJson({ headers }: Pick<Response, 'headers'>) {
  return /\bjson\b/i.test(headers.get('content-type') ?? '');
}

function isShortJson({ headers, ok }: Response) {
  const bytes = Number(headers.get('content-length') ?? Infinity);
  return ok && bytes <= maxShortJsonBytes && isJson({ headers });
}

async function readStart({ body }: Response) {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > maxErrorBytes) break;
  }
  return Buffer.concat(pieces);
}

/**
 * `fetch` closes connections that were idle for 4 s, or for 3 s where the server says that it keeps them 5 s, as Node's:
 * https://github.com/nodejs/undici/blob/main/docs/docs/api/Client.md
 */
const minRoundIntervalMs = 2500;
/** A request may be given up for the next one, which needs a connection then. */
const connectionsPerServer = 2;
const keepWarmMs = 12_000;
const openTimeoutMs = 5000;
/** A server that answers so soon needs no connection ahead of need. */
const nearMs = 20;

/** An engine that opens its own connections. */
type WarmedEngine = { warm?(): void };

/**
 * Keeps connections open before `fetch` needs them, by OPTIONS requests without a key, at most each 2.5 s for 12 s
 * after the last call.
 *
 * A cold connection costs three round trips.
 */
export class WarmConnections implements Disposable {
  readonly #clock: Clock;
  readonly #engines: readonly (WarmedEngine | undefined)[];
  readonly #over = new AbortController();
  readonly #addressByOrigin: ReadonlyMap<string, string>;
  /** Addresses that answer near and refuse OPTIONS. */
  readonly #refusing = new Set<string>();
  #lastRoundMs = -Infinity;
  #warmUntilMs = 0;
  #isRunning = false;

  /** `engines` are warmed with the servers. */
  constructor(
    baseUrls: readonly string[],
    clock: Clock,
    engines: readonly (WarmedEngine | undefined)[] = [],
  ) {
    this.#clock = clock;
    this.#engines = engines;
    this.#addressByOrigin = new Map(
      baseUrls.map((baseUrl) => [new URL(baseUrl).origin, removeLogin(baseUrl)]),
    );
  }

  /**
   * Opens connections now, and keeps them open for 12 s from now. Never throws and never waits. It may be handed on by
   * itself.
   */
  readonly warm = (): void => {
    this.#warmUntilMs = this.#clock.nowMs() + keepWarmMs;
    if (!this.#isRunning && this.#addressByOrigin.size > 0) void this.#keepOpen();
    for (const engine of this.#engines) engine?.warm?.();
  };

  /** Ends running requests, and opens no further connection. */
  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #keepOpen() {
    const clock = this.#clock;
    const { signal } = this.#over;
    this.#isRunning = true;
    for (;;) {
      const dueMs = Math.max(this.#lastRoundMs + minRoundIntervalMs, clock.nowMs());
      if (dueMs > this.#warmUntilMs) break;
      if (dueMs > clock.nowMs()) {
        await clock.sleep(dueMs - clock.nowMs(), signal).catch(() => {});
      }
      if (signal.aborted) break;
      this.#lastRoundMs = clock.nowMs();
      this.#openRound();
    }
    this.#isRunning = false;
  }

  #openRound() {
    for (const address of this.#addressByOrigin.values())
      for (let n = 0; n < connectionsPerServer; n++) void this.#openConnection(address);
  }

  async #openConnection(address: string) {
    if (this.#refusing.has(address)) return;
    const timeout = AbortSignal.timeout(openTimeoutMs);
    const signal = AbortSignal.any([this.#over.signal, timeout]);
    const sentAtMs = this.#clock.nowMs();
    try {
      // After a HEAD Node's `fetch` closes the connection.
      const response = await fetch(address, {
        method: 'OPTIONS',
        redirect: 'manual',
        signal,
      });
      // Further requests would only fill the log of this server.
      const isNear = this.#clock.nowMs() - sentAtMs < nearMs;
      if (response.status >= 400 && isNear) this.#refusing.add(address);
      for await (const _ of response.body ?? []); // A connection stays open only if its answer was read to the end.
    } catch {
      // The next request gets the error.
    }
  }
}
