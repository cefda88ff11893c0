import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Why a request was not served: a code for programs and one sentence for people. */
export type HttpRefusal = {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
};

/** JSON response of a refused request: `{"error":{"code","message"}}`, the shape that OpenAI's clients read, too. */
export function refuse(context: Context, { status, code, message }: HttpRefusal): Response {
  return context.json({ error: { code, message } }, status);
}
