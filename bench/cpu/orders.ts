/** Order to the process with the mock servers: opens them. Answered with `ServersAddress`. */
export type ServersOrder = { readonly do: 'open' };
/** Address of the mock servers. */
export type ServersAddress = { readonly baseUrl: string };

/** Orders to the process with Discord and its people. */
export type PeopleOrder =
  /** Opens Discord. Answered with what a bot needs to log in. */
  | { readonly do: 'open' }
  /** Calls the bot until it sits in so many channels, each of another server, and at least so many people sit in each: one by default. */
  | { readonly do: 'call'; readonly channels: number; readonly people?: number }
  /** Deafens all people of the first channel but the first of them, so that the time of Discord's process is spent on what the bot hears. */
  | { readonly do: 'deafen' }
  /** Lets people in so many channels ask in turn from now on, each once the bot has been quiet for `quietMs` after the answer to the question before. Only the first of each channel asks with `isFirstAlone`. */
  | {
      readonly do: 'converse';
      readonly channels: number;
      readonly quietMs: number;
      readonly isFirstAlone?: boolean;
    }
  /** Lets everybody in the first channel talk from now on, over each other and over the bot, with pauses of `pauseMs`. */
  | { readonly do: 'talk-over'; readonly pauseMs: number }
  /** Lets everybody fall silent, and the bot too. */
  | { readonly do: 'rest' }
  /** Counts from now on. */
  | { readonly do: 'begin' }
  /** Answered with `PeopleFigures` since `begin`. */
  | { readonly do: 'end' };

/** Pause of people after an answer, in ms. */
export const talkQuietMs: number = 400;
/** Pause of people between what they say over each other, in ms: long enough to be judged, too short to be an end. */
export const talkOverPauseMs: number = 400;
/** Deadline of an order, in ms. */
export const maxOrderMs: number = 180_000;

/** Actions of people and sound they received, between two orders. */
export type PeopleFigures = {
  /** Channels in which the bot sits. It refuses a call that would make those before stutter. */
  readonly seats: number;
  /** From the last voiced packet of each question to the first packet of its answer, in ms. */
  readonly answerMs: readonly number[];
  readonly asked: number;
  /** Questions without an answer. */
  readonly failed: number;
  readonly sentPackets: number;
  /** Packets sent more than 20 ms too late, among those sent: these processes were too slow themselves. */
  readonly latePackets: number;
  /** Packets of the bot's voice that people heard. */
  readonly heardPackets: number;
};
