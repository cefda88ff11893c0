import type { Pcm } from '#src/audio/pcm.ts';
import type { Clock } from '#src/base/clock.ts';
import type { EndpointTrouble } from './endpoint-trouble.ts';
import type { LiveReply } from './live-model.ts';
import type { MockReply } from './mock-chat.ts';
import type { RealtimeSettings } from './mock-realtime.ts';
import type { MockVoice } from './mock-sound.ts';
import type { TalkSettings } from './realtime-call.ts';

export type MockEndpoint = 'transcriptions' | 'chat' | 'speech' | 'models';

export type ProviderPace = {
  /** From the end of the upload to the transcript. */
  readonly recogniseMs: number;
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly firstSoundMs: number;
  /** Times real time. */
  readonly soundSpeed: number;
};

export type MockSettings = {
  /** Clock of its pace and of the instants that it notes. */
  readonly clock: Clock;
  readonly hears: string | ((pcm: Pcm) => string);
  /** Waited for before these words of a recording are sent. */
  readonly holdWords?: (text: string) => Promise<void> | undefined;
  readonly replies: readonly MockReply[];
  readonly trouble: Partial<Record<MockEndpoint, EndpointTrouble>>;
  readonly pace: ProviderPace;
  /** Set: every request must carry it. */
  readonly key?: string;
  /** Set: speech comes in this format, whatever was asked. */
  readonly onlyFormat?: 'pcm' | 'wav';
  /** Models that it lists. */
  readonly models: readonly string[];
  readonly rateHz: number;
  /** Duration of speech for each character. */
  readonly msPerChar: number;
  /** Sound of audio models' answers. Default: a hum. */
  readonly voice?: MockVoice;
  /** Settings of live transcription, on the same address; it hears what `hears` does. */
  readonly realtime: Partial<RealtimeSettings>;
  /** Settings of Realtime conversations, on the same address; they hear what `hears` does and say what `replies` do. */
  readonly talk: Partial<TalkSettings>;
  /** Reply of the live model to each question. */
  readonly live: LiveReply;
};

/** One request and its instants: by default on the clock all processes of the machine share. */
export type MockRequest = {
  readonly endpoint: MockEndpoint;
  readonly atMs: number;
  readonly authorization: string | undefined;
  /** The upload is complete. */
  bodyAtMs?: number;
  firstByteAtMs?: number;
  endedAtMs?: number;
  /** The client hung up before the end. */
  leftAtMs?: number;
  /** Chat and speech: the JSON sent. Transcriptions: the fields of the form. */
  body?: Readonly<Record<string, unknown>>;
  /** Transcriptions: length of the sound. */
  soundMs?: number;
  /** Text that was recognised, answered, or spoken. */
  text?: string;
  /** Chat: what was said since the last answer, sound in words. */
  asked?: string;
};
