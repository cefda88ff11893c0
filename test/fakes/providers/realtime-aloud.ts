import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '#src/base/clock.ts';
import { listSpokenWords } from './mock-sound.ts';

/** The model's treatment of one text that it is to read. */
export type AloudReply = {
  /** Said instead. */
  readonly text?: string;
  readonly ends?: 'fail' | 'incomplete' | 'filtered' | 'stall' | 'drop' | 'silence';
  /** After so many words of it. */
  readonly endsAfter?: number;
};

export type AloudSettings = {
  /** Left out, all is read as it is. `request` counts from 0. */
  readonly speakAloud?: (text: string, request: number) => AloudReply;
  /** Times real time. */
  readonly soundSpeed: number;
  readonly clock: Clock;
};

/** One response beside the conversation. */
export type AloudCall = {
  readonly id: string;
  readonly text: string;
  readonly asked: AloudFields;
  isOver: boolean;
  /** Milliseconds of sound that were sent. */
  sentMs: number;
};

type AloudFields = Readonly<Record<string, unknown>>;

/** A command that a server does not take. */
export class AloudRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

type AloudDeps = {
  readonly getSettings: () => AloudSettings;
  readonly getCalls: () => AloudCall[];
  readonly send: (type: string, fields: object) => void;
  readonly drop: () => void;
  readonly isClosed: () => boolean;
};

const noUsage = {
  input_tokens: 120,
  output_tokens: 90,
  total_tokens: 210,
  output_token_details: { audio_tokens: 70, text_tokens: 20 },
};

/** Reads aloud beside a conversation, one text at a time. */
export function createAloudResponses(aloudDeps: AloudDeps) {
  async function readAloud(call: AloudCall, reply: AloudReply) {
    const { send, drop, isClosed } = aloudDeps;
    const { id } = call;
    const { ends } = reply;
    send('response.created', { response: { id, status: 'in_progress' } });
    await speakReply(call, reply);
    if (ends === 'drop') return drop();
    while (ends === 'stall' && !isClosed()) await turn();
    if (isClosed()) return;
    call.isOver = true;
    const [status, status_details] = toEndFields(ends);
    send('response.done', { response: { id, status, status_details, usage: noUsage } });
  }

  async function speakReply(call: AloudCall, reply: AloudReply) {
    const { send, isClosed, getSettings } = aloudDeps;
    const { text = call.text, ends, endsAfter = Infinity } = reply;
    const of = {
      response_id: call.id,
      item_id: `item_of_${call.id}`,
      content_index: 0,
    };
    let left = ends === 'silence' ? 0 : endsAfter;
    for (const { word, sound, ms } of listSpokenWords(text)) {
      if (isClosed()) return;
      if (left-- <= 0) break;
      send('response.output_audio_transcript.delta', { ...of, delta: word });
      send('response.output_audio.delta', { ...of, delta: sound });
      call.sentMs += ms;
      await waitForSound(ms, getSettings());
    }
    send('response.output_audio_transcript.done', { ...of, transcript: text });
  }

  return {
    /** Whether this is a request to read. */
    handle({ response }: AloudFields) {
      const request = (response ?? {}) as AloudFields;
      if (request.conversation !== 'none') return false;
      const { getSettings, getCalls } = aloudDeps;
      const { speakAloud = () => ({}) } = getSettings();
      const objection = findObjection(request);
      if (objection !== undefined) throw new AloudRefusal('invalid_value', objection);
      if (getCalls().some(({ isOver }) => !isOver)) {
        throw new AloudRefusal(
          'conversation_already_has_active_response',
          'There is an active response.',
        );
      }
      const [text, number] = [getText(request), getCalls().length];
      const call = {
        id: `aloud_${number}`,
        text,
        asked: request,
        isOver: false,
        sentMs: 0,
      };
      getCalls().push(call);
      void readAloud(call, speakAloud(text, number));
      return true;
    },
  };
}

/** Time of so much sound; none where it is endlessly fast. */
export async function waitForSound(ms: number, { clock, soundSpeed }: AloudSettings) {
  const waitMs = ms / soundSpeed;
  await (waitMs === 0 ? turn() : clock.sleep(waitMs, new AbortController().signal));
}

/** Error of a strict server for a request to read. */
function findObjection(request: AloudFields) {
  if (request.modalities) return 'Unknown parameter: modalities.';
  if (request.max_output_tokens === undefined) return 'Unknown parameter: max tokens.';
  if (
    !Array.isArray(request.tools) ||
    request.tools.length > 0 ||
    request.tool_choice !== 'none'
  )
    return 'Tools are set.';
  return undefined;
}

/** The text between its marks, which is all that a good reader reads. */
function getText({ input }: AloudFields) {
  const [item] = input as { content: { type: string; text: string }[] }[];
  const [content] = item?.content ?? [];
  if (content?.type !== 'input_text')
    throw new AloudRefusal('invalid_value', 'Nothing to read.');
  return /<text>([\s\S]*)<\/text>/.exec(content.text)?.[1] ?? '';
}

function toEndFields(ends: AloudReply['ends']) {
  if (ends === 'fail') {
    return ['failed', { error: { code: 'server_error', message: 'It broke.' } }];
  }
  if (ends === 'incomplete') return ['incomplete', { reason: 'max_output_tokens' }];
  if (ends === 'filtered') return ['incomplete', { reason: 'content_filter' }];
  return ['completed'];
}
