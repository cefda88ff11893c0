import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai/core/error';
import { Stream } from 'openai/core/streaming';
import { parsedJson } from '#src/base/json.ts';
import type { Fetch } from './guarded-fetch.ts';

/** A JSON body, or the fields of a form. */
export type RequestBody = Readonly<Record<string, unknown>> | FormData;

export type ApiAddress = {
  /** With its own query, if it has one. */
  readonly baseUrl: string;
  readonly apiKey: string;
};

/**
 * Requests to an OpenAI-compatible server, one attempt each, with the errors and the event reader of the `openai` library.
 *
 * Not its client: that loads every endpoint there is, 227 modules for the four used here.
 */
export class ApiClient {
  /** Changes once, where it had to be completed. */
  baseURL: string;
  readonly apiKey: string;
  readonly #send: Fetch;

  constructor({ baseUrl, apiKey }: ApiAddress, send: Fetch) {
    this.baseURL = baseUrl;
    this.apiKey = apiKey;
    this.#send = send;
  }

  /** The answer as soon as its head is there. Errors: APIError, and what the guard throws, as its cause. */
  async post(path: string, body: RequestBody, signal: AbortSignal): Promise<Response> {
    const isForm = body instanceof FormData;
    const headers = isForm ? {} : { 'content-type': 'application/json' };
    const sent = isForm ? body : JSON.stringify(body);
    return await this.#request(path, { method: 'POST', body: sent, headers, signal });
  }

  /** As `post`, with the whole answer: JSON as its value, anything else as text. */
  async ask(path: string, body: RequestBody, signal: AbortSignal): Promise<unknown> {
    return await readValue(await this.post(path, body, signal));
  }

  /** The whole answer: JSON as its value, anything else as text. Errors: as `post`. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    return await readValue(await this.#request(path, { method: 'GET', headers: {}, signal }));
  }

  async #request(
    path: string,
    init: RequestInit & { readonly headers: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${this.apiKey}`,
      'user-agent': 'Parley',
      ...init.headers,
    };
    const response = await this.#send(urlOf(this.baseURL, path), { ...init, headers }).catch(
      (cause: unknown) => {
        init.signal?.throwIfAborted();
        throw connectionError(cause);
      },
    );
    if (response.ok) return response;
    throw await statusError(response);
  }
}

/** Events of a stream as values, up to `[DONE]`; whoever leaves early aborts `hangUp`. Errors: APIError where an event holds one. */
export function readEvents(
  response: Response,
  hangUp: AbortController = new AbortController(),
): Stream<unknown> {
  // Without a client the library would write what people said to the console; of a client it reads the level alone.
  const silent = { logLevel: 'off' } as Parameters<typeof Stream.fromSSEResponse>[2];
  return Stream.fromSSEResponse<unknown>(response, hangUp, silent);
}

/** Fields of a form as servers of OpenAI's kind read them; what is left out is `undefined`. */
export function formOf(fields: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (value instanceof Blob) form.append(name, value);
    else if (Array.isArray(value)) for (const one of value) form.append(`${name}[]`, `${one}`);
    else form.append(name, `${value}`);
  }
  return form;
}

function urlOf(baseUrl: string, path: string): string {
  const url = new URL(baseUrl);
  url.hash = '';
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  return url.href;
}

async function readValue(response: Response): Promise<unknown> {
  const text = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const isJson = type.includes('application/json') || type.endsWith('+json');
  if (!isJson) return text;
  return text === '' ? undefined : JSON.parse(text);
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
