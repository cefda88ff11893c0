export type PersonaCaller = {
  readonly guildId: string;
  readonly id: string;
  readonly mayManage: boolean;
};

export type BotStyleRequest = {
  /** Name of a persona; null: none. */
  readonly persona?: string | null;
  /** Name of a voice; null: that of the persona. */
  readonly voice?: string | null;
  /** For the whole server, or the voice channel the bot sits in. */
  readonly place: 'server' | 'channel';
};

export type ChoiceOutcome =
  | {
      readonly kind: 'chosen';
      /** Current persona there. */
      readonly persona?: string;
      readonly voice?: string;
      /** The voice channel it was chosen for; absent: the server. */
      readonly channel?: string;
      /** Id of the question whether to keep the conversation; it is kept by default. */
      readonly questionId?: string;
      /** False: until the process ends. */
      readonly saved: boolean;
    }
  /** `known`: names there are. */
  | { readonly kind: 'unknown-persona' | 'unknown-voice'; readonly known: readonly string[] }
  /** Only a DJ may. */
  | { readonly kind: 'denied' }
  /** The bot sits in no channel. */
  | { readonly kind: 'nowhere' };

export type PersonaSaving =
  | { readonly kind: 'saved'; readonly saved: boolean }
  /** The limit of personas is reached. */
  | { readonly kind: 'full'; readonly limit: number }
  /** `known`: names there are. */
  | {
      readonly kind: 'unknown-brain' | 'unknown-voice';
      readonly name: string;
      readonly known: readonly string[];
    };
