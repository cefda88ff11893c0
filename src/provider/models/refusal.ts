import { APIError } from 'openai/core/error';
import { BotError, type ErrorCode, type FailureServer } from '#src/base/errors.ts';
import { isRecord, toRecord } from '#src/base/json.ts';
import { collectEvidence, type RefusalEvidence } from './refusal-evidence.ts';
import { refusalTopics } from './refusal-words.ts';

/**
 * Reason of a refusal, by which the bot decides whether and how to ask again.
 *
 * Only after `request` another form of the same request may help. `none` is a failure without an answer.
 */
export type RefusalKind =
  | 'content'
  | 'too long'
  | 'too many tokens'
  | 'loading'
  | 'rate'
  | 'spent'
  | 'key'
  | 'forbidden'
  | 'model'
  | 'voice'
  | 'malformed call'
  | 'too short sound'
  | 'busy'
  | 'late'
  | 'request'
  | 'none';

/** A refusal of a server, with the facts that its body and headers state. */
export type Refusal = {
  readonly kind: RefusalKind;
  /** Status of the answer, or the one that the codes of an error inside a stream mean. */
  readonly status: number | undefined;
  /** Sentence of the server, which may quote people. */
  readonly text: string;
  /** Names of fields that the refusal names, such as `tools[0].function.parameters`. */
  readonly params: readonly string[];
  /** First code of the body, such as "rate_limit_exceeded". */
  readonly code: string | undefined;
  readonly retryAfterMs?: number;
  /** The limit counts days. */
  readonly isDaily?: true;
  /** Tokens by which the allowed answer has to be shorter. */
  readonly tokensOver?: number;
};

/**
 * Classifies a failed request by what the server states: status, codes, names of fields, waits and words.
 *
 * @example
 * import { APIError } from 'openai/core/error';
 * import { classifyRefusal } from '#src/provider/models/refusal.ts';
 *
 * const body = { error: { message: 'Loading model', type: 'unavailable_error' } };
 * classifyRefusal(APIError.generate(503, body, '', new Headers())).kind; // 'loading'
 */
export function classifyRefusal(cause: unknown): Refusal {
  const chain = [...listCauses(cause)];
  const botError = chain.find((error) => error instanceof BotError);
  if (botError) return toKnownRefusal(botError);
  const answer = chain.find(isAnswerError);
  if (!answer) return { ...noRefusal, text: chain[0]?.message ?? '' };
  const evidence = collectEvidence(answer);
  const { code, params, status, text, tokensOver, waitMs } = evidence;
  const rule = rules.find(({ isMet }) => isMet(evidence));
  return {
    kind: rule?.kind ?? 'request',
    status,
    text,
    params,
    code,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(isAbout(evidence, 'day') && { isDaily: true }),
    ...(rule?.kind === 'too many tokens' && tokensOver && { tokensOver }),
  };
}

/** Returns whether a recogniser refused sound that is too short for a word, which is no failure of its server. */
export function isTooShortSound(cause: unknown): boolean {
  return classifyRefusal(cause).kind === 'too short sound';
}

/** Lists an error and its causes, at most eight. */
export function* listCauses(thrown: unknown): Generator<Error> {
  let error = thrown;
  for (let depth = 0; depth < 8 && error instanceof Error; depth++) {
    yield error;
    error = error.cause;
  }
}

const noRefusal = {
  kind: 'none',
  status: undefined,
  text: '',
  params: [],
  code: undefined,
} as const;

const kindsByCode: Readonly<Partial<Record<ErrorCode, RefusalKind>>> = {
  'provider.bad_key': 'key',
  'provider.rate_limited': 'rate',
  'provider.spent': 'spent',
  'provider.late': 'late',
  'provider.loading': 'loading',
  'provider.wrong_type': 'request',
  'provider.empty': 'request',
  'provider.truncated': 'request',
};

