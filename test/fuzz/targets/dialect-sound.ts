import { isDeepStrictEqual } from 'node:util';
import { joinSamples } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import { drainAnswer } from '#test/contracts/pipeline-contract.ts';
import { makeSoundPieces, serverForms } from '#test/fakes/dialects/server-forms.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { cutBytes } from '#test/fakes/providers/send-paced.ts';
import {
  type Alteration,
  type AlteredMessage,
  alterations,
  alterMessages,
  parseEvents,
  type SentMessage,
  toJsonMessage,
  writeMessage,
} from '#test/fuzz/alterations.ts';
import type { FuzzTarget } from '#test/fuzz/fuzz-target.ts';
import { makeAsyncTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;
const text = 'Amber birds.';
const rateHz = 24_000;

/** A sound as its server sends it: bytes, or base64 in JSON. Each piece of bytes holds whole samples. */
type Packing = {
  readonly title: string;
  readonly type: string;
  readonly pieces?: readonly Uint8Array[];
  readonly messages?: readonly SentMessage[];
  readonly rateHz: number;
};

const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const samples = makeTone(text, rateHz);
const pcm = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
const quarters = [...cutBytes(pcm, (samples.length >> 2) * 2)];
const toEvents = (title: string, toEvent: (sound: string) => object): Packing => ({
  title,
  type: 'text/event-stream',
  rateHz,
  messages: parseEvents([
    ...quarters.map((piece) => `data: ${JSON.stringify(toEvent(toBase64(piece)))}\n\n`),
    'data: [DONE]\n\n',
  ]),
});

const packings: readonly Packing[] = [
  ...[...serverForms.values()].flatMap(({ speech, title }) =>
    (['pcm', 'wav'] as const).flatMap((format) => {
      if (!speech || (format === 'pcm' && !speech.pcm)) return [];
      const { pieces, type } = makeSoundPieces(speech, text, format);
      const hz = typeof speech.hz === 'number' ? speech.hz : rateHz;
      return [
        {
          title: `${title}, ${format}`,
          type,
          pieces: pieces.flatMap(quarterPiece),
          rateHz: hz,
        },
      ];
    }),
  ),
  toEvents('events of OpenAI', (audio) => ({ type: 'speech.audio.delta', audio })),
  toEvents('Together', (delta) => ({
    type: 'conversation.item.audio_output.delta',
    item_id: 'tts_1',
    delta,
  })),
  {
    title: 'Mistral',
    type: 'application/json',
    rateHz,
    messages: [
      toJsonMessage({ id: 'a1', audio_data: toBase64(pcm), model: 'voxtral' }),
    ],
  },
];

/** The pieces of a long one, each of whole samples behind what begins it. */
function quarterPiece(piece: Uint8Array) {
  const size = 2 * Math.ceil(piece.length / 8) + (piece.length % 2);
  return piece.length < 2_000 ? [piece] : [...cutBytes(piece, size)];
}

type SoundCase = Packing & {
  readonly sent: Buffer;
  readonly altered: readonly AlteredMessage[];
  readonly list: readonly Alteration[];
  readonly label: string;
  readonly pieceBytes: number;
  readonly isReset: boolean;
};

const cases: fc.Arbitrary<SoundCase> = fc
  .record({
    packing: fc.constantFrom(...packings),
    list: alterations,
    label: fc.constantFrom(
      '',
      '',
      '',
      'application/octet-stream',
      'audio/mpeg',
      'text/plain',
    ),
    hasLabel: fc.constantFrom(true, true, false),
    pieceBytes: fc.integer({ min: 100, max: 4_000 }),
    isReset: fc.constantFrom(false, false, false, true),
  })
  .map(({ packing, hasLabel, label, ...manner }) => {
    const altered = alterMessages(packing.messages ?? [], manner.list);
    const sent = packing.pieces
      ? Buffer.concat(alterPieces(packing.pieces, manner.list))
      : Buffer.from(altered.map(writeMessage).join(''));
    const type = hasLabel ? label || packing.type : '';
    return {
      ...packing,
      ...manner,
      label: type,
      altered,
      sent,
      [fc.toStringMethod]: () =>
        `${packing.title}, called "${type}" ${fc.stringify(manner)}\n${sent.toString('latin1').slice(0, 400)}`,
    };
  });

/** Texts that a server puts among its sound, or in its place. */
const strange = [
  '{"error":{"message":"Out of memory."}}',
  '<!doctype html><title>Welcome</title>',
  'LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf61.7.100\0\0',
].map((odd) => Buffer.from(odd.padEnd(odd.length + (odd.length % 2)), 'latin1'));

/** The same for bytes: pieces get lost, doubled, exchanged, cut off; a half is cut at any byte and ends the body. */
function alterPieces(pieces: readonly Uint8Array[], list: readonly Alteration[]) {
  const isEnd = ({ kind }: Alteration) => kind === 'halve';
  const inOrder = [...list].sort((a, b) => Number(isEnd(a)) - Number(isEnd(b)));
  return inOrder.reduce<readonly Uint8Array[]>((all, { kind, at: place, as }) => {
    const at = place % Math.max(1, all.length);
    const [piece = Buffer.alloc(0), next] = [all[at], all[at + 1]];
    switch (kind) {
      case 'lose':
        return all.toSpliced(at, 1);
      case 'repeat':
        return all.toSpliced(at, 0, piece);
      case 'swap':
        return next ? all.toSpliced(at, 2, next, piece) : all;
      case 'strange':
        return all.toSpliced(at, 0, strange[as % strange.length] ?? piece);
      case 'halve':
        return [...all.slice(0, at), piece.subarray(0, (piece.length >> 1) | 1)];
      default:
        return all;
    }
  }, pieces);
}

const carryingFields = new Set(['*', 'audio', 'delta', 'audio_data', 'type']);
const isHarmless = ({ altered, list, messages, isReset, type, label }: SoundCase) =>
  !isReset &&
  label === type &&
  (messages
    ? altered.every(({ touched }) => touched.isDisjointFrom(carryingFields)) &&
      isDeepStrictEqual(
        altered.map(({ source }) => source),
        messages,
      )
    : list.every(({ kind }) => /leave|re(?:name|type|order)|join/.test(kind)));

async function hearSound(soundCase: SoundCase): Promise<void> {
  async function* listPieces() {
    yield* cutBytes(soundCase.sent, soundCase.pieceBytes);
    if (soundCase.isReset) throw new TypeError('terminated');
  }
  const client = new ApiClient(
    { baseUrl: 'http://example.test/v1' },
    async () =>
      new Response(ReadableStream.from(listPieces()), {
        headers: soundCase.label === '' ? {} : { 'content-type': soundCase.label },
      }),
  );
  const voice = new OpenAiSynthesizer(client, {
    model: 'm',
    voice: 'v',
    format: 'pcm',
    rateHz: soundCase.rateHz,
  });
  const { parts, error } = await drainAnswer(
    voice.synthesize(text, {}, never)[Symbol.asyncIterator](),
  );
  const heardSound = joinSamples(parts.map((part) => part.samples));
  checkSound(heardSound, error, soundCase);
}

const stepOf = (sound: Int16Array, at: number) =>
  Math.abs((sound[at] ?? 0) - (sound[at - 1] ?? 0));
/** Largest step between two samples of the tone; noise has larger ones nearly everywhere. */
const largestStep = samples.reduce(
  (most, _, at) => Math.max(most, at === 0 ? 0 : stepOf(samples, at)),
  0,
);
const loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
/** Steps that are heard as clicks, at the places where pieces meet. More than these are noise. */
const mostClicks = 60;

function checkSound(heardSound: Int16Array, error: unknown, soundCase: SoundCase) {
  const isOurs = error instanceof BotError && !/failed: \w*Error/.test(error.message);
  if (error !== undefined && !isOurs) throw error;
  if (
    error === undefined &&
    !heardSound.some((sample) => Math.abs(sample) > loudest / 4)
  )
    throw new Error('Nothing is heard, and no error.');
  const clicks = heardSound.filter(
    (_, at) => stepOf(heardSound, at) > 1.2 * largestStep,
  );
  if (clicks.length > mostClicks) throw new Error(`${clicks.length} steps are noise.`);
  if (!isHarmless(soundCase)) return;
  if (error !== undefined)
    throw new Error('A harmless change ends the sound.', { cause: error });
  if (!isDeepStrictEqual(heardSound, makeTone(text, soundCase.rateHz)))
    throw new Error('A harmless change is heard.');
}

export const soundTarget: FuzzTarget = makeAsyncTarget(
  'dialects-speech',
  cases,
  hearSound,
);
