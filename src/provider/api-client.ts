import type { OpenAI } from 'openai/client';
import { APIPromise } from 'openai/core/api-promise';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai/core/error';
import { PagePromise } from 'openai/core/pagination';
import { normalizeChatCompletionStream } from 'openai/lib/chat-completions/streaming';
import { Speech } from 'openai/resources/audio/speech';
import { Transcriptions } from 'openai/resources/audio/transcriptions';
import { Translations } from 'openai/resources/audio/translations';
import type { Completions } from 'openai/resources/chat/completions';
import { Models } from 'openai/resources/models';
import { parsedJson } from '#src/base/json.ts';
import type { Fetch } from './guarded-fetch.ts';

export type ApiAddress = {
  /** Base URL, with its own query, if it has one. */
  readonly baseUrl: string;
  /** Asked at each request. */
  readonly apiKey: () => string;
};

type RequestOptions = Parameters<OpenAI['post']>[1];
type ChatStream = Parameters<typeof normalizeChatCompletionStream>[0];
type ChatBody = Parameters<Completions['create']>[0];
type Answer = Awaited<ConstructorParameters<typeof APIPromise>[1]>;

/**
 * The client of the `openai` library with the resources that are used here. Of request options it knows `signal` alone.
 *
 * `new OpenAI()` loads all resources and all ways to log in: 5 MB resident and 30 ms of processor time at each start, more than these
 * (`npm run node -- bench/cpu/memory/beside.ts --with openai/client --starts 15`, 2026-11). The resources used stand here over one
 * request method of the bot's own: one attempt, nothing from the environment, no header that tells of the machine.
 */
export class ApiClient {
  /** Changes once, where it had to be completed. */
  baseURL: string;
  readonly #apiKey: () => string;
  /** The library would write people's words to the console. */
  readonly logLevel = 'off';
  /** `fetch` with its own `Response`, by which the library knows that it accepts forms. */
  readonly fetch: Fetch & { readonly Response: typeof Response };
  /** The interface of the library's resource, without its 0.2 MB of helpers for conversations that run tools themselves. */
  readonly chat: { readonly completions: Pick<Completions, 'create'> };
  readonly audio: {
    readonly speech: Speech;
    readonly transcriptions: Transcriptions;
    readonly translations: Translations;
  };
  readonly models: Models;

  constructor({ baseUrl, apiKey }: ApiAddress, send: Fetch) {
    this.baseURL = baseUrl;
    this.#apiKey = apiKey;
    this.fetch = Object.assign<Fetch, { Response: typeof Response }>(
      (url, init) => send(url, init),
      { Response },
    );
    const client = asLibrary(this);
    this.chat = { completions: { create: this.#complete.bind(this) as Completions['create'] } };
    this.audio = {
      speech: new Speech(client),
      transcriptions: new Transcriptions(client),
      translations: new Translations(client),
    };
    this.models = new Models(client);
  }

  get apiKey(): string {
    return this.#apiKey();
  }

  /** Errors: APIError, with the guard's error as its cause. Aborting `signal` throws `signal.reason`. */
  get<T>(path: string, options?: RequestOptions): APIPromise<T> {
    return new APIPromise<T>(asLibrary(this), this.#request('get', path, options));
  }

  /** Errors: as `get`. */
  post<T>(path: string, options?: RequestOptions): APIPromise<T> {
    return new APIPromise<T>(asLibrary(this), this.#request('post', path, options));
  }

  /** Errors: as `get`. */
  getAPIList(...[path, page, options]: Parameters<OpenAI['getAPIList']>) {
    return new PagePromise(asLibrary(this), this.#request('get', path, options), page);
  }

  #complete(body: ChatBody, options?: object): APIPromise<unknown> {
    const stream = body.stream ?? false;
    const asked = this.post<unknown>('/chat/completions', { body, ...options, stream });
    return asked._thenUnwrap((answer) =>
      stream ? normalizeChatCompletionStream(answer as ChatStream) : answer,
    );
  }

  /** Resolves with the head of the answer. */
  async #request(method: 'get' | 'post', path: string, given: RequestOptions): Promise<Answer> {
    const options = { ...(await given), method, path };
    const { body } = options;
    const signal = options.signal ?? undefined;
    const controller = new AbortController();
    const isJson = body !== undefined && !(body instanceof FormData);
    const response = await this.fetch(urlOf(this.baseURL, path), {
      method: method.toUpperCase(),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.apiKey}`,
        'user-agent': 'Parley',
        ...(isJson && { 'content-type': 'application/json' }),
      },
      body: isJson ? JSON.stringify(body) : (body ?? null),
      signal: AbortSignal.any([controller.signal, ...(signal ? [signal] : [])]),
    }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      throw connectionError(cause);
    });
    if (!response.ok) throw await statusError(response);
    const unlogged = { requestLogID: '', retryOfRequestLogID: undefined, startTime: 0 };
    return { response, options, controller, ...unlogged };
  }
}

/** Has every member that the library's resources, promises and streams read of their client: the tests of `ApiClient` ask each. */
function asLibrary(client: ApiClient): OpenAI {
  return client as unknown as OpenAI;
}

function urlOf(baseUrl: string, path: string): string {
  const url = new URL(baseUrl);
  url.hash = '';
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return url.href;
}

function connectionError(cause: unknown): APIConnectionError {
  const error = cause instanceof Error ? cause : new Error(`${cause}`);
  const isLate = error.name === 'AbortError' || /timed? ?out/i.test(`${error} ${error.cause}`);
  return isLate
    ? Object.assign(new APIConnectionTimeoutError(), { cause: error })
    : new APIConnectionError({ message: 'Connection error.', cause: error });
}

async function statusError(response: Response): Promise<APIError> {
  const { status, headers } = response;
  const text = await response.text().catch((cause: unknown) => `${cause}`);
  const value = parsedJson(text);
  const { error } = Object(value ?? {});
  return APIError.generate(status, { error: error ?? value }, value ? undefined : text, headers);
}
