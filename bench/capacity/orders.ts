import type { BotLogin } from '#test/fakes/bot-process.ts';

/** What the process with the mock servers is told. */
export type ServersOrder = { readonly do: 'open' };
/** Where the mock servers are. */
export type ServersAddress = { readonly baseUrl: string };

/** What the process with Discord and its people is told. */
export type PeopleOrder =
  | { readonly do: 'open' }
  /** Until the bot sits in so many channels, each of another server and with one person. */
  | { readonly do: 'call'; readonly channels: number }
  /** In so many channels people ask, listen and interrupt from now on. */
  | { readonly do: 'converse'; readonly channels: number }
  /** In the first channel so many people talk without a break from now on, all at once. */
  | { readonly do: 'talk'; readonly talkers: number }
  /** Everybody falls silent. */
  | { readonly do: 'rest' }
  | { readonly do: 'begin' }
  /** Answered with `PeopleFigures` since `begin`. */
  | { readonly do: 'end' };

export type PeopleAddress = BotLogin;

/** What people did and heard between two orders. */
export type PeopleFigures = {
  /** From the last voiced packet of each question that interrupted nobody to the first packet of its answer, in ms. */
  readonly answerMs: readonly number[];
  /** From the first voiced packet of each interruption to the last packet of the bot that was heard, in ms. */
  readonly silentMs: readonly number[];
  readonly asked: number;
  /** Questions without an answer. */
  readonly failed: number;
  readonly sentPackets: number;
  /** Of those, sent more than 20 ms too late: these processes were too slow themselves. */
  readonly latePackets: number;
  /** Packets of the bot's voice that people heard. */
  readonly heardPackets: number;
};

/** What the bot's preloaded module is told; `frames` is answered with `FrameFigures` since the last time. */
export type CapacityPreloadOrder =
  | { readonly do: 'frames' }
  | { readonly do: 'hold'; readonly forMs: number };

/** Voice frames that the bot sent, and those of them that left more than 20 ms too late. */
export type FrameFigures = { readonly sent: number; readonly late: number };
