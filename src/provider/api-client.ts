import { inspect } from 'node:util';
import { OpenAI } from 'openai/client';
import type { APIError } from 'openai/core/error';
import {
  placeholderKey,
  ServerAccess,
  type ServerAccessOptions,
} from '#src/provider/access/server-access.ts';
import { readServerAddress } from '#src/provider/access/server-address.ts';
import { createGuardedFetch, type Fetch } from './guarded-fetch.ts';
import { formatServerName } from './models/error-text.ts';
import { createAnswerError } from './models/refusal.ts';

export type ClientOptions = ServerAccessOptions;

/** Client of the `openai` package with one attempt a request and no log, which would hold people's words. */
export class ApiClient extends OpenAI {
  static {
    // Node would print the fields of the package's client, and so the key.
    Object.defineProperty(ApiClient.prototype, inspect.custom, {
      value: ApiClient.prototype.toJSON,
    });
  }

  constructor({ apiKey, baseUrl: address }: ClientOptions, send: Fetch) {
    const { baseUrl, query } = readServerAddress(address);
    super({
      baseURL: baseUrl,
      defaultQuery: Object.fromEntries(new URLSearchParams(query)),
      apiKey: async () => apiKey?.reveal() ?? placeholderKey,
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      logLevel: 'off',
      // The package looks for `Response` on a `fetch` to learn that it accepts forms.
      fetch: Object.assign(send, { Response }),
    });
  }

  /** Keeps all that stands in the body of a refusal. */
  protected override makeStatusError(
    status: number,
    error: object,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    return createAnswerError(status, error, message, headers);
  }

  /** Names the server without the key, for logs and the console. */
  toJSON(): string {
    return `ApiClient(${formatServerName(this.baseURL)})`;
  }
}

/**
 * Opens a client for one server: one attempt a request, guarded, nothing from the environment. `describeError`
 * converts its errors.
 */
export function openClient(options: ClientOptions): ApiClient {
  const { apiKey, baseUrl } = options;
  const access = new ServerAccess(options);
  const send = createGuardedFetch({
    server: formatServerName(access.baseUrl),
    secret: () => apiKey?.reveal(),
    send: (url, request) => access.send(url, request),
  });
  return new ApiClient({ apiKey, baseUrl }, send);
}

/** Finds the key of a client. Undefined if it has the placeholder alone. */
export function findClientKey({
  apiKey,
}: Pick<ApiClient, 'apiKey'>): string | undefined {
  return apiKey === null || apiKey === placeholderKey ? undefined : apiKey;
}
