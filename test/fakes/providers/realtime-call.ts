import type { Pcm } from '#src/audio/pcm.ts';
import type { MockReply } from './mock-chat.ts';
import type { MockVoice } from './mock-sound.ts';
import type { AloudCall, AloudSettings } from './realtime-aloud.ts';

/** Reply of the model behind the server to one request. */
export type TalkReply = Omit<MockReply, 'match'> & {
  /** After the text: an error, silence for ever, an end before its time, or the end of the connection. */
  readonly ends?: 'fail' | 'stall' | 'incomplete' | 'drop' | 'close';
};

export type TalkSettings = AloudSettings & {
  readonly hears: (pcm: Pcm) => string;
  /** Reply to the newest words of the conversation; `request` counts from 0. */
  readonly answer: (newest: string, request: number) => TalkReply;
  /** Sound of its answers. Default: a hum. */
  readonly voice?: MockVoice;
  /** From the request for an answer to the first of it. Default: 0. */
  readonly firstSoundMs?: number;
  /** Set: an update with another voice is refused. */
  readonly voices?: readonly string[];
  /** Set: every connection must carry it. */
  readonly key?: string;
};

/** One thing in the memory of a server. */
export type TalkItem = {
  readonly id: string;
  readonly type: string;
  readonly role?: string;
  text: string;
  readonly callId?: string;
  /** 24 kHz mono. */
  readonly sound?: Int16Array;
  /** Duration of its own sound. */
  soundMs: number;
};

export type TalkCommand = Readonly<Record<string, unknown>> & { readonly type: string };

/** One answer, on the clock all processes of the machine share. */
export type TalkResponse = {
  readonly atMs: number;
  /** Words of people since the last answer. */
  readonly asked: string;
  firstSoundAtMs?: number;
};

/** One connection and what came over it. */
export type TalkCall = {
  readonly url: string;
  readonly authorization: string | undefined;
  /** All events but those that carry sound. */
  readonly commands: TalkCommand[];
  /** The conversation as the server has it now. */
  items: TalkItem[];
  /** Sound of the buffer, not committed yet. */
  bufferMs: number;
  /** All sound that ever came. */
  soundMs: number;
  readonly commits: Pcm[];
  readonly responses: TalkResponse[];
  /** Texts read beside the conversation. */
  readonly aloud: AloudCall[];
  readonly errors: string[];
  /** Answers going on now. */
  active: number;
  isClosed: boolean;
  /** Bytes sent that the client has not read. */
  waitingBytes: () => number;
};
