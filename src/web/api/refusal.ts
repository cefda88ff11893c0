import type { ContentfulStatusCode } from 'hono/utils/http-status';

export type RefusalFacts = {
  readonly status: ContentfulStatusCode;
  /** Code for programs, as `room.word`. */
  readonly code: string;
  /** One sentence for the person behind the program. */
  readonly message: string;
  /** Field of the request that it is about. */
  readonly param?: string;
  /** Where another try helps: after so many seconds. */
  readonly retryAfterS?: number;
};

/** A request that is not done, and why. Thrown by handlers and answered in one place. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly facts: RefusalFacts;

  constructor(facts: RefusalFacts) {
    super(facts.message);
    this.facts = facts;
  }
}

/** A refusal to be thrown. */
export function refusal(
  status: ContentfulStatusCode,
  code: string,
  message: string,
  param?: string,
): ApiRefusal {
  return new ApiRefusal({ status, code, message, param });
}

/** Refusal of a request with a mistake in one of its fields. */
export function invalid(message: string, param: string): ApiRefusal {
  return refusal(400, 'request.invalid', message, param);
}

/** Refusal of what needs a voice channel. */
export function nowhere(): ApiRefusal {
  const message = 'The bot is in no voice channel of this server: call it with /join.';
  return refusal(409, 'bot.nowhere', message);
}

/** Refusal of a model that is not among those that may be chosen. */
export function unlistedModel(field: string, model: string, models: readonly string[]): ApiRefusal {
  const there = models.join(', ') || 'none';
  const message = `There is no model ${model} for ${field}; there are: ${there}.`;
  return refusal(404, 'model_not_found', message, field);
}

/** Body of an answer that refuses: OpenAI's shape, which holds ours. */
export function refusalBody({ status, code, message, param = undefined }: RefusalFacts) {
  return { error: { message, type: typeOf(status), param: param ?? null, code } };
}

/** Kind of an error, by OpenAI's names. */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
