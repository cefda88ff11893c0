/** Retirements of models that were known on one day, for servers that do not tell. */
export type ModelRetirement = {
  /** Without the date behind a snapshot: `gpt-4o` includes `gpt-4o-2024-08-06`. */
  readonly models: readonly string[];
  /** The day from which on it is gone, as `2027-01-06`. */
  readonly endsOn: string;
  /** Model to set instead; absent where there is none. */
  readonly successor?: string;
  readonly source: string;
};

const types = 'types of openai 7.55.0';
const page = 'types of openai 7.55.0 and the deprecations page of OpenAI';
const press = 'Developers Digest and dev.to, October 2026';

/** Models of OpenAI with an end, in order of their end. */
export const endings: readonly ModelRetirement[] = [
  {
    models: ['gpt-4o-audio-preview', 'gpt-4o-mini-audio-preview'],
    endsOn: '2026-05-07',
    successor: 'gpt-audio-1.5',
    source: types,
  },
  {
    models: ['gpt-4.1-nano', 'o4-mini', 'gpt-4-turbo', 'gpt-3.5-turbo'],
    endsOn: '2026-10-23',
    successor: 'gpt-5.6-terra',
    source: types,
  },
  {
    models: ['gpt-5', 'gpt-5-mini', 'gpt-5-nano', 'o3'],
    endsOn: '2026-12-11',
    successor: 'gpt-6-luna',
    source: types,
  },
  {
    models: ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts'],
    endsOn: '2027-01-06',
    successor: 'gpt-realtime-2.1-mini and SPEECH_BACKEND=realtime',
    source: page,
  },
  {
    models: ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini'],
    endsOn: '2027-01-14',
    successor: 'gpt-6-luna',
    source: types,
  },
  {
    models: ['gpt-realtime'],
    endsOn: '2027-01-20',
    successor: 'gpt-realtime-2.1',
    source: types,
  },
  {
    models: ['gpt-realtime-mini'],
    endsOn: '2027-01-20',
    successor: 'gpt-realtime-2.1-mini',
    source: types,
  },
  { models: ['gpt-audio-mini'], endsOn: '2027-01-20', successor: 'gpt-audio-1.5', source: types },
  { models: ['gpt-audio'], endsOn: '2027-01-20', successor: 'gpt-audio-1.5', source: press },
  {
    models: ['whisper-1', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'],
    endsOn: '2027-02-26',
    successor: 'gpt-transcribe',
    source: types,
  },
  { models: ['gpt-4o-transcribe-diarize'], endsOn: '2027-02-26', source: types },
  { models: ['gpt-5.1'], endsOn: '2027-04-01', source: press },
];
