import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Why a request was not served: a code for programs and one sentence for people. */
export type HttpRefusal = {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly message: string;
};

/** Response to an address that asks too often: it may ask again after `waitS` seconds. */
export function refuseRate(context: Context, waitS: number): Response {
  context.header('retry-after', `${waitS}`);
  const message = `Too many requests from your address: try again in ${waitS} s.`;
  return refuse(context, { status: 429, code: 'door.rate', message });
}

/** JSON response of a refused request: `{"error":{"code","message"}}`, the shape that OpenAI's clients read, too. */
export function refuse(context: Context, { status, code, message }: HttpRefusal): Response {
  return context.json({ error: { code, message } }, status);
}
