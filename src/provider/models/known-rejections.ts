import type { ErrorCode } from '#src/base/errors.ts';

type KnownRejection = {
  readonly words: RegExp;
  readonly code: ErrorCode;
  /** Continues a sentence that begins with the name of the server. */
  readonly what: string;
  readonly mend: string;
};

const knownRejections: readonly KnownRejection[] = [
  {
    words:
      /exceeded your current quota|insufficient[_ ](?:quota|balance|credit|funds)|credit balance|payment required|billing/i,
    code: 'provider.spent',
    what: 'says the quota is used up',
    mend: 'top up that account',
  },
  {
    words: /no_db_connection|token_not_found_in_db|invalid proxy server token/i,
    code: 'provider.bad_key',
    what: 'knows no such key of its own',
    mend: 'set the master key or a virtual key of that proxy',
  },
  {
    words: /litellm\.AuthenticationError/,
    code: 'provider.bad_key',
    what: 'was itself refused by the server behind it',
    mend: 'correct the api_key of that model in the configuration of the proxy',
  },
  {
    words:
      /context[_ ](?:length|size|window)|exceed_context_size|maximum context|prompt is too long|n_ctx/i,
    code: 'provider.refused',
    what: 'has no room for a prompt as long as this',
    mend: 'start it with a larger context (vLLM: --max-model-len; llama.cpp: --ctx-size; Ollama: OLLAMA_CONTEXT_LENGTH)',
  },
  {
    words:
      /\bvoices?\b.{0,80}(?:not (?:available|found|supported)|unknown|invalid)|(?:unknown|invalid|unsupported) voice/i,
    code: 'provider.refused',
    what: 'does not have this voice',
    mend: 'set SPEECH_VOICE to a voice that it has',
  },
  {
    words:
      /\bmodel\b.{0,80}(?:not (?:found|exist|installed|available|loaded)|does not exist)|(?:invalid|unknown|no such) model|model_not_found/i,
    code: 'provider.refused',
    what: 'does not have this model',
    mend: 'set a model that it lists under /v1/models',
  },
];

const rejectionStatuses = new Set([400, 401, 402, 403, 404, 422, 429, 500]);

export function findKnownRejection(
  status: number,
  words: string,
): KnownRejection | undefined {
  if (!rejectionStatuses.has(status)) return undefined;
  return knownRejections.find((known) => known.words.test(words));
}
