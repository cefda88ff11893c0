import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { HttpRefusal } from '#src/web/http/http-refusal.ts';

/** A refusal of a request, with status, code and a sentence. Routes throw it, and `createApi` answers with it. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly facts: HttpRefusal;

  constructor(facts: HttpRefusal) {
    super(facts.message);
    this.facts = facts;
  }
}

/** Creates a refusal. `param` names the field at fault. */
export function createRefusal(
  status: ContentfulStatusCode,
  code: string,
  message: string,
  param?: string,
): ApiRefusal {
  return new ApiRefusal({ status, code, message, param });
}

/** Creates the refusal of a request with a mistake in the field `param`. */
export function createInvalidRefusal(message: string, param: string): ApiRefusal {
  return createRefusal(400, 'request.invalid', message, param);
}

/** Creates the refusal for a bot that is in no voice channel. */
export function createNowhereRefusal(): ApiRefusal {
  return createRefusal(
    409,
    'bot.nowhere',
    'The bot is in no voice channel of this server: call it with /join.',
  );
}

/** Creates the refusal of a model that may not be chosen. */
export function createUnlistedModelRefusal(
  field: string,
  model: string,
  models: readonly string[],
): ApiRefusal {
  const listed = models.join(', ') || 'none';
  return createRefusal(
    404,
    'model_not_found',
    `There is no model ${model} for ${field}; there are: ${listed}.`,
    field,
  );
}
