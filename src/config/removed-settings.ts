const oneFallback = 'A role has one fallback.';

/** Settings that are gone, each with what takes its place, in one sentence. */
export const removedSettings: Readonly<Record<string, string>> = {
  REALTIME_DIALECT: 'OpenAI removed the beta interface; use a server with current names.',
  TOOL_FILES: 'Offer functions through an MCP server of MCP_SERVERS.',
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
