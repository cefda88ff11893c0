import { type OpenAI, toFile } from 'openai';
import { expect } from 'vitest';
import { soundFormats } from '#src/audio/encode/sound-encoders.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { getDurationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  expireSoon,
  retryUntilHeld,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';
import { decodeFile, readSamples } from './chat-lines.ts';
import { said, sayings } from './mission-setup.ts';
import { pageOrigin } from './running-bot.ts';
import type { Line } from './track-lines.ts';

const types = {
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
};
/** Time, in ms, in which the first words have to come while the others are held back. */
const streamMs = 20_000;
/** Silence between two utterances of a recording. */
const pauseMs = 2_000;

/** Declares the lines about speech and transcription, each by what a program receives. */
export function declareAudioLines(line: Line): void {
  line('speech as mp3, opus, flac, wav and pcm, each with its type', async (m) => {
    for (const response_format of soundFormats) {
      const input = 'One. Two are two. Three of them are more than those.';
      const request = { model: 'pcm', input, voice: 'alloy', response_format } as const;
      const response = await m.openai.audio.speech.create(request);
      expect(response.headers.get('content-type')).toBe(types[response_format]);
      const bytes = Buffer.from(await response.arrayBuffer());
      const heard =
        response_format === 'pcm' ? readSamples(bytes) : await decodeFile(bytes);
      const spoken = m.voice.requests.map((asked) => asked.input).slice(-3);
      const texts = spoken.slice(
        spoken.findLastIndex((text) => text.startsWith('One')),
      );
      expect(texts.join(' ')).toBe(input);
      const expected = toneOf(texts);
      expect(
        Math.abs(getDurationMs(heard) - getDurationMs(expected)),
        response_format,
      ).toBeLessThan(100);
      await expectAlike(heard, expected);
    }
  });

  line(
    'speech for a page in a browser, if the operator names its address',
    async (m) => {
      const path = '/audio/speech';
      const asked = { model: 'pcm', input: 'Said in a page.', voice: 'alloy' };
      const ask = (origin: string) =>
        m.request(path, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/json' },
          body: JSON.stringify(asked),
        });
      const preflight = await m.request(path, {
        method: 'OPTIONS',
        headers: {
          origin: pageOrigin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type',
        },
      });
      expect(preflight.ok).toBe(true);
      expect(preflight.headers.get('access-control-allow-headers')).toMatch(
        /authorization,\s*content-type/i,
      );
      const answer = await ask(pageOrigin);
      expect(answer.headers.get('access-control-allow-origin')).toBe(pageOrigin);
      const heard = await decodeFile(new Uint8Array(await answer.arrayBuffer()));
      await expectAlike(heard, toneOf([asked.input]));
      const other = await ask('https://other.example');
      expect([other.status, other.headers.has('access-control-allow-origin')]).toEqual([
        403,
        false,
      ]);
    },
  );

  line('speech at its speed, and as events', async (m) => {
    const input = 'A sentence that can be said at any speed.';
    const request = {
      model: 'pcm',
      input,
      voice: 'alloy',
      response_format: 'pcm',
    } as const;
    const usual = getDurationMs(toneOf([input]));
    for (const speed of [0.5, 1, 2]) {
      const response = await m.openai.audio.speech.create({ ...request, speed });
      const heard = readSamples(Buffer.from(await response.arrayBuffer()));
      expect((getDurationMs(heard) * speed) / usual, `${speed}`).toBeCloseTo(1, 1);
    }
    const answer = await m.openai.audio.speech.create({
      ...request,
      stream_format: 'sse',
    });
    const events = (await answer.text())
      .trimEnd()
      .split('\n\n')
      .map((event) => JSON.parse(event.replace(/^data: /, '')) as SpeechEvent);
    const pieces = events.flatMap(({ audio }) =>
      audio ? [Buffer.from(audio, 'base64')] : [],
    );
    expect(readSamples(Buffer.concat(pieces))).toEqual(toneOf([input]));
    expect(events.at(-1)).toMatchObject({
      type: 'speech.audio.done',
      usage: expect.anything(),
    });
  });

  line(
    'transcription with streaming, the words of an utterance before the next one is recognised',
    async (m) => {
      await m.conversations.audioModel;
      const { card, morning } = said;
      const releaseWords = m.holdWords(card.words);
      const file = await toFile(makeRecording(), 'meeting.wav');
      const events: OpenAI.Audio.TranscriptionStreamEvent[] = [];
      const stream = await m.openai.audio.transcriptions.create(
        { model: 'whisper', file, stream: true },
        { signal: expireSoon(streamMs) },
      );
      for await (const event of stream) {
        events.push(event);
        releaseWords();
      }
      const text = `${morning.words} ${card.words}`;
      expect(events).toMatchObject([
        { type: 'transcript.text.delta', delta: morning.words },
        { type: 'transcript.text.delta', delta: ` ${card.words}` },
        { type: 'transcript.text.done', text },
      ]);
    },
  );
}

