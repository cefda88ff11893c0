import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Why a request was not served: a code for programs and one sentence for people. */
export type HttpRefusal = {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
  /** Field of the request that it is about. */
  readonly param?: string;
  /** Wait after which another try may help. */
  readonly retryAfterS?: number;
};

/** JSON response of a refused request. */
export function respondWithRefusal(context: Context, refusal: HttpRefusal): Response {
  return context.json(toRefusalBody(refusal), refusal.status);
}

/** Body of an answer that refuses: OpenAI's shape, which holds ours. */
export function toRefusalBody({ status, code, message, param }: HttpRefusal) {
  return { error: { message, type: toErrorType(status), param: param ?? null, code } };
}

/** Kind of an error, by OpenAI's names. */
function toErrorType(status: number) {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
