import { APIError } from 'openai/core/error';
import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { isRecord, toNonEmptyText } from '#src/base/json.ts';
import { findErrorText, parseErrorText } from './error-text.ts';
import { readStatedWaitMs } from './stated-wait.ts';

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
  /** First code of the body, such as `rate_limit_exceeded`. */
  readonly code: string | undefined;
  readonly retryAfterMs?: number;
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
    ...(rule?.kind === 'too many tokens' && tokensOver && { tokensOver }),
  };
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
  'provider.wrong_type': 'request',
  'provider.empty': 'request',
  'provider.truncated': 'request',
};

function toKnownRefusal({ code, about }: BotError): Refusal {
  const { retryAfterMs, serverMessage = '', status } = about;
  const isAnswered = code === 'provider.refused' && status !== undefined;
  return {
    ...noRefusal,
    kind: kindsByCode[code] ?? (isAnswered ? 'request' : 'none'),
    status,
    text: serverMessage,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** A connection that failed has neither a body nor headers. */
function isAnswerError(error: Error): error is APIError {
  return (
    error instanceof APIError &&
    (error.status !== undefined || error.error !== undefined)
  );
}

/** What a refusal states, before anybody judges it. */
type Evidence = {
  readonly status: number | undefined;
  /** Sentence of the server, without addresses. Empty for a web page. */
  readonly words: string;
  readonly text: string;
  /** All codes of the body, and its names of fields, joined. */
  readonly codes: string;
  readonly code: string | undefined;
  readonly params: readonly string[];
  readonly isPage: boolean;
  readonly waitMs: number | undefined;
  readonly tokensOver: number | undefined;
};

function collectEvidence(error: APIError): Evidence {
  const text = getRefusalText(error);
  const isPage = isWebPage(text);
  const words = isPage ? '' : text.replace(/\bhttps?:\S+/g, ' ');
  const records = listRecords(error.error);
  const statedCodes = records.flatMap(listCodes);
  const { headers } = error;
  return {
    status: error.status,
    words,
    text,
    codes: [...statedCodes, ...records.flatMap((record) => Object.keys(record))].join(
      ' ',
    ),
    code: statedCodes.find((code) => !/^\d+$/.test(code)),
    params: listParams(records, words),
    isPage,
    waitMs: readStatedWaitMs({ headers, body: error.error, text: words }),
    tokensOver: countTokensOver(words),
  };
}

/** Returns the sentence of an answer. The client puts the status before a text that is no JSON. */
export function getRefusalText(error: APIError): string {
  return (
    findErrorText(error.error) ?? parseErrorText(error.message.replace(/^\d{3} /, ''))
  );
}

/** Recognises a page of a proxy or firewall in place of an answer. */
export function isWebPage(text: string): boolean {
  return /^\s*<(?:!doctype|html|head|body|center|\?xml)/i.test(text);
}

const maxRecords = 200;
/** Fields that repeat the request, so that their words say nothing about the refusal. */
const quotingField =
  /^(?:input|ctx|flagged_input|failed_generation|failed_tokens|request|prompt|messages)$/;

/** Lists the objects of a body at any depth, the outer ones first. */
function listRecords(body: unknown): readonly Readonly<Record<string, unknown>>[] {
  const records: Readonly<Record<string, unknown>>[] = [];
  const unread = [body];
  for (let at = 0; at < unread.length && records.length < maxRecords; at++) {
    const value = unread[at];
    if (Array.isArray(value)) unread.push(...value.slice(0, maxRecords));
    else if (isRecord(value)) {
      records.push(value);
      const fields = Object.entries(value).filter(([name]) => !quotingField.test(name));
      unread.push(...fields.slice(0, maxRecords).map(([, inner]) => inner));
    }
  }
  return records;
}

const codeField =
  /^(?:error|code|type|status|status_?code|reason|reasons|error_?(?:code|type)|kind|name|quota_?(?:id|metric)|block_?reason|@type|object)$/i;

function listCodes(record: Readonly<Record<string, unknown>>) {
  return Object.entries(record)
    .filter(([name]) => codeField.test(name))
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter((value) => /^[\w.:/@-]{1,120}$/.test(`${value}`))
    .map(String);
}

/** Statuses that a word of a code means, for errors inside a stream. The first fitting one counts. */
const statusWords: readonly (readonly [RegExp, number])[] = [
  [/payment|credits?|balance/i, 402],
  [/rate_?limit|too_?many|throttl|exhausted|quota/i, 429],
  [/unauthenticated|authentication|api_?key|unauthori[sz]ed/i, 401],
  [/permission|forbidden|denied|moderation/i, 403],
  [/not_?found/i, 404],
  [/overloaded|unavailable|loading|capacity/i, 503],
  [/timeout|timed_?out|deadline/i, 504],
  [/invalid|bad_?request|context_|content_?filter|precondition/i, 400],
  [/server_?error|api_error|internal|generation/i, 500],
];

/** Returns the status that a code of a body means. */
export function toStatus(code: unknown): number | undefined {
  if (/^[45]\d\d$/.test(`${code}`)) return Number(code);
  const word = toNonEmptyText(code) ?? '';
  return /^[\w.-]{1,60}$/.test(word)
    ? statusWords.find(([pattern]) => pattern.test(word))?.[1]
    : undefined;
}

const paramField = /^(?:param|field|loc|path|pointer|property|argument)$/;

/** Lists the fields that a refusal names: in fields of the body, then in its sentence. */
function listParams(
  records: readonly Readonly<Record<string, unknown>>[],
  words: string,
): readonly string[] {
  const stated = records.flatMap((record) =>
    Object.entries(record)
      .filter(([name]) => paramField.test(name))
      .flatMap(([, value]) => toParamName(value) ?? []),
  );
  return [...new Set([...stated, ...listNamedParams(words)])];
}

function toParamName(value: unknown) {
  const names = Array.isArray(value) ? value : `${value ?? ''}`.split('/');
  const name = names.filter((part) => part !== '' && part !== 'body').join('.');
  return /^[\w.[\]-]{1,200}$/.test(name) ? name : undefined;
}

/** "Unknown name \"strict\" at 'tools[0].function': Cannot find field." */
const unknownName = /Unknown name "([\w.-]+)"(?: at '([\w.[\]-]+)')?/g;
const quotedName = /[`'"]([a-z_][\w.[\]-]*)[`'"]/gi;
const bareName =
  /\b(?:argument|parameter|field|property|keyword)s?(?: supplied| is| was)?:? ([a-z]+_[a-z_.]+|[a-z_]{3,})\b/gi;

function listNamedParams(words: string): readonly string[] {
  const unknown = [...words.matchAll(unknownName)].map(([, name, place]) =>
    place === undefined ? name : `${place}.${name}`,
  );
  const others = [quotedName, bareName].flatMap((pattern) =>
    [...words.matchAll(pattern)].map(([, name]) => name),
  );
  return [...unknown, ...others].filter((name) => name !== undefined);
}

const answerLimit = String.raw`\bmax_(?:completion_|output_|new_)?tokens\b`;
/**
 * Pairs of numbers that say how far a request is over its limit, as servers write them. `taken` is what the question
 * needs of the limit.
 */
const tokenPairs: readonly RegExp[] = [
  // "190000 + 16000 > 200000", "(4000 > 2048 - 9)"
  /(?<taken>\d+) \+ (?<requested>\d+) > (?<allowed>\d+)/,
  /(?<requested>\d+) > (?<allowed>\d+) - (?<taken>\d+)/,
  // "maximum context length is 2048 tokens. However, you requested 4009 tokens (9 in the messages, 4000 in the completion)"
  /length is (?<allowed>\d+)\D{1,60}requested (?:about )?\d+\D{1,20}(?<taken>\d+) [^,)]{1,40}, (?<requested>\d+) (?:in|of) the (?:completion|output)/,
  // "You requested up to 65536 tokens, but can only afford 17554"
  /requested (?:up to )?(?<requested>\d+) tokens\D{1,60}afford (?<allowed>\d+)/,
  // "max_tokens is too large: 32000. This model supports at most 16384", "max_tokens: 9000 > 8192"
  new RegExp(`${answerLimit}\\D{1,40}(?<requested>\\d+)\\D{1,80}(?<allowed>\\d+)`),
];
/** A limit and a request for tokens a minute, in either order: "Limit 6000, Requested 7200". */
const allowedCount = String.raw`\b(?:limit|allow\w*|max\w*|cap|at most|up to)\b\D{0,30}?(?<allowed>\d+)`;
const requestedCount = String.raw`\b(?:request\w*|need\w*|got|sent|asked|wants?|uses?|takes?)\b\D{0,30}?(?<requested>\d+)`;
const minutePairs: readonly RegExp[] = [
  new RegExp(`${allowedCount}.{1,80}?${requestedCount}`, 'i'),
  new RegExp(`${requestedCount}.{1,80}?${allowedCount}`, 'i'),
];
const perMinute = /per[ _-]?(?:min|sec)|\b[RT]P[MS]\b|\/ ?(?:m|min|minute|s|sec)\b/i;

function countTokensOver(words: string) {
  if (!/token/i.test(words)) return undefined;
  const text = words.replace(/(\d)[,_](?=\d{3})/g, '$1').replace(/[`'"]/g, '');
  const pairs = perMinute.test(text) ? [...tokenPairs, ...minutePairs] : tokenPairs;
  const groups = pairs.map((pair) => pair.exec(text)?.groups).find(Boolean);
  const { allowed, requested, taken = 0 } = groups ?? {};
  const over = Number(taken) + Number(requested) - Number(allowed);
  // A shorter answer helps only where the question alone fits.
  return over > 0 && over < Number(requested) ? over : undefined;
}

type RefusalRule = {
  readonly kind: RefusalKind;
  readonly isMet: (evidence: Evidence) => boolean;
};

const hourMs = 3_600_000;

/** Whether the server complains about a field that it does not know, whatever the name of the field. */
const unknownField =
  /\b(?:unknown|unrecogni[sz]ed|unexpected|extra|unsupported|additional)\b[^.]{0,30}\b(?:parameter|argument|field|name|input|propert|keyword)|not permitted|(?:parameter|property|field|argument)\b.{0,40}\bnot (?:supported|allowed|recogni[sz]ed)|is unsupported/i;

const accountWords =
  /\b(?:account|organi[sz]ation|workspace|access|api[ _-]?key)\b(?: [\w-]+)? (?:has been|have been|was|were|is|are) (?:\w+ )?(?:deactivated|suspended|terminated|banned|disabled|restricted|flagged|revoked|blocked)/i;
const contentWords =
  /\b(?:flagged|guardrails?|moderat(?:ion|ed|or)|content[ _-]?(?:filter|polic|management|safety|rule|restriction|violat|block)\w*|safety (?:system|filter|polic|check|guideline|reason|setting)\w*|usage (?:guideline|polic)\w*|acceptable use|community guideline|responsible ?ai\w*|inappropriate|harmful|unsafe|offensive|prohibited content|sensitive (?:content|word|information|topic)s?|data[ _]inspection|violat\w+\b.{0,60}\b(?:polic|guideline|terms)\w*)|\u654f\u611f|\u4e0d\u5b89\u5168|\u8fdd\u89c4/i;
const contentCodes =
  /content_?(?:filter|polic|violat|block|moder|safety)|responsible_?ai|moderation|guardrail|safety|prohibited|data_?inspection|censor|flagged|sensitive|block_?reason|blocklist|recitation/i;
const malformedCodes =
  /tool_use_failed|malformed_(?:function|tool)_?call|failed_generation/i;
const malformedWords =
  /(?:fail(?:ed|ure) to (?:parse|call|generate)|(?:error|problem) (?:while )?(?:parsing|generating)|malformed|could not parse|unparsa?ble)\b.{0,40}\b(?:tool|function)s?[ _-]?(?:call|use)?/i;
const shortSoundWords =
  /\b(?:audio|sound|file|clip|recording|speech|utterance|duration|buffer)\b.{0,60}\b(?:too (?:short|small)|shorter than|less than [\d.]+ ?(?:s|ms|sec|milli)|(?:is|was) empty|no (?:speech|voice|audible))|minimum (?:audio |sound )?(?:length|duration)|\bno (?:speech|voice|audible)\b.{0,30}\b(?:detect|found|heard|in)|\btoo short\b.{0,40}\b(?:audio|sound|transcri|recogni)|audio_?too_?short|no_?speech|commit_empty/i;
const lengthWords =
  /context[ _-]?(?:length|size|window|limit)|exceed_context|maximum context|n_ctx|num_ctx|\b(?:prompt|input|request|message|conversation|text)s?\b[^.]{0,60}\b(?:too long|too large|exceeds?\b[^.]{0,40}\b(?:limit|max\w*|length|token|context|character))|too many (?:input |prompt )?(?:tokens|characters)|reduce (?:the|your) (?:length|message|prompt|input)|string_above_max|at most \d+ (?:character|token)|max(?:imum)?[ _](?:input|prompt|sequence|model)[ _](?:length|len|token)/i;
const pictureWords = /\bimages?\b|\bpictures?\b|\bvision\b/i;
const loadingWords =
  /\b(?:is|are|still|currently|being|model) (?:\w+ )?(?:loading|load(?:ed)? up|warming|starting|initiali[sz]ing|waking|downloading|downloaded|pulling|deploying|scaling|asleep|sleeping)\b|^loading\b|\bloading (?:the )?(?:model|weights|voice|pipeline)|\bwarm(?:ing)?[ -]up\b|\bcold[ -]?start|\bstarting up\b|not (?:yet )?(?:ready|(?:fully )?loaded|initiali[sz]ed|started|warm)|in progress of loading/i;
const loadingFailures =
  /\b(?:fail|error|could not|couldn't|cannot|can't|unable|out of memory|crash)/i;
const moneyPhrases =
  /insufficient[ _-]?(?:quota|balance|credits?|funds?)|(?:balance|credits?|funds?|budget|subscription)\b[^.]{0,60}\b(?:insufficient|exhausted|exceeded|used up|deplet\w+|too low|ran out|run out|remaining|expired|negative)|(?:exceed\w*|exhausted|used up|run out of|ran out of|out of|not enough|more|no|add|purchase|buy) (?:\w+ ){0,3}(?:credits?|balance|funds|budget)\b|budget_?exceeded|payment[ _]required|billing|credit balance|check your plan|arrear|\u4f59\u989d|\u6b20\u8d39/i;
const moneyWords =
  /\b(?:credits?|balance|funds?|payment|billing|budget|prepaid|invoice|recharge|spend(?:ing)? limit|afford)\b|top[ -]?up/i;
const quotaCodes =
  /insufficient_?(?:quota|credit|balance|fund)|payment_required|billing|credits?_exhausted/i;
const rateWords =
  /rate[ _-]?limit|too[ _-]?many[ _-]?requests|resource_?exhausted|throttl|quota/i;
const regionWords =
  /\b(?:country|countries|region|territory|location|jurisdiction|geograph\w*)\b[^.]{0,60}\b(?:not (?:supported|available|allowed|permitted)|unsupported|restricted|blocked|unavailable)|(?:unsupported|restricted|blocked|not (?:supported|available|allowed))\b[^.]{0,40}\b(?:country|region|territory|location)|unsupported_country/i;
const switchedOffWords =
  /service_disabled|access not configured|\bAPI\b.{0,100}\b(?:has not been used|is disabled|not enabled|not activated|switched off)/i;
const modelAccess =
  /\bmodels?\b[^.]{0,80}\b(?:access|permission|allowed|permitted|verif\w+|entitle\w*|tier|subscription)\b|(?:access|permission|allowed|permitted|verif\w+)\b[^.]{0,60}\bmodels?\b|model_access/i;
const modelWords =
  /\bmodels?\b[^.;]{0,80}\b(?:not (?:found|exist|installed|available|loaded|deployed|recogni[sz]ed|a valid)|does(?:n't| not) exist|unknown|decommissioned|deprecated|retired|no longer)|(?:invalid|unknown|no such|unrecogni[sz]ed|unsupported) model\b(?! output)|model_?not_?found|model_decommissioned|deployment_?not_?found|no endpoints found|no models? (?:is |are )?loaded|not a valid model/i;
const voiceWords =
  /\b(?:voice|speaker)s?\b(?: (?:name|id))?[^.;]{0,60}\b(?:not (?:available|found|supported|exist|recogni[sz]ed|valid)|does(?:n't| not) exist|unknown|invalid|must be one of|unavailable)|(?:unknown|invalid|unsupported|no such|unrecogni[sz]ed) (?:voice|speaker)\b|voice_?not_?found/i;
const keyPhrases =
  /(?:api[ _-]?key|credential)s?[ _](?:is |are )?(?:not valid|invalid|expired|missing|incorrect|revoked)|(?:invalid|incorrect|missing|no|expired)[ _]api[ _-]?key|no_db_connection|token_not_found_in_db|invalid proxy server token|litellm\.AuthenticationError/i;
const keyWords =
  /\bkeys?\b|\btoken\b|auth|credential|permission|forbidden|denied|signature|\bscope|privilege|log ?in/i;
const busyWords = /overload|server (?:is )?busy|at capacity|no capacity|high demand/i;

const isStatusOf = ({ status }: Evidence, statuses: readonly number[]) =>
  status === undefined || statuses.includes(status);
const says = ({ codes, words }: Evidence, pattern: RegExp) =>
  pattern.test(words) || pattern.test(codes);
const statedParam = ({ params }: Evidence, name: string) =>
  params[0]?.split(/[.[]/, 1)[0] === name;

/** The first fitting rule counts. */
const rules: readonly RefusalRule[] = [
  {
    kind: 'late',
    isMet: ({ status = 0 }) => [408, 504, 522, 524, 598].includes(status),
  },
  {
    kind: 'forbidden',
    isMet: (evidence) =>
      (evidence.status === 403 && evidence.isPage) ||
      (isStatusOf(evidence, [400, 403, 451]) &&
        (says(evidence, regionWords) || accountWords.test(evidence.words))),
  },
  {
    kind: 'content',
    isMet: (evidence) =>
      isStatusOf(evidence, [400, 403, 406, 422, 451, 500]) &&
      !unknownField.test(evidence.words) &&
      (evidence.status === 451 ||
        contentWords.test(evidence.words) ||
        contentCodes.test(evidence.codes)),
  },
  { kind: 'malformed call', isMet: isMalformedCall },
  {
    kind: 'too short sound',
    isMet: (evidence) =>
      isStatusOf(evidence, [400, 406, 415, 422, 500]) &&
      says(evidence, shortSoundWords),
  },
  { kind: 'too many tokens', isMet: ({ tokensOver }) => tokensOver !== undefined },
  { kind: 'too long', isMet: isTooLong },
  { kind: 'loading', isMet: isLoading },
  { kind: 'spent', isMet: isSpent },
  {
    kind: 'rate',
    isMet: (evidence) =>
      evidence.status === 429 ||
      evidence.status === 402 ||
      (isStatusOf(evidence, [403, 500, 503, 529]) && says(evidence, rateWords)),
  },
  {
    kind: 'request',
    isMet: (evidence) =>
      isStatusOf(evidence, [400, 404, 415, 422, 500]) &&
      unknownField.test(evidence.words),
  },
  { kind: 'model', isMet: isAboutModel },
  {
    kind: 'voice',
    isMet: (evidence) =>
      isStatusOf(evidence, [400, 404, 422, 500]) &&
      (voiceWords.test(evidence.words) || statedParam(evidence, 'voice')),
  },
  {
    kind: 'key',
    isMet: (evidence) =>
      evidence.status === 401 ||
      (isStatusOf(evidence, [400, 403]) && says(evidence, keyPhrases)) ||
      (evidence.status === 403 &&
        says(evidence, keyWords) &&
        !says(evidence, switchedOffWords)),
  },
  { kind: 'forbidden', isMet: ({ status }) => status === 403 },
  {
    kind: 'busy',
    isMet: (evidence) =>
      evidence.status === 424 ||
      (evidence.status ?? 0) > 501 ||
      (isStatusOf(evidence, [500]) && says(evidence, busyWords)),
  },
];

function isMalformedCall(evidence: Evidence) {
  return (
    isStatusOf(evidence, [400, 422, 500]) &&
    (malformedCodes.test(evidence.codes) || malformedWords.test(evidence.words))
  );
}

function isTooLong(evidence: Evidence) {
  const { status, words } = evidence;
  if (!isStatusOf(evidence, [400, 413, 414, 422, 500])) return false;
  if (pictureWords.test(words) || statedParam(evidence, 'tools')) return false;
  return status === 413 || status === 414 || says(evidence, lengthWords);
}

function isLoading(evidence: Evidence) {
  const { codes, status = 500, words } = evidence;
  // Below 500 a model that is not loaded is one that nobody loads.
  const isPassing = status >= 500 || [408, 409, 425, 429].includes(status);
  if (loadingFailures.test(words.replace(/"?\berror\b"?:/gi, ' '))) return false;
  if (/\bestimated_time\b/.test(codes)) return true;
  return (
    loadingWords.test(words) && (isPassing || /\b(?:currently|still)\b/i.test(words))
  );
}

/** A wait of less than an hour is a limit of time, whatever the words beside it say about money. */
function isSpent(evidence: Evidence) {
  const { status, waitMs = Infinity, words } = evidence;
  if (
    waitMs < hourMs ||
    !isStatusOf(evidence, [400, 401, 402, 403, 404, 422, 429, 500])
  )
    return false;
  if (status === 402 || quotaCodes.test(evidence.codes)) return true;
  if (says(evidence, perMinute)) return false;
  const isAboutLimits = status === 403 || status === 429;
  return says(evidence, moneyPhrases) || (isAboutLimits && moneyWords.test(words));
}

function isAboutModel(evidence: Evidence) {
  const { status, words } = evidence;
  if (!isStatusOf(evidence, [400, 401, 403, 404, 410, 422, 500])) return false;
  const isAccess = status === 401 || status === 403 || status === 404;
  if (isAccess && says(evidence, modelAccess)) return true;
  return (
    says(evidence, modelWords) ||
    (statedParam(evidence, 'model') && /model/i.test(words))
  );
}
