import { APIError } from 'openai/core/error';
export type RefusalKind =
  | 'content'
  | 'too long'
  | 'too many tokens'
  | 'loading'
  | 'rate'
  | 'spent'
  | 'key'
  | 'model'
  | 'voice'
  | 'malformed call'
  | 'too short sound'
  | 'request'
  | 'other';
export type Refusal = {
  readonly kind: RefusalKind;
  readonly status: number | undefined;
  readonly text: string;
  readonly params: readonly string[];
  readonly code: string | undefined;
  readonly retryAfterMs?: number;
  readonly tokensOver?: number;
};
export function classifyRefusal(cause: unknown): Refusal {
  if (!(cause instanceof APIError))
    return { kind: 'other', status: undefined, text: '', params: [], code: undefined };
  const text = `${cause.message} ${JSON.stringify(cause.error ?? '')}`;
  const s = cause.status ?? 400;
  const kind = [400, 404, 405, 406, 413, 415, 422, 500, 501].includes(s)
    ? 'request'
    : 'other';
  return {
    kind:
      /context|n_ctx/.test(text) && kind === 'request'
        ? 'too long'
        : /tool_use_failed/.test(text)
          ? 'malformed call'
          : kind,
    status: cause.status,
    text,
    params: [],
    code: undefined,
  };
}
