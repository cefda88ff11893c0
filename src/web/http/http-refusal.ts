import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

export type HttpRefusal = {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
  readonly param?: string;
  /** Wait after which another try may help. */
  readonly retryAfterS?: number;
};

export function respondWithRefusal(context: Context, refusal: HttpRefusal): Response {
  return context.json(toRefusalBody(refusal), refusal.status);
}

/** A refusal in OpenAI's shape, which its clients read. */
export type RefusalBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
  };
};

export function toRefusalBody({
  status,
  code,
  message,
  param,
}: HttpRefusal): RefusalBody {
  return { error: { message, type: toErrorType(status), param: param ?? null, code } };
}

function toErrorType(status: number) {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
