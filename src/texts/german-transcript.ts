import type { englishTranscript } from './english-transcript.ts';

/** German sentences of transcript files and recaps, by id. */
export const germanTranscript: Readonly<Record<keyof typeof englishTranscript, string>> = {
  'transcript.title': 'Mitschrift von {channel}',
  'transcript.part': 'Teil {n} von {of}',
  'transcript.date': 'Datum: {date}',
  'transcript.times': 'Zeiten: {zone}',
  'transcript.people': 'Personen: {names}',
  'transcript.somebody': 'Jemand',
  'transcript.not_understood': '(nicht verstanden)',
  'transcript.stopped': '(unterbrochen)',
  'transcript.empty': 'Es wurde nichts gesagt.',
};
