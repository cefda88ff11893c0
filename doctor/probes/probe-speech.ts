import {
  differs,
  type ExaminationResult,
  failed,
  missing,
  ok,
  type ReportLine,
} from '#doctor/finding.ts';
import { isBuffered, pace, type RecordedAnswer } from '#doctor/recorded-fetch.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { durationMs, joinSamples, type Pcm } from '#src/audio/pcm.ts';
import type { BotError } from '#src/base/errors.ts';
import { openSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { readServerVoices } from '#src/speech/openai/server-voices.ts';
import type { Synthesizer } from '#src/speech/ports.ts';
import { bufferMend, mendOf, noFault } from './mends.ts';
import { probeSpeechEvents } from './probe-speech-events.ts';

/** Long enough to arrive in pieces, and easy to recognise. */
export const spokenText =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

export type Speaker = {
  readonly model: string;
  readonly voice: string;
  /** A voice was chosen; otherwise another may be tried. */
  readonly isChosen: boolean;
  /** Rate of raw samples, in Hz, as it is set. */
  readonly rateHz?: number | undefined;
};

/** One clip asked for in one format, and the answer as it came. */
type ProbeClip = {
  readonly pcm: Pcm;
  readonly answer: RecordedAnswer;
  readonly header: WavHeader | undefined;
};
type ProbeSpeech = ProbeClip | { readonly why: string; readonly mend: string };

/** Three clips of `spokenText` at most, and one more for a voice that is not known. */
export async function probeSpeech(
  server: ServerUnderTest,
  wanted: Speaker,
): Promise<ExaminationResult> {
  let speaker = wanted;
  let raw = await speak(server, speaker, 'pcm');
  if ('why' in raw && isAbsent(server))
    return failed('absent', missing('speech', raw.why, noFault));
  const other = 'why' in raw && !wanted.isChosen ? await firstVoice(server) : undefined;
  if (other) {
    speaker = { ...wanted, voice: other };
    raw = await speak(server, speaker, 'pcm');
  }
  const wav = await speak(server, speaker, 'wav');
  const best = 'why' in raw ? wav : raw;
  const formats = [formatOf('pcm', raw), formatOf('wav', wav)] as const;
  if ('why' in best) return failed('broken', ...formats);
  const rate = rateOf(raw, wav);
  const isSure = formats[0].verdict === 'ok' && rate?.verdict === 'ok';
  const events = await probeSpeechEvents(server, speaker, spokenText);
  return {
    findings: [...formats, ...(rate ? [rate] : []), paceOf(best.answer), events],
    state: 'usable',
    settings: [
      'SPEECH_BACKEND=speech',
      `SPEECH_BASE_URL=${shownUrl(server)}`,
      `SPEECH_MODEL=${speaker.model}`,
      `SPEECH_VOICE=${speaker.voice}`,
      `SPEECH_FORMAT=${isSure ? 'pcm' : bestFormat(raw, wav)}`,
    ],
    clip: { pcm: best.pcm, text: spokenText },
  };
}

/** The format to ask for, where raw samples leave a doubt: a WAV file tells more, where one comes. */
function bestFormat(raw: ProbeSpeech, wav: ProbeSpeech): 'pcm' | 'wav' {
  const hasWav = !('why' in wav) && wav.header !== undefined;
  return 'why' in raw || hasWav ? 'wav' : 'pcm';
}

/** All the sound of one request, at one rate. */
export async function soundOf(
  synthesizer: Synthesizer,
  text: string,
  signal: AbortSignal,
): Promise<Pcm> {
  const pieces = await Array.fromAsync(synthesizer.synthesize(text, {}, signal));
  const rateHz = pieces[0]?.rateHz ?? 24_000;
  return { samples: joinSamples(pieces.map(({ samples }) => samples)), rateHz, channels: 1 };
}

async function speak(
  server: ServerUnderTest,
  { model, voice, rateHz }: Speaker,
  format: 'pcm' | 'wav',
): Promise<ProbeSpeech> {
  const synthesizer = openSynthesizer(server.client, {
    model,
    voice,
    format,
    ...(rateHz !== undefined && { rateHz }),
  });
  const spoken = await attempt(server, (signal) => soundOf(synthesizer, spokenText, signal));
  const answer = server.recorded.last;
  if (spoken.kind === 'failed') {
    const { error } = spoken;
    return { why: `${model}, ${voice}: ${error.message}`, mend: speechMend(error) };
  }
  if (!answer) return { why: 'the server sent no sound', mend: 'try again' };
  return { pcm: spoken.value, answer, header: readHeader(answer.head) };
}

function speechMend(error: BotError): string {
  const isModel = error.code === 'provider.refused';
  return isModel
    ? 'set SPEECH_MODEL and SPEECH_VOICE to a model and a voice of that server'
    : mendOf(error, 'SPEECH');
}

function formatMend(format: 'pcm' | 'wav'): string {
  return `use SPEECH_FORMAT=${format}`;
}

function formatOf(asked: 'pcm' | 'wav', spoken: ProbeSpeech): ReportLine {
  const what = `speech ${asked}`;
  if ('why' in spoken) return missing(what, spoken.why, spoken.mend);
  const { header, answer, pcm } = spoken;
  const label = answer.type === '' ? 'no type' : answer.type;
  const lasts = `${(durationMs(pcm) / 1000).toFixed(1)} s`;
  const sound = header ? sayHeader(header, answer.sizeBytes) : 'raw samples';
  const isAsked = (header !== undefined) === (asked === 'wav');
  if (!isAsked)
    return differs(
      what,
      `the server sent ${header ? 'a WAV file' : 'raw samples'} instead`,
      formatMend(header ? 'wav' : 'pcm'),
    );
  if (/mpeg|mp3|ogg|opus|flac|aac/.test(label)) {
    return differs(
      what,
      `${sound}, ${lasts}, but labelled ${label}`,
      'nothing to do: the bot reads the bytes, not the label',
    );
  }
  return ok(what, `${sound}, ${lasts}, labelled ${label}`);
}

/** Raw samples do not tell their rate; the same text as a WAV file does, by lasting as long. */
function rateOf(raw: ProbeSpeech, wav: ProbeSpeech): ReportLine | undefined {
  if ('why' in raw || raw.header) return undefined;
  const assumedHz = raw.pcm.rateHz;
  if ('why' in wav || !wav.header) {
    return differs(
      'speech rate',
      `not measured: there is no WAV file to compare; the bot assumes ${assumedHz} Hz`,
      'listen; if the voice is too high or too low, set SPEECH_RATE_HZ to the rate that the server documents',
    );
  }
  const estimateHz = raw.pcm.samples.length / (durationMs(wav.pcm) / 1000);
  const distance = (hz: number) => Math.abs(Math.log(estimateHz / hz));
  const wavHz = wav.header.rateHz;
  const isWavs = distance(wavHz) < distance(assumedHz);
  if (!isWavs && distance(assumedHz) < 0.3) {
    return ok('speech rate', `raw samples come at ${assumedHz} Hz, as the bot assumes`);
  }
  const roundHz = Math.round(estimateHz / 100) * 100;
  const measured = isWavs ? `${wavHz} Hz` : `about ${roundHz} Hz`;
  return differs(
    'speech rate',
    `raw samples come at ${measured}, but the bot would play them at ${assumedHz} Hz`,
    `use SPEECH_FORMAT=wav, or SPEECH_RATE_HZ=${isWavs ? wavHz : roundHz}`,
  );
}

function paceOf(answer: RecordedAnswer): ReportLine {
  if (!isBuffered(answer)) return ok('speech pace', pace(answer));
  return differs(
    'speech pace',
    `${pace(answer)}; all sound comes at once: a proxy may buffer it`,
    bufferMend,
  );
}

/** Format that a WAV file tells in its first bytes. */
type WavHeader = {
  readonly rateHz: number;
  readonly channels: number;
  readonly bits: number;
  /** Where the samples begin; 44 in the plainest file. */
  readonly dataAt: number;
  /** Size as written, which need not be true. */
  readonly dataBytes: number;
  /** Chunks before the samples, `fmt ` aside. */
  readonly others: readonly string[];
};

/** Undefined for anything but a WAV file whose samples begin within `head`. */
export function readHeader(head: Buffer): WavHeader | undefined {
  if (!/^RIFF....WAVE$/s.test(head.toString('latin1', 0, 12))) return undefined;
  const others: string[] = [];
  let format = { rateHz: 0, channels: 0, bits: 0 };
  for (let at = 12; at + 8 <= head.length; ) {
    const name = head.toString('latin1', at, at + 4);
    const sizeBytes = head.readUInt32LE(at + 4);
    if (name === 'data') return { ...format, dataAt: at + 8, dataBytes: sizeBytes, others };
    if (name === 'fmt ' && at + 24 <= head.length) {
      format = {
        channels: head.readUInt16LE(at + 10),
        rateHz: head.readUInt32LE(at + 12),
        bits: head.readUInt16LE(at + 22),
      };
    } else others.push(name.trim());
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  return undefined;
}

const placeholders: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [0xffffffff, '0xFFFFFFFF'],
  [0x7fffffff, '0x7FFFFFFF'],
]);

/** Header in a few words; `sizeBytes` is the size of the whole file. */
export function sayHeader(header: WavHeader, sizeBytes: number): string {
  const { rateHz, channels, bits, dataAt, dataBytes, others } = header;
  const size = placeholders.get(dataBytes);
  const isOpen = size !== undefined || dataAt + dataBytes > sizeBytes + 1;
  const end = isOpen ? `open end (size ${size ?? dataBytes})` : 'true size';
  const chunks = others.length > 0 ? `, ${others.join(' and ')} before the sound` : '';
  return `${rateHz} Hz, ${channels === 1 ? 'mono' : `${channels} channels`}, ${bits} bit, sound at byte ${dataAt}, ${end}${chunks}`;
}

/** The first voice a server lists, if it has such a list. */
async function firstVoice(server: ServerUnderTest): Promise<string | undefined> {
  const asked = await attempt(server, (signal) => readServerVoices(server.client, signal));
  return asked.kind === 'done' ? asked.value[0] : undefined;
}