/** Declares the lines about formats and speakers of transcripts. */
export function declareTranscriptLines(line: Line): void {
  line('transcription in each format, with its language and hints', async (m) => {
    const { card, morning } = said;
    const recording = makeRecording();
    const ask = async (response_format: string) => {
      const form = new FormData();
      const fields = {
        model: 'whisper',
        language: 'de',
        prompt: 'Zugspitze',
        response_format,
      };
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new File([recording], 'meeting.wav'));
      const response = await m.request('/audio/transcriptions', {
        method: 'POST',
        body: form,
      });
      expect(response.status).toBe(200);
      return await response.text();
    };
    const text = `${morning.words} ${card.words}`;
    expect(await ask('text')).toBe(`${text}\n`);
    const asked = m.providers.requests.filter(
      ({ endpoint }) => endpoint === 'transcriptions',
    );
    expect(asked.at(-1)?.body).toMatchObject({
      language: 'de',
      prompt: expect.stringContaining('Zugspitze'),
    });
    expect(JSON.parse(await ask('json'))).toMatchObject({ text });
    const verbose = JSON.parse(await ask('verbose_json')) as Verbose;
    const [first, second] = verbose.segments;
    expect(verbose).toMatchObject({ text, language: 'german' });
    expect([first?.text, second?.text]).toEqual([morning.words, card.words]);
    const firstMs = getDurationMs(sayings.getSound(morning.words));
    expect(1_000 * (first?.end ?? 0)).toBeLessThan(firstMs + pauseMs / 2);
    expect(1_000 * (second?.start ?? 0)).toBeGreaterThan(firstMs + pauseMs / 2);
    expect(verbose.duration).toBeCloseTo(getDurationMs(joinUtterances()) / 1_000, 1);
    const times = (mark: string) =>
      new RegExp(
        `00:00:0\\d\\${mark}\\d{3} --> .*\\n${morning.words}\\n\\n.*00:00:0\\d\\${mark}\\d{3} --> .*\\n${card.words}`,
        's',
      );
    expect(await ask('srt')).toMatch(times(','));
    expect(await ask('vtt')).toMatch(times('.'));
  });

  line('two people who speak at once are two speakers', async (m) => {
    const { person } = await m.conversations.dictated;
    const dan = m.sandbox.guild().person('Dan');
    await dan.join('Lounge', expireSoon());
    await commandReply(dan, 'privacy allow');
    const { morning, weather } = said;
    await Promise.all([
      person.say(sayings.getSound(morning.words), expireSoon()),
      dan.say(sayings.getSound(weather.words), expireSoon()),
    ]);
    await retryUntilHeld(async () => {
      const answer = await m.askProgram('/transcripts/last?format=diarized_json');
      const { segments } = JSON.parse(answer) as {
        readonly segments: readonly {
          readonly speaker: string;
          readonly text: string;
          readonly start: number;
          readonly end: number;
        }[];
      };
      const lastOf = (name: string) =>
        segments.findLast(({ speaker }) => speaker === name);
      const [cleo, other] = [lastOf('Cleo'), lastOf('Dan')];
      expect([cleo?.text, other?.text]).toEqual([morning.words, weather.words]);
      // Each has the time of its own: they overlap.
      expect(cleo?.start).toBeLessThan(other?.end ?? 0);
      expect(other?.start).toBeLessThan(cleo?.end ?? 0);
    });
    await dan.leave();
  });
}

type SpeechEvent = { readonly type: string; readonly audio?: string };

type Verbose = {
  readonly duration: number;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    readonly text: string;
  }[];
};

/** Two utterances with a pause between them. */
function joinUtterances(): Pcm {
  const [first, second] = [said.morning, said.card].map(({ words }) =>
    sayings.getSound(words),
  );
  const pause = new Int16Array(16 * pauseMs);
  const samples = joinSamples([
    first?.samples ?? pause,
    pause,
    second?.samples ?? pause,
    pause,
  ]);
  return { samples, rateHz: 16_000, channels: 1 };
}

function makeRecording() {
  return writeWav(joinUtterances());
}
