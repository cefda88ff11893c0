import { parseForeignJson } from '#src/base/json.ts';
import { postTextTool } from '#src/features/tools/post-text-tool.ts';
import { toTranscript } from '#src/speech/openai/transcript-reply.ts';
import { listClips, readClip } from '#test/audio/clip-archive.ts';
import { replaySound } from './decoder-targets.ts';
import { ignoreBotError } from './expected-errors.ts';

const folder = 'test/fuzz/crashes';
const limits = { bytes: 2 ** 21, depth: 8, values: 500 };

/** Reads an input that once broke a parser, by the folder that it lies in. */
const parsers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  flac: replaySound,
  mp3: replaySound,
  ogg: replaySound,
  wav: replaySound,
  webm: replaySound,
  json: (bytes) => {
    expect(parseForeignJson(`${bytes}`, limits).kind).toBe('fault');
  },
  'tool-arguments': (bytes) => {
    expect(postTextTool.bind({}).parseArguments(`${bytes}`)).toEqual({
      unfit: expect.stringContaining('Invalid input'),
    });
  },
  'transcript-reply': (bytes) => {
    ignoreBotError(() => {
      const { words, usage } = toTranscript(`${bytes}`, 'en');
      expect([words, usage]).toEqual([undefined, undefined]);
    });
  },
};
const crashes = listClips(folder).map((name) => name.split('/'));

test.each(crashes)(
  'what once broke %s is refused or read: %s',
  async (parser = '', file = '') => {
    await parsers[parser]?.(readClip(folder, `${parser}/${file}`));
    expect(Object.keys(parsers)).toContain(parser);
  },
);