function toKnownRefusal({ code, about }: BotError): Refusal {
  const { retryAfterMs, serverMessage = '', status, tokensOver } = about;
  return {
    ...noRefusal,
    kind: kindsByCode[code] ?? findMarkedKind(about) ?? 'none',
    status,
    text: serverMessage,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(tokensOver !== undefined && { tokensOver }),
  };
}

function findMarkedKind(about: FailureServer): RefusalKind | undefined {
  if (about.isContentRefusal) return 'content';
  if (about.tokensOver !== undefined) return 'too many tokens';
  if (about.isTooLong) return 'too long';
  return about.status === undefined ? undefined : 'request';
}

/**
 * Creates the error of an answer, with all fields of its body. The package's own error keeps `error` alone, also
 * where that is a text beside other fields.
 */
export function createAnswerError(
  status: number | undefined,
  body: unknown,
  text: string | undefined,
  headers: Headers,
): APIError {
  const isKept = body === undefined || isRecord(toRecord(body).error);
  return APIError.generate(
    status,
    isKept ? toRecord(body) : { error: body },
    text,
    headers,
  );
}

/** A connection that failed has neither a body nor headers. */
function isAnswerError(error: Error): error is APIError {
  return (
    error instanceof APIError &&
    (error.status !== undefined || error.error !== undefined)
  );
}

type RefusalRule = {
  readonly kind: RefusalKind;
  readonly isMet: (evidence: RefusalEvidence) => boolean;
};

const hourMs = 3_600_000;
/** Statuses that name their reason, so that no words can mean a moderation. */
const plainStatuses = new Set([401, 402, 404, 408, 413, 429]);
const lateStatuses = new Set([408, 504, 522, 524, 598]);

/** Whether the words or codes of a refusal name a topic. */
function isAbout({ codes, words }: RefusalEvidence, name: keyof typeof refusalTopics) {
  const topic = refusalTopics[name];
  return topic.words.test(words) || (topic.codes ?? topic.words).test(codes);
}

/** Whether an error inside a stream, which may have no status, could have had a status of these. */
function hasStatus({ status }: RefusalEvidence, min: number, max: number) {
  return status === undefined || (status >= min && status <= max);
}

