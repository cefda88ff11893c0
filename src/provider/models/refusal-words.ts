import { perMinutePattern } from './tokens-over.ts';

/** Words and codes by which servers name one reason. Codes are those of the words by default. */
export type RefusalTopic = { readonly words: RegExp; readonly codes?: RegExp };

const nothing = /(?!)/;

/** What a server may be refusing, as its sentences and codes say it. */
export const refusalTopics: Readonly<Record<TopicName, RefusalTopic>> = {
  'unknown field': {
    words:
      /\b(?:unknown|unrecogni[sz]ed|unexpected|extra|unsupported|additional)\b[^.]{0,30}\b(?:parameter|argument|field|name|input|propert|keyword)|not permitted|(?:parameter|property|field|argument)\b.{0,40}\bnot (?:supported|allowed|recogni[sz]ed)|is unsupported/i,
  },
  'closed account': {
    words:
      /\b(?:account|organi[sz]ation|workspace|access|api[ _-]?key)\b(?: [\w-]+)? (?:has been|have been|was|were|is|are) (?:\w+ )?(?:deactivated|suspended|terminated|banned|disabled|restricted|flagged|revoked|blocked)/i,
    codes: /account_(?:deactivated|suspended|closed|banned)/i,
  },
  firewall: {
    words:
      /error code: 1\d{3}\b|cloudflare|firewall|\bWAF\b|network settings|\bIP\b[^.]{0,40}\b(?:not allowed|blocked|banned|denied)|(?:block|bann|den)\w*[^.]{0,30}\bIP\b/i,
    codes: /(?<![a-z])ip_?(?:address_)?(?:not_allowed|blocked|banned|denied)/i,
  },
  region: {
    words:
      /\b(?:country|countries|region|territory|location|jurisdiction|geograph\w*)\b[^.]{0,60}\b(?:not (?:supported|available|allowed|permitted)|unsupported|restricted|blocked|unavailable)|(?:unsupported|restricted|blocked|unavailable|not (?:supported|available|allowed))\b[^.]{0,40}\b(?:country|region|territory|location)/i,
    codes: /unsupported_country|region_?(?:not|block|restrict)/i,
  },
  'API switched off': {
    words:
      /access not configured|\bAPI\b.{0,100}\b(?:has not been used|is disabled|not enabled|not activated|switched off)/i,
    codes: /service_disabled|access_?not_?configured/i,
  },
  content: {
    words:
      /\b(?:flagged|guardrails?|moderat(?:ion|ed|or)|content[ _-]?(?:filter|polic|management|safety|rule|restriction|violat|block)\w*|safety (?:system|filter|polic|check|guideline|reason|setting)\w*|usage (?:guideline|polic)\w*|acceptable use|community guideline|responsible ?ai\w*|inappropriate|harmful|unsafe|offensive|high risk|prohibited content|sensitive (?:content|word|information|topic)s?|data[ _]inspection|(?:prompt|input|output|response|content)s? (?:was |were |has been |is |are )?(?:blocked|filtered)|violat\w+\b.{0,60}\b(?:polic|guideline|terms)\w*)|\u654f\u611f|\u4e0d\u5b89\u5168|\u8fdd\u89c4/i,
    codes:
      /content_?(?:filter|polic|violat|block|moder|safety)|responsible_?ai|moderation|guardrail|safety|prohibited|data_?inspection|censor|flagged|sensitive|block_?reason|blocklist|recitation|high_?risk/i,
  },
  'malformed call': {
    words:
      /(?:fail(?:ed|ure) to (?:parse|call|generate)|(?:error|problem) (?:while )?(?:parsing|generating)|malformed|could not parse|unparsa?ble)\b.{0,40}\b(?:tool|function)s?[ _-]?(?:call|use)?/i,
    codes: /tool_use_failed|malformed_(?:function|tool)_?call|failed_generation/i,
  },
  'short sound': {
    words:
      /\b(?:audio|sound|file|clip|recording|speech|utterance|duration|buffer)\b.{0,60}\b(?:too (?:short|small)|shorter than|(?<!\bbe )less than [\d.]+ ?(?:s|ms|sec|milli)|at least [\d.]+ ?(?:s|ms|sec|milli)|(?:is|was) empty|no (?:speech|voice|audible))|minimum (?:audio |sound )?(?:length|duration)|\bno (?:speech|voice|audible)\b.{0,30}\b(?:detect|found|heard|in)|\btoo short\b.{0,40}\b(?:audio|sound|transcri|recogni)/i,
    codes: /too_?short|no_?speech|commit_empty/i,
  },
  length: {
    words:
      /context[ _-]?(?:length|size|window|limit)|maximum context|n_ctx|num_ctx|\b(?:prompt|input|request|message|conversation|text)s?\b[^.]{0,60}\b(?:too (?:long|large)|exceeds?\b[^.]{0,40}\b(?:limit|max\w*|length|token|context|character))|\b(?:string|text) too long|too many (?:input |prompt )?(?:tokens|characters)|reduce (?:the|your) (?:length|message|prompt|input)|at most \d+ (?:character|token)|max(?:imum)?[ _](?:input|prompt|sequence|model)[ _](?:length|len|token)|range of input length|max_tokens must be at least 1, got -/i,
    codes: /context_|exceed_context|string_above_max|tokens_limit|too_?(?:long|large)/i,
  },
  'answer limit': {
    words:
      /\bmax_(?:completion_|output_|new_)?tokens\b.{0,20}\b(?:(?:must|should|has to|cannot) be (?!at least)|is too (?:large|high)|exceeds)/i,
  },
  picture: { words: /\bimages?\b|\bpictures?\b|\bvision\b/i },
  loading: {
    words:
      /\b(?:is|are|still|currently|being|model) (?:\w+ )?(?:loading|loaded up|warming|starting|initiali[sz]ing|waking|downloading|downloaded|pulling|deploying|scaling|asleep|sleeping)\b|^loading\b|\bloading (?:the )?(?:model|weights|voice|pipeline)|\bwarm(?:ing)?[ -]up\b|\bcold[ -]?start|\bstarting up\b|not (?:yet )?(?:ready|(?:fully )?loaded|initiali[sz]ed|started|warm)|\b(?:loading|load) in progress/i,
    codes: /estimated_time|model_?(?:is_)?(?:not_ready|loading)|cold_?start/i,
  },
  'failed loading': {
    words:
      /\b(?:fail|error|could not|couldn't|cannot|can't|unable|out of memory|crash)/i,
    codes: nothing,
  },
  money: {
    words:
      /insufficient[ _-]?(?:quota|balance|credits?|funds?)|(?:balance|credits?|funds?|budget|subscription)\b[^.]{0,60}\b(?:insufficient|exhausted|exceeded|used up|deplet\w+|too low|ran out|run out|remaining|expired|negative)|(?:exceed\w*|exhausted|used up|run out of|ran out of|out of|not enough|more|no|add|purchase|buy) (?:\w+ ){0,3}(?:credits?|balance|funds|budget)\b|payment[ _]required|billing|check your plan|spending limit|failure to pay|unpaid|past due|\u4f59\u989d|\u6b20\u8d39/i,
    codes:
      /insufficient_?(?:quota|credit|balance|fund)|payment_required|billing|credits?_?exhausted|budget_?exceeded|arrear/i,
  },
  'money in a limit': {
    words:
      /\b(?:credits?|balance|funds?|payment|billing|budget|prepaid|invoice|recharge|spend(?:ing)? limit|afford)\b|top[ -]?up/i,
    codes: nothing,
  },
  rate: {
    words:
      /rate[ _-]?limit|too[ _-]?many[ _-]?requests|resource_?exhausted|throttl|quota/i,
  },
  throttle: { words: /throttl/i },
  minute: { words: perMinutePattern },
  day: { words: /per[ _-]?day|\bdaily\b|\b[RT]PD\b|\/ ?day\b|by ?day/i },
  'model of a key': {
    words:
      /\bmodels?\b(?:[^.;]|\.(?=\S)){0,80}\b(?:access|permission|allowed|permitted|verif\w+|entitle\w*|tier|subscription)\b|(?:access|permission|allowed|permitted|verif\w+)\b(?:[^.;]|\.(?=\S)){0,80}\bmodels?\b/i,
    codes: /model_access/i,
  },
  model: {
    words:
      /\bmodels?\b(?:[^.;]|\.(?=\S)){0,80}\b(?:not (?:found|exist|installed|available|loaded|deployed|recogni[sz]ed|a valid)|does(?:n't| not) exist|unknown|decommissioned|deprecated|retired|no longer)|(?:invalid|unknown|no such|unrecogni[sz]ed|unsupported|unavailable) model\b(?! output)|no endpoints found for|no models? (?:is |are )?loaded|not a valid model/i,
    codes:
      /model_?(?:not_?found|decommissioned)|deployment_?not_?found|(?:unknown|unavailable)_?model/i,
  },
  voice: {
    words:
      /\b(?:voice|speaker)s?\b(?: (?:name|id))?(?:[^.;]|\.(?=\S)){0,80}\b(?:not (?:available|found|supported|exist|recogni[sz]ed|valid)|does(?:n't| not) exist|unknown|invalid|must be one of|unavailable)|(?:unknown|invalid|unsupported|no such|unrecogni[sz]ed) (?:voice|speaker)\b/i,
    codes: /voice_?(?:id_)?not_?found|(?:invalid|unknown)_?voice/i,
  },
  'wrong key': {
    words:
      /(?:api[ _-]?key|credential)s?[ _](?:is |are )?(?:not valid|invalid|expired|missing|incorrect|revoked)|(?:invalid|incorrect|missing|no|expired)[ _]api[ _-]?key|no_db_connection|token_not_found_in_db|invalid proxy server token|litellm\.AuthenticationError/i,
  },
  permission: {
    words:
      /\bkeys?\b|\btoken\b|auth|credential|permission|forbidden|denied|signature|\bscope|privilege|log ?in/i,
  },
  overload: {
    words: /overload|server (?:is )?busy|at capacity|no capacity|high demand/i,
  },
};

type TopicName =
  | 'API switched off'
  | 'answer limit'
  | 'closed account'
  | 'content'
  | 'day'
  | 'failed loading'
  | 'firewall'
  | 'length'
  | 'loading'
  | 'malformed call'
  | 'minute'
  | 'model'
  | 'model of a key'
  | 'money'
  | 'money in a limit'
  | 'overload'
  | 'permission'
  | 'picture'
  | 'rate'
  | 'region'
  | 'short sound'
  | 'throttle'
  | 'unknown field'
  | 'voice'
  | 'wrong key';
