/**
 * Gives discord.js Node's own HTTP client in place of `undici` of npm, for one parser
 * and pool in a process, and 4 MB less (`npm run bench -- cpu --part memory`). Must run
 * before discord.js loads: line 1 of every file that makes a REST or a Client, and of
 * the bot's program, imports this file. Node's client refuses ports such as 9, 6000 and
 * 10080.
 */
import { registerHooks } from 'node:module';
import { fetchWithFormBytes } from '#src/base/fetch-with-form-bytes.ts';

registerHooks({
  resolve(specifier, context, next) {
    const ours =
      specifier === 'undici' &&
      /[/\\]node_modules[/\\](@discordjs|discord\.js)[/\\]/.test(
        context.parentURL ?? '',
      );
    return ours
      ? { url: import.meta.url, shortCircuit: true }
      : next(specifier, context);
  },
});

export const fetch: typeof globalThis.fetch = globalThis.fetch;
export const FormData: typeof globalThis.FormData = globalThis.FormData;
export const Headers: typeof globalThis.Headers = globalThis.Headers;

/** The parts of a response of undici that discord.js reads. */
export type UndiciResponse = {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly body: Pick<Response, 'arrayBuffer' | 'json' | 'text' | 'bodyUsed'>;
};

type RequestOptions = Pick<RequestInit, 'method' | 'headers' | 'body' | 'signal'>;

/** Replaces `request` of undici. Follows no redirect and asks for no compression. */
export async function request(
  url: string,
  options: RequestOptions,
): Promise<UndiciResponse> {
  const response = await unwrapFetchError(sendRequest(url, options));
  return {
    statusCode: response.status,
    headers: response.headers,
    body: {
      arrayBuffer: () => unwrapFetchError(response.arrayBuffer()),
      json: () => unwrapFetchError(response.json()),
      text: () => unwrapFetchError(response.text()),
      get bodyUsed() {
        return response.bodyUsed;
      },
    },
  };
}

async function sendRequest(url: string, options: RequestOptions) {
  const headers = new Headers(options.headers);
  headers.set('accept-encoding', 'identity');
  return await fetchWithFormBytes(url, { ...options, headers, redirect: 'manual' });
}

async function unwrapFetchError<T>(answer: Promise<T>) {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof TypeError && error.cause instanceof Error
      ? error.cause
      : error;
  }
}