/** Whether the first field that the refusal names is this one, or lies within it. */
function namesField({ params }: RefusalEvidence, name: string) {
  return params[0]?.split(/[.[]/, 1)[0] === name;
}

/** The first fitting rule counts. */
const rules: readonly RefusalRule[] = [
  { kind: 'late', isMet: ({ status = 0 }) => lateStatuses.has(status) },
  { kind: 'forbidden', isMet: isOutside },
  { kind: 'content', isMet: isAboutContent },
  {
    kind: 'malformed call',
    isMet: (evidence) =>
      hasStatus(evidence, 400, 500) && isAbout(evidence, 'malformed call'),
  },
  {
    kind: 'too short sound',
    isMet: (evidence) =>
      hasStatus(evidence, 400, 500) && isAbout(evidence, 'short sound'),
  },
  { kind: 'too many tokens', isMet: ({ tokensOver }) => tokensOver !== undefined },
  { kind: 'too long', isMet: isTooLong },
  { kind: 'loading', isMet: isLoading },
  { kind: 'spent', isMet: isSpent },
  { kind: 'rate', isMet: isRate },
  {
    kind: 'request',
    isMet: (evidence) =>
      hasStatus(evidence, 400, 500) &&
      !plainStatuses.has(evidence.status === 404 ? 0 : (evidence.status ?? 0)) &&
      isAbout(evidence, 'unknown field'),
  },
  { kind: 'model', isMet: isAboutModel },
  {
    kind: 'voice',
    isMet: (evidence) =>
      hasStatus(evidence, 400, 500) &&
      (isAbout(evidence, 'voice') || namesField(evidence, 'voice')),
  },
  { kind: 'key', isMet: isAboutKey },
  { kind: 'forbidden', isMet: ({ status }) => status === 403 },
  {
    kind: 'busy',
    isMet: (evidence) =>
      evidence.status === 424 ||
      (evidence.status ?? 0) > 501 ||
      (hasStatus(evidence, 500, 500) && isAbout(evidence, 'overload')),
  },
];

/** Whether something refused that never read the request: a firewall, a region or a closed account. */
function isOutside(evidence: RefusalEvidence) {
  const { isPage, status } = evidence;
  if (status === 403 || status === 451)
    return isPage || isAbout(evidence, 'firewall') || isAboutOwner(evidence);
  return (status === 400 || status === undefined) && isAboutOwner(evidence);
}

function isAboutOwner(evidence: RefusalEvidence) {
  return isAbout(evidence, 'region') || isAbout(evidence, 'closed account');
}

function isAboutContent(evidence: RefusalEvidence) {
  const { status = 0 } = evidence;
  if (plainStatuses.has(status) || !hasStatus(evidence, 400, 500)) return false;
  if (isAbout(evidence, 'unknown field')) return false;
  return status === 451 || isAbout(evidence, 'content');
}

function isTooLong(evidence: RefusalEvidence) {
  const { status = 400 } = evidence;
  if (isAbout(evidence, 'picture') || namesField(evidence, 'tools')) return false;
  if (isAbout(evidence, 'answer limit') || isAbout(evidence, 'throttle')) return false;
  if (status === 413 || status === 414) return true;
  return [400, 422, 500].includes(status) && isAbout(evidence, 'length');
}

function isLoading(evidence: RefusalEvidence) {
  const { status = 500, words } = evidence;
  if (isAbout(evidence, 'failed loading') || !isAbout(evidence, 'loading'))
    return false;
  // Below 500 a model that is not loaded is one that nobody loads.
  const isPassing = status >= 500 || [409, 425, 429].includes(status);
  return isPassing || /\b(?:currently|still)\b/i.test(words);
}

/** A wait of less than an hour is a limit of time, whatever the words beside the wait say about money. */
function isSpent(evidence: RefusalEvidence) {
  const { codes, status, waitMs } = evidence;
  if (waitMs !== undefined && waitMs < hourMs) return false;
  if (!hasStatus(evidence, 400, 500)) return false;
  if (status === 402 || refusalTopics.money.codes?.test(codes)) return true;
  if (isAbout(evidence, 'minute')) return false;
  if (isAbout(evidence, 'money')) return true;
  const isLimit = status === 403 || status === 429;
  if (isLimit && isAbout(evidence, 'money in a limit')) return true;
  return isRate(evidence) && waitMs === undefined && isAbout(evidence, 'day');
}

function isRate(evidence: RefusalEvidence) {
  const { status } = evidence;
  if (status === 429 || status === 402) return true;
  const mayLimit = status === undefined || [403, 500, 503, 529].includes(status);
  return (mayLimit && isAbout(evidence, 'rate')) || isAbout(evidence, 'throttle');
}

function isAboutModel(evidence: RefusalEvidence) {
  const { status, words } = evidence;
  if (!hasStatus(evidence, 400, 500)) return false;
  const isAccess = status === 401 || status === 403 || status === 404;
  if (isAccess && isAbout(evidence, 'model of a key')) return true;
  const isNamed = namesField(evidence, 'model') && /model/i.test(words);
  return isNamed || isAbout(evidence, 'model');
}

/** A refusal blames the key only if the status does, or its words are about keys and permissions. */
function isAboutKey(evidence: RefusalEvidence) {
  const { status } = evidence;
  if (status === 401) return true;
  if (status !== undefined && status !== 400 && status !== 403) return false;
  if (isAbout(evidence, 'wrong key')) return true;
  return (
    status === 403 &&
    isAbout(evidence, 'permission') &&
    !isAbout(evidence, 'API switched off')
  );
}
