/** English sentences of transcript files and recaps, by id. */
export const englishTranscript = {
  'transcript.title': 'Transcript of {channel}',
  'transcript.part': 'Part {n} of {of}',
  'transcript.date': 'Date: {date}',
  'transcript.times': 'Times: {zone}',
  'transcript.people': 'People: {names}',
  'transcript.somebody': 'Somebody',
  'transcript.not_understood': '(not understood)',
  'transcript.stopped': '(stopped)',
  'transcript.empty': 'Nothing was said.',
} as const;
