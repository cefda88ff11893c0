import { APIError } from 'openai/core/error';
import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import type { ApiClient } from '#src/provider/api-client.ts';
import { describeError } from './describe-error.ts';
import { formatFailure } from './error-text.ts';
import type { ModelList } from './standard-models.ts';

const maxModels = 10_000;
const maxIdChars = 200;

/** Lists the models of a server. Never throws. Aborting `signal` returns `unknown`. */
export async function listModels(
  client: Pick<ApiClient, 'models' | 'baseURL' | 'apiKey'>,
  signal: AbortSignal,
): Promise<ModelList> {
  try {
    // The library returns an empty list for an answer that is none.
    const answer = await client.models.list({ signal }).asResponse();
    return parseModelList(JSON.parse(await answer.text()));
  } catch (cause) {
    if (hasNoList(cause)) return { kind: 'not offered' };
    return { kind: 'unknown', why: formatFailure(describeError(cause, client)) };
  }
}

/**
 * Parses `{data: [{id}]}` as OpenAI sends, or the bare list of Together:
 * https://developers.openai.com/api/reference/resources/models/methods/list, https://docs.together.ai/reference/models
 */
function parseModelList(body: unknown): ModelList {
  const data = Array.isArray(body) ? body : toRecord(body).data;
  if (!Array.isArray(data)) return { kind: 'not offered' };
  const models = data.slice(0, maxModels).flatMap(parseModel);
  return { kind: 'listed', models };
}

function parseModel(model: unknown) {
  const { id, shutdown_date: endsOn } = toRecord(model);
  const name = toNonEmptyText(id);
  if (name === undefined || name.length > maxIdChars) return [];
  return [{ id: name, endsOn: toNonEmptyText(endsOn)?.slice(0, 10) }];
}

function hasNoList(cause: unknown) {
  if (cause instanceof APIError && cause.status !== undefined) {
    return [404, 405, 501].includes(cause.status);
  }
  // A server without the path may show a page of its own.
  if (cause instanceof SyntaxError) return true;
  const inner =
    cause instanceof Error && !(cause instanceof BotError) ? cause.cause : cause;
  return inner instanceof BotError && inner.code === 'provider.wrong_type';
}
