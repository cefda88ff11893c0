import { makeReply, replyJson } from './dialect.ts';
import type { StrictManners } from './strict-server.ts';

const transcript = 'one two three';

/** JSON of recognisers whose words stand in `text`, or that have another form; all say "one two three". */
export const wordyJson: Readonly<Record<string, unknown>> = {
  // https://github.com/microsoft/VibeVoice: VibeVoice-ASR behind vLLM
  VibeVoice: {
    text: JSON.stringify([
      { Start: 0, End: 0.6, Speaker: 0, Content: 'one two' },
      { Start: 0.6, End: 0.9, Speaker: 1, Content: 'three' },
    ]),
  },
  'segments in an object': {
    text: JSON.stringify({ segments: [{ text: 'one two' }, { text: 'three' }] }),
  },
  'one object': { text: JSON.stringify({ text: transcript, language: 'en' }) },
  'a list of texts': { text: JSON.stringify(['one two', 'three']) },
  'a fence around it': {
    text: `\`\`\`json\n${JSON.stringify([{ start: 0, text: transcript }])}\n\`\`\``,
  },
};

export const makeHearing = (body: unknown): StrictManners => ({
  ears: () => replyJson(body),
});

/** Refusals of a sound that is too short, which is no failure of the server. */
export const shortSounds: Readonly<Record<string, readonly [number, unknown]>> = {
  // https://platform.openai.com/docs/api-reference/audio: code audio_too_short
  OpenAI: [
    400,
    {
      error: {
        message: 'Audio file is too short. Minimum audio length is 0.1 seconds.',
        type: 'invalid_request_error',
        param: 'file',
        code: 'audio_too_short',
      },
    },
  ],
  Groq: [
    400,
    {
      error: {
        message: 'Audio file is too short. Minimum audio length is 0.01 seconds.',
      },
    },
  ],
  Azure: [
    400,
    {
      error: {
        code: 'InvalidAudio',
        message: 'The audio is shorter than the minimum duration',
      },
    },
  ],
  'a server of FastAPI': [422, { detail: 'audio too short' }],
};

/** Texts with status 200 that nobody said. */
export const unsaidTexts: Readonly<Record<string, readonly [string, string]>> = {
  'a plain error': ['text/plain', 'Internal Server Error'],
  'an error of a proxy': ['text/plain; charset=utf-8', 'upstream request timeout'],
  'an error without a label': ['', 'Internal Server Error'],
  'a traceback': [
    'text/plain',
    'Traceback (most recent call last):\n  File "a.py"\nKeyError: 0\n',
  ],
  'a page': ['text/html', '<html><body>Bad Gateway</body></html>'],
  'JSON of an error called text': ['text/plain', '{"error":"out of memory"}'],
};

export const makeUnsaid = ([type, body]: readonly [string, string]): StrictManners => ({
  ears: () => makeReply(type, [body]),
});
