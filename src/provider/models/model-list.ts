import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { fieldsOf, textIn } from '#src/base/json.ts';
import type { ApiClient } from '#src/provider/client.ts';
import { describeError } from './describe-error.ts';
import { withServerWords } from './error-phrases.ts';
import type { ListedModel, ModelList } from './models.ts';

const mostModels = 10_000;
const longestIdChars = 200;

/** Lists the models of a server. Never throws. Aborting `signal` returns `unknown`. */
export async function listModels(
  client: Pick<ApiClient, 'models' | 'baseURL' | 'apiKey'>,
  signal: AbortSignal,
): Promise<ModelList> {
  try {
    // The library returns an empty list for an answer that is none.
    const answer = await client.models.list({ signal }).asResponse();
    return readList(JSON.parse(await answer.text()));
  } catch (cause) {
    if (hasNone(cause)) return { kind: 'not offered' };
    return { kind: 'unknown', why: withServerWords(describeError(cause, client)) };
  }
}

/** Expects `{data: [{id}]}` as OpenAI sends: https://developers.openai.com/api/reference/resources/models/methods/list */
function readList(body: unknown): ModelList {
  const { data } = fieldsOf(body);
  if (!Array.isArray(data)) return { kind: 'not offered' };
  const models = data.slice(0, mostModels).flatMap(readModel);
  return { kind: 'listed', models };
}

function readModel(model: unknown): ListedModel[] {
  const { id, shutdown_date: endsOn } = fieldsOf(model);
  const named = textIn(id);
  if (named === undefined || named.length > longestIdChars) return [];
  return [{ id: named, endsOn: textIn(endsOn)?.slice(0, 10) }];
}

function hasNone(cause: unknown): boolean {
  if (cause instanceof APIError && cause.status !== undefined) {
    return [404, 405, 501].includes(cause.status);
  }
  // A server without the path may show a page of its own.
  if (cause instanceof SyntaxError) return true;
  const inner = cause instanceof Error && !(cause instanceof BotError) ? cause.cause : cause;
  return inner instanceof BotError && inner.code === 'provider.wrong_type';
}
