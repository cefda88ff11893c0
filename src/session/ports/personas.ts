import type { Persona } from '#src/personas/persona.ts';
import type { PersonaFileResult } from '#src/personas/persona-file.ts';
import type { SoundFile } from '#src/sources/fetch/ports.ts';

/** Who the bot is in a server or one of its channels; session implements it. */
export interface PersonaControl {
  /** Names of the personas of a server, sorted; those that could not be read are missing. */
  names(guildId: string): Promise<readonly string[]>;
  /** A persona by its name, however it is written. */
  find(guildId: string, name: string): Promise<Persona | undefined>;
  /** Holds from the next answer on: an answer that is under way ends as it began. */
  choose(caller: PersonaCaller, wish: BotWish): Promise<ChoiceOutcome>;
  /** Answer to the question of a switch; asked once, by whoever may switch. */
  settle(
    caller: PersonaCaller,
    questionId: string,
    what: 'keep' | 'clear',
  ): 'kept' | 'cleared' | 'over' | 'denied';
  /** Puts a persona under its name, in place of the one of the name `former`, if that is given. */
  save(guildId: string, persona: Persona, former?: string): Promise<PersonaSaving>;
  /** `saved`: also for a process that starts again. */
  remove(
    guildId: string,
    name: string,
  ): Promise<{ readonly kind: 'removed'; readonly saved: boolean } | { readonly kind: 'unknown' }>;
  /** What is in a file that somebody sent. Nothing is stored. */
  readFile(file: SoundFile): Promise<PersonaFileResult | { readonly kind: 'unreachable' }>;
}

export type PersonaCaller = {
  readonly guildId: string;
  readonly id: string;
  readonly mayManage: boolean;
};

export type BotWish = {
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
      /** What holds there now. */
      readonly persona?: string;
      readonly voice?: string;
      /** The voice channel it was chosen for; absent: the server. */
      readonly channel?: string;
      /** What was said before is kept unless this question is answered otherwise. */
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
  /** There are as many as there may be. */
  | { readonly kind: 'full'; readonly limit: number }
  /** `known`: names there are. */
  | {
      readonly kind: 'unknown-brain' | 'unknown-voice';
      readonly name: string;
      readonly known: readonly string[];
    };
