const item = {
  id: 'i1',
  role: 'assistant',
  type: 'function_call',
  call_id: 'c1',
  name: 'f',
  arguments: '{}',
};
const ofItem = { response_id: 'r1', item_id: 'i1', event_id: 'e1' };
const error = {
  type: 'invalid_request_error',
  code: 'x',
  message: 'no',
  event_id: 'e1',
};
const usage = {
  input_tokens: 3,
  output_tokens: 4,
  input_token_details: { audio_tokens: 1, cached_tokens: 1 },
  output_token_details: { audio_tokens: 2 },
};

/** One of every event that a model that speaks is listened to for. */
export const realtimeEvents: readonly object[] = [
  { type: 'session.created', session: { modalities: ['audio'] } },
  { type: 'session.updated' },
  { type: 'input_audio_buffer.committed', item_id: 'i1' },
  { type: 'conversation.item.added', item },
  { type: 'response.created', response: { id: 'r1', metadata: { n: '1' } } },
  { type: 'response.output_item.added', response_id: 'r1', item },
  { type: 'response.output_audio.delta', ...ofItem, delta: 'AAAA' },
  { type: 'response.output_audio_transcript.delta', ...ofItem, delta: 'Hi' },
  { type: 'response.output_audio_transcript.done', ...ofItem, transcript: 'Hi' },
  { type: 'response.output_text.delta', ...ofItem, delta: 'Hi' },
  {
    type: 'response.function_call_arguments.done',
    ...ofItem,
    call_id: 'c1',
    name: 'f',
    arguments: '{}',
  },
  {
    type: 'response.done',
    response: { id: 'r1', status: 'completed', usage, output: [item] },
  },
  {
    type: 'response.done',
    response: {
      id: 'r1',
      status: 'failed',
      status_details: { reason: 'x', error },
      output: [],
    },
  },
  { type: 'error', error },
];

const transcription = 'conversation.item.input_audio_transcription';

/** One of every event of a session that only transcribes. */
export const transcriptionEvents: readonly object[] = [
  { type: 'session.created', session: { input_audio_format: 'pcm16' } },
  { type: 'transcription_session.created' },
  { type: 'session.updated' },
  { type: 'input_audio_buffer.cleared' },
  { type: 'input_audio_buffer.committed', item_id: 'i1' },
  { type: `${transcription}.delta`, item_id: 'i1', delta: 'Hi' },
  {
    type: `${transcription}.completed`,
    item_id: 'i1',
    transcript: 'Hi',
    languages: [{ code: 'en' }],
    logprobs: [{ logprob: -0.7 }],
    words: [{ word: 'Hi', start: 0.1, end: 0.4 }],
    usage: {
      type: 'tokens',
      input_tokens: 3,
      output_tokens: 2,
      input_token_details: { audio_tokens: 3 },
    },
  },
  { type: `${transcription}.failed`, item_id: 'i1', error },
  { type: 'error', error },
];
