import type { Match, StageSteps, Verbs } from '#test/scenarios/scene-types.ts';
import type { SceneStage } from './scene-stage.ts';

/** Roles that people of a scene have by name. `members` may use the bot where the owner says so, `agreed` is for the policy `role`. */
export const sceneRoles = ['members', 'agreed'] as const;
export type SceneRole = (typeof sceneRoles)[number];

/** Voice channels of the server. */
export const sceneChannels = ['Lounge', 'Den'] as const;
export type SceneChannel = (typeof sceneChannels)[number];

/** `role` hears people with the role `agreed`. */
export const scenePolicies = ['ask', 'role', 'notice'] as const;
export type ScenePolicy = (typeof scenePolicies)[number];

/** An answer by which a person is heard, or is not; a stop; a leave. */
export type Meaning = 'yes' | 'no' | 'stop' | 'leave';

/** Commands and buttons that are an answer. */
export const commandMeanings: Readonly<Record<string, Meaning>> = {
  '/privacy allow': 'yes',
  '/privacy deny': 'no',
  '/stop': 'stop',
};
export const buttonMeanings: Readonly<Record<string, Meaning>> = {
  'consent.always': 'yes',
  'consent.never': 'no',
  'confirm:forget': 'no',
  stop: 'stop',
};

/** A server with people, and what happens there, as data. Olga owns the server. */
export type Scene = {
  /** `CONSENT_POLICY` of the operator. Default: `ask`. */
  readonly policy?: ScenePolicy;
  /** Roles of people from the beginning. */
  readonly roles?: Readonly<Record<string, readonly SceneRole[]>>;
  /** The stores lie in a folder, of which copies can be made. */
  readonly hasFolder?: true;
  /** Only some of the people may open the Den. Default: all may open all channels. */
  readonly isDenClosed?: true;
  readonly locale?: 'en' | 'de' | 'ja';
  readonly steps: readonly SceneStep[];
};

/** Acts of one person, in this order. */
export type SceneActs = Partial<
  Pick<Verbs, 'leaves' | 'runs' | 'writes'> & {
    readonly joins: SceneChannel;
    /** Sits down there, or stays, and calls the bot. */
    readonly calls: SceneChannel;
    readonly gains: SceneRole;
    readonly loses: SceneRole;
    /** Sets a setting, and confirms where the bot asks. `{Ben}` is the mention of Ben, `{members}` that of the role. */
    readonly sets: readonly [key: string, value: string];
    /** A button by its name, as in `confirm:forget`. */
    readonly presses: string;
    readonly says: string;
    /** The recogniser of the bot gets the sound of it, or none. Default: the judge alone decides. */
    readonly isHeard: boolean;
    /** A message elsewhere, in #general, that mentions the bot. Default: it mentions nobody, in the chat of the bot's channel. */
    readonly mentions: string;
    /** What was said or written is meant so, and has to count. */
    readonly means: Meaning;
    /** The newest line that this person got: a private reply, or one that mentions them. */
    readonly reads: Match;
    /** What the bot said aloud since the step began. */
    readonly hears: Match;
  }
>;

/** Steps that nobody does, by their word. */
export type WorldSteps = Pick<StageSteps, 'passes'> & {
  /** A kill ends the process within the instant. Restarts and kills begin the next process, which returns to its seat. */
  readonly bot: {
    readonly bot: 'restarts' | 'is killed' | 'is muted' | 'is unmuted';
    /** `CONSENT_POLICY` from then on. */
    readonly policy?: ScenePolicy;
  };
  /** Somebody moves the bot. */
  readonly moves: { readonly moves: SceneChannel };
  readonly database: { readonly database: 'away' | 'back' };
  /** The chat of voice channels: the bot may not write there, or Discord takes 20 s for a message. */
  readonly chat: { readonly chat: 'closed' | 'slow' | 'open' };
  /** Money of the server for today. */
  readonly money: { readonly money: 'used' | 'there' };
  readonly copy: { readonly copy: 'made' | 'restored' };
  /** A look at the stage, which has to match. */
  readonly see: Match & { readonly see: (stage: SceneStage) => unknown };
};

type PeopleSteps = { readonly [name: string]: SceneActs };

export type SceneStep = PeopleSteps | WorldSteps[keyof WorldSteps];

/** Scenes by the sentence that each proves. */
export type VirtualScenes = Readonly<Record<string, Scene>>;
