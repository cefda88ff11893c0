/** Pipeline that answers, and the kind of its recogniser. */
export type BenchPipeline =
  | 'chained'
  | 'chained, streaming recogniser'
  | 'audio-model'
  | 'realtime';

/** Makes the settings of a bot whose servers are all at `baseUrl`. */
export type ServerSettings = (baseUrl: string) => Readonly<Record<string, string>>;

const makeChainedSettings: ServerSettings = (baseUrl) => ({
  TRANSCRIPTION_BASE_URL: baseUrl,
  CHAT_COMPLETION_BASE_URL: baseUrl,
  SPEECH_BASE_URL: baseUrl,
});

/** Makes the settings of a bot, for each pipeline. */
export const serverSettings: Readonly<Record<BenchPipeline, ServerSettings>> = {
  chained: makeChainedSettings,
  'chained, streaming recogniser': (baseUrl) => ({
    ...makeChainedSettings(baseUrl),
    TRANSCRIPTION_BACKEND: 'realtime',
  }),
  'audio-model': (baseUrl) => ({
    ...makeChainedSettings(baseUrl),
    PIPELINE: 'audio-model',
  }),
  realtime: (baseUrl) => ({
    ...makeChainedSettings(baseUrl),
    PIPELINE: 'realtime',
    REALTIME_BASE_URL: baseUrl.replace('http', 'ws'),
  }),
};
