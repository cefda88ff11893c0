const oneFallback = 'A role has one fallback.';
const fixedWait = 'Its waits are fixed.';
const byModel = 'The bot decides it by the model and what its server does.';

const threeCaps =
  'The limits are BUDGET_PERSON_DAY_USD, BUDGET_SERVER_DAY_USD and BUDGET_TOTAL_DAY_USD.';

/** The bot refuses to start with these limits, as it would spend more than allowed. */
export const removedLimits: Readonly<Record<string, string>> = {
  BUDGET_SERVER_MONTH_USD: `There is no limit a month. ${threeCaps}`,
  BUDGET_PERSON_DAY_MINUTES: `Minutes are not limited. ${threeCaps}`,
  BUDGET_SERVER_DAY_MINUTES: `Minutes are not limited. ${threeCaps}`,
  BUDGET_SERVER_MONTH_MINUTES: `Minutes are not limited. ${threeCaps}`,
  BUDGET_SERVER_DAY_UNPRICED: `A model without a known price counts with an estimate. ${threeCaps}`,
  BUDGET_CAPTIONS_DAY_MINUTES: `Captions have no limit of their own. ${threeCaps}`,
  SERVER_PLANS_FILE: `All servers have the same limits. ${threeCaps}`,
};

/** Settings that are gone, each with its replacement. */
export const removedSettings: Readonly<Record<string, string>> = {
  DISCORD_GUILD_ID:
    'All servers get the slash commands; SERVERS_ALLOWED bounds the servers.',
  CONSENT_ROLE_ID: 'Put the id into CONSENT_POLICY=role:ID.',
  COMMANDS_PER_PERSON: 'A person may use 5 commands and buttons in 10 s.',
  DJ_ROLE_ID: 'A server names its own by /settings set dj_role.',
  API_ORIGINS:
    'Only programs use HTTP, as readers of a page see its token; put one of your own between.',
  BRAINS: 'Personas use the pipeline of their server.',
  REALTIME_DIALECT:
    'OpenAI removed the beta interface; use a server with current names.',
  TOOL_FILES: 'Offer functions through an MCP server of MCP_SERVERS.',
  REALTIME_FIRST_BYTE_SECONDS: fixedWait,
  REALTIME_IDLE_SECONDS: fixedWait,
  TRANSCRIPTION_MODELS: 'List the models in TRANSCRIPTION_MODEL, the usual one first.',
  SPEECH_MODELS: 'List the models in SPEECH_MODEL, the usual one first.',
  TRANSCRIPTION_STREAM: byModel,
  TRANSCRIPTION_PARTIALS: byModel,
  TRANSCRIPTION_FIRST_BYTE_SECONDS: 'SPEECH_FIRST_BYTE_SECONDS is for hearing, too.',
  TRANSCRIPTION_IDLE_SECONDS: fixedWait,
  SPEECH_IDLE_SECONDS: fixedWait,
  TRANSCRIPTION_FALLBACK_2_BASE_URL: oneFallback,
  TRANSCRIPTION_FALLBACK_2_MODEL: oneFallback,
  TRANSCRIPTION_FALLBACK_2_API_KEY: oneFallback,
  CHAT_COMPLETION_FALLBACK_2_BASE_URL: oneFallback,
  CHAT_COMPLETION_FALLBACK_2_MODEL: oneFallback,
  CHAT_COMPLETION_FALLBACK_2_API_KEY: oneFallback,
  SPEECH_FALLBACK_2_BASE_URL: oneFallback,
  SPEECH_FALLBACK_2_MODEL: oneFallback,
  SPEECH_FALLBACK_2_API_KEY: oneFallback,
  SPEECH_FALLBACK_2_VOICE: oneFallback,
};
